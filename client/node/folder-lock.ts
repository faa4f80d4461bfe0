// One process at a time holds a folder. Holders are numbered files, each made whole and only where its number was free;
// the highest number is the holder, if its process lives. Taking over is taking the next number, so two processes that see
// the same dead holder cannot both succeed, and a holder that was killed needs no clean-up.

import { link, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { platformPorts } from '../ports.ts'
import { StorageError } from '../storage/port.ts'

/** Each one lost means that another process took the number meanwhile. */
const maximumTries = 20
const holderName = /^lock-(\d{1,15})$/

export interface FolderLock {
  release(): Promise<void>
}

/** Rejects with IN_USE while another process (or another handle of this one) holds the folder. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const mine = await describeProcess(process.pid)
  for (let tries = 0; tries < maximumTries; tries += 1) {
    const numbers = await holders(folder)
    const highest = numbers.at(-1) ?? 0
    if (highest > 0) {
      const other = await readFile(join(folder, `lock-${highest}`), 'utf8').catch(() => '')
      if (await isAlive(other))
        throw new StorageError('IN_USE', `${folder} is held by process ${other.split(' ')[0]}: one process at a time`)
    }
    const path = join(folder, `lock-${highest + 1}`)
    if (!(await make(folder, path, mine))) continue
    for (const older of numbers) await rm(join(folder, `lock-${older}`), { force: true })
    await removeDrafts(folder)
    // The file stays: the next holder must take the next number.
    return { release: () => truncate(path).catch(() => {}) }
  }
  throw new StorageError('IN_USE', `${folder} is wanted by many processes at once`)
}

async function holders(folder: string): Promise<number[]> {
  const names = await readdir(folder)
  return names
    .flatMap((name) => {
      const number = holderName.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    })
    .sort((left, right) => left - right)
}

/** With its content at once: a holder is never seen half written. False where the number is taken. */
async function make(folder: string, path: string, content: string): Promise<boolean> {
  const draft = join(folder, `draft-${platformPorts().newId()}`)
  await writeFile(draft, content)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    // Taken, or swept away as a draft by the one who took it.
    if (error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'ENOENT')) return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** What a process left that was killed between the two steps of `make`. */
async function removeDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => name.startsWith('draft-'))
  for (const draft of drafts) await rm(join(folder, draft), { force: true })
}

/** The number and, where the platform tells it, when the process began: numbers are used again. */
async function describeProcess(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
  // One that was killed and not yet waited for by its parent holds nothing any more.
  return fields[0] === 'Z' ? `${pid} dead` : `${pid} ${fields[19] ?? ''}`
}

async function isAlive(holder: string): Promise<boolean> {
  const pid = Number(holder.split(' ')[0])
  if (!Number.isSafeInteger(pid) || pid < 1) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Another user's process lives, though it may not be signalled.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return (await describeProcess(pid)) === holder
}
