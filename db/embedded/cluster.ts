// A Postgres data folder: made once, password kept beside it, and what its lock file says. Starts nothing (start.ts).

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chown, mkdir, readdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.ts'
import type { RunAs } from './run-as.ts'

const run = promisify(execFile)

export const superuser = 'causeway'

/** What the postmaster writes into its lock file. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly status: string
}

export function dataOf(directory: string): string {
  return join(directory, 'data')
}

function passwordFileOf(directory: string): string {
  return join(directory, 'password')
}

/** One line that names the folder and what to do about it. */
export function folderError(directory: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message.trim() : String(cause)
  const remedy = 'choose another with --data, or set DATABASE_URL'
  return new Error(`the data folder ${directory} cannot be used: ${reason} (${remedy})`, { cause })
}

/** Makes the folder, and the cluster in it where there is none yet. Gives the superuser's password. */
export async function ensureCluster(directory: string, binaries: Binaries, runAs: RunAs): Promise<string> {
  const data = dataOf(directory)
  const exists = await readFile(join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  )
  if (exists) return (await readFile(passwordFileOf(directory), 'utf8')).trim()
  // A folder of this name without a version is what an interrupted rename or a full disk left.
  await rm(data, { recursive: true, force: true })
  const password = randomBytes(24).toString('hex')
  const unfinished = join(directory, `data-${process.pid}`)
  const passwordForInitdb = join(directory, `password-${process.pid}`)
  try {
    await writeFile(passwordFileOf(directory), password, { mode: 0o600 })
    await mkdir(unfinished, { mode: 0o700 })
    await writeFile(passwordForInitdb, password, { mode: 0o600 })
    if (runAs.identity !== null) {
      for (const path of [unfinished, passwordForInitdb]) await chown(path, runAs.identity.uid, runAs.identity.gid)
    }
    const options = [
      ['-D', unfinished],
      ['-U', superuser],
      ['-E', 'UTF8'],
      ['--no-locale', '--no-sync', '--no-instructions', '--auth=scram-sha-256', `--pwfile=${passwordForInitdb}`],
    ].flat()
    const [command = '', ...rest] = [...runAs.prefix, binaries.initdb, ...options]
    const identity = runAs.prefix.length === 0 && runAs.identity !== null ? runAs.identity : {}
    await run(command, rest, { ...identity, cwd: '/', env: { ...process.env, LC_ALL: 'C' } })
    await rename(unfinished, data)
    return password
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  } finally {
    await rm(passwordForInitdb, { force: true })
  }
}

/** What interrupted starts left behind. */
export async function clearLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = /^(?:data|native|password)-(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(directory, name), { recursive: true, force: true })
  }
}

/** A process that has ended and that its parent has not asked about yet still has its number, and is not alive. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return !isZombie(pid)
}

/** A postmaster works in its data folder; a process that was given its number since does not. */
async function worksIn(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') {
    return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === (await realpath(data))
  }
  if (process.platform === 'win32') return true
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return stdout.includes(data)
}

/** The running postmaster of this folder; null where there is none. A lock file that nobody holds is removed. */
export async function readPostmaster(directory: string): Promise<Postmaster | null> {
  const data = dataOf(directory)
  const file = join(data, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) return null
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (Number.isSafeInteger(pid) && pid > 0 && isAlive(pid) && (await worksIn(pid, data))) {
    return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() }
  }
  if ((await readFile(file, 'utf8').catch(() => null)) === text && lines.length > 1) await rm(file, { force: true })
  return null
}
