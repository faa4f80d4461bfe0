// Makes a data folder and finds out whether it can be written before anything starts on it.

import { mkdir, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf, Failure, messageOf } from './failure.ts'

/** Throws Failure with the folder, the reason and the way out. */
export async function ensureWritable(directory: string): Promise<void> {
  const probe = join(directory, `.writable-${process.pid}`)
  try {
    await makeFolders(directory)
    await writeFile(probe, 'x')
    await unlink(probe)
  } catch (error) {
    throw new Failure(`cannot write to the data folder ${directory}: ${sayWhy(error)}; choose another with --data`)
  }
}

// Folder by folder: mkdir's own `recursive` never returns under /proc, where a missing parent cannot be made.
async function makeFolders(directory: string): Promise<void> {
  try {
    await stat(directory)
    return
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  await makeFolders(dirname(directory))
  try {
    await mkdir(directory)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

function sayWhy(error: unknown): string {
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return 'no permission'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENOSPC':
      return 'the disk is full'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file is in the way'
    case 'ENOENT':
      return 'nothing can be made there'
    default:
      return messageOf(error)
  }
}
