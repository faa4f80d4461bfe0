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
    const said = error instanceof Error && 'stderr' in error ? reasonOf(String(error.stderr)) : ''
    throw said ? new Error(said, { cause: error }) : error
  } finally {
    await rm(passwordForInitdb, { force: true })
  }
}

/** Why it failed, of all that initdb said: its last words are of what it removes again. */
export function reasonOf(stderr: string): string {
  const lines = stderr.trim().split('\n')
  const reason = lines.find((line) => /\b(?:error|FATAL|PANIC):/.test(line)) ?? lines.at(-1) ?? ''
  const words = reason.replace(/^.*?\b(?:error|FATAL|PANIC):\s*/, '')
  // Where the last piece of the disk takes part of a page, the server names the piece and not why.
  return /wrote only \d+ of \d+ bytes/.test(words) ? `${words}: No space left on device` : words
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

/**
 * A postmaster works in its data folder and names it in its command line; a process that was given its number since does
 * neither. What cannot be looked at counts as a postmaster: Postgres itself then decides.
 */
async function servesFrom(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'win32') return true
  if (process.platform !== 'linux') {
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: data }))
    return stdout.includes(data)
  }
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null)
  if (folder !== null) return folder === (await realpath(data))
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => data)
  return command.split('\u0000').includes(data)
}

/** The running postmaster of this folder; null where there is none. */
export async function readPostmaster(directory: string): Promise<Postmaster | null> {
  const data = dataOf(directory)
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => null)
  if (text === null) return null
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid) || !(await servesFrom(pid, data))) return null
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() }
}

/** Postgres does not start over a lock file whose number some process has, whichever that is. Before a start only. */
export async function clearLock(directory: string): Promise<void> {
  if ((await readPostmaster(directory)) === null) await rm(join(dataOf(directory), 'postmaster.pid'), { force: true })
}
