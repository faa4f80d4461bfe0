// What a `causeway dev` that was killed may have left running: regions that are still stopping, and embedded Postgres
// servers whose region was killed too. Ends only what runs on this data folder.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, Failure } from '../failure.ts'
import type { Layout } from './layout.ts'

const goneWithinMs = 20_000
const pollMs = 100

/** Stops every Postgres server on the regions' folders and waits until it is gone. */
export async function stopServers(layout: Layout): Promise<void> {
  for (const { name } of layout.regions) {
    for (const pid of await findServers(layout.dataOf(name))) {
      // A fast shutdown: sessions end, nothing is lost.
      process.kill(pid, 'SIGINT')
      await untilGone(pid, name)
    }
  }
}

/** Postgres keeps its process id in the first line of `postmaster.pid`, and its data folder in the second. */
async function findServers(directory: string): Promise<readonly number[]> {
  const found: number[] = []
  for (const file of await findPidFiles(directory)) {
    const [pidText = '', dataDirectory = ''] = (await readFile(file, 'utf8')).split('\n')
    const pid = Number(pidText)
    if (Number.isInteger(pid) && pid > 1 && (await isServerOf(pid, dataDirectory))) found.push(pid)
  }
  return found
}

async function findPidFiles(directory: string): Promise<readonly string[]> {
  const files: string[] = []
  for (const folder of [directory, ...(await subfolders(directory))]) {
    const file = join(folder, 'postmaster.pid')
    try {
      await readFile(file)
      files.push(file)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
  return files
}

async function subfolders(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

async function isServerOf(pid: number, dataDirectory: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  try {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    return words.includes('postgres') && words.includes(dataDirectory)
  } catch {
    return process.platform !== 'linux'
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

async function untilGone(pid: number, region: string): Promise<void> {
  const deadline = performance.now() + goneWithinMs
  while (performance.now() < deadline) {
    if (!isAlive(pid)) return
    await delay(pollMs)
  }
  throw new Failure(`the Postgres server of ${region} (process ${pid}) does not stop; stop it by hand and try again`)
}
