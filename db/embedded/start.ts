// Runs a Postgres of our own for development and tests: no system install, no root, nothing open but a port on the
// loopback. It ends when its starter ends, however that ended, and is started again should it die on its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Binaries, locateNative, prepareBinaries } from './binaries.ts'
import {
  clearLeftovers,
  clearLock,
  dataOf,
  ensureCluster,
  folderError,
  isAlive,
  type Postmaster,
  readPostmaster,
  superuser,
} from './cluster.ts'
import { chooseRunAs, type RunAs } from './run-as.ts'

export interface EmbeddedPostgresOptions {
  /** Holds everything of it; made where it is missing. One running process per directory. */
  readonly directory: string
  /** 0 or left out: a free one. */
  readonly port?: number
  /** Of Postgres, over our own: a server that a standby follows, or that follows one (`standby.signal` in its data folder). */
  readonly settings?: Readonly<Record<string, string>>
}

export interface EmbeddedPostgres {
  /** Of the database `postgres`, password included. */
  readonly url: string
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

const pollMs = 15
const startLimitMs = 60_000
const stopLimitMs = 15_000
/** How long a postmaster that another process left may take to notice before it is taken over. */
const adoptAfterMs = 1_500
const restartLimit = 5
const logLimitBytes = 8 * 1024 * 1024

const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  // No standby reads from it: the least log that survives a crash.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  // A small machine shares its cores with the regions.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  autovacuum_naptime: '20s',
}

/** Tells the postmaster to stop when descriptor 3 closes: when the process that started it is gone. */
const watcher = [
  '( (read _ <&3; read pid < "$0/postmaster.pid" && [ "$pid" = $$ ] && kill -INT $$) >/dev/null 2>&1 & )',
  'exec "$@" 3<&-',
].join('; ')

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1')
  return address.port
}

function openLog(path: string): number {
  const tooLong = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > logLimitBytes
  return openSync(path, tooLong ? 'w' : 'a', 0o644)
}

/** What the server said since `offset`, its last lines. */
function lastWords(path: string, offset: number): string {
  const text = readFileSync(path).subarray(offset).toString('utf8')
  return text.split('\n').filter(Boolean).slice(-4).join(' | ')
}

interface Launch {
  readonly directory: string
  readonly binaries: Binaries
  readonly runAs: RunAs
  readonly port: number
  readonly settings: Readonly<Record<string, string>>
}

function spawnPostmaster({ directory, binaries, runAs, port, settings: more }: Launch, log: number): ChildProcess {
  const data = dataOf(directory)
  const options = Object.entries({ ...settings, ...more, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const server = [binaries.postgres, '-D', data, ...options]
  const watched = process.platform === 'win32' ? server : ['/bin/sh', '-c', watcher, data, ...server]
  const [command = '', ...rest] = [...runAs.prefix, ...watched]
  const identity = runAs.prefix.length === 0 && runAs.identity !== null ? runAs.identity : {}
  return spawn(command, rest, {
    ...identity,
    cwd: '/',
    // Out of our process group: Ctrl-C is for us, who stop it when we are done with it.
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
    env: { ...process.env, LC_ALL: 'C', PGDATA: data },
  })
}

class StartFailure extends Error {}

/** A standby takes connections that read. */
const isServing = ({ status }: Postmaster) => status === 'ready' || status === 'standby'

/** Starts once; resolves when the server takes connections. Throws StartFailure with the server's last words. */
async function launch(request: Launch): Promise<ChildProcess> {
  const logPath = join(request.directory, 'postgres.log')
  const log = openLog(logPath)
  const offset = statSync(logPath).size
  const child = spawnPostmaster(request, log)
  closeSync(log)
  let ended: string | null = null
  child.once('error', (error) => {
    ended = error.message
  })
  child.once('exit', (code, signal) => {
    ended ??= `ended with ${signal ?? code}`
  })
  child.stdio[3]?.on('error', () => undefined)
  const deadline = performance.now() + startLimitMs
  while (ended === null) {
    const postmaster = await readPostmaster(request.directory)
    if (postmaster !== null && postmaster.pid === child.pid && isServing(postmaster)) return child
    if (performance.now() > deadline) {
      child.kill('SIGQUIT')
      ended = `not ready within ${startLimitMs} ms`
    }
    await sleep(pollMs)
  }
  throw new StartFailure(`Postgres ${ended}: ${lastWords(logPath, offset)}`)
}

/** Backends of a killed postmaster hold its memory for a moment; a port may be taken between choice and use. */
function mayPass(error: unknown, isOwnPort: boolean): boolean {
  if (!(error instanceof StartFailure)) return false
  const isBusy = /pre-existing shared memory|lock file .* already exists|is being shut down/.test(error.message)
  return isBusy || (!isOwnPort && /could not bind|Address already in use/.test(error.message))
}

async function launchPatiently(
  request: Omit<Launch, 'port'>,
  port: number,
): Promise<{ child: ChildProcess; port: number }> {
  const deadline = performance.now() + stopLimitMs
  for (;;) {
    const chosen = port === 0 ? await freePort() : port
    try {
      await clearLock(request.directory)
      return { child: await launch({ ...request, port: chosen }), port: chosen }
    } catch (error) {
      if (!mayPass(error, port !== 0) || performance.now() > deadline) throw error
      await sleep(100)
    }
  }
}

/** A postmaster that runs here already: gone when this resolves with null, else one that nobody stops. */
async function settleOrphan(directory: string): Promise<Postmaster | null> {
  const since = performance.now()
  for (;;) {
    const postmaster = await readPostmaster(directory)
    if (postmaster === null) return null
    const waitedMs = performance.now() - since
    if (isServing(postmaster) && waitedMs > adoptAfterMs) return postmaster
    if (waitedMs > startLimitMs) throw new Error(`process ${postmaster.pid} neither serves nor leaves ${directory}`)
    await sleep(pollMs)
  }
}

/** Asks it to end, then makes it; recovers on its next start in that case. */
async function stopProcess(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!isAlive(pid)) return
    process.kill(pid, signal)
    const deadline = performance.now() + stopLimitMs
    while (isAlive(pid) && performance.now() < deadline) await sleep(pollMs)
  }
}

/**
 * Starts the Postgres of `directory`, made with a generated password on first use. Throws an Error of one clear line
 * where the folder is full or cannot be written, the port is taken, or Postgres cannot run as anyone we may be.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory)
  let stopping = false
  let child: ChildProcess | null = null
  let pid = 0

  const prepare = async () => {
    await mkdir(directory, { recursive: true })
    const runAs = chooseRunAs(directory, dataOf(directory), locateNative())
    await clearLeftovers(directory)
    const binaries = await prepareBinaries(directory, { copy: runAs.copyBinaries })
    const { settings = {} } = options
    return { directory, binaries, runAs, settings, password: await ensureCluster(directory, binaries, runAs) }
  }
  const { password, ...request } = await prepare().catch((error: unknown) => {
    throw folderError(directory, error)
  })

  const supervise = (started: ChildProcess, port: number) => {
    child = started
    pid = started.pid ?? 0
    started.unref()
    const pipe = started.stdio[3]
    if (pipe !== null && pipe !== undefined && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
    started.once('exit', () => {
      started.stdio[3]?.destroy()
      if (!stopping) void restart(port, restartLimit)
    })
  }

  const restart = async (port: number, attempts: number): Promise<void> => {
    try {
      const next = await launchPatiently(request, port)
      if (stopping) await stopProcess(next.child.pid ?? 0)
      else supervise(next.child, port)
    } catch {
      if (attempts > 1 && !stopping) await restart(port, attempts - 1)
    }
  }

  const orphan = await settleOrphan(directory)
  let port = orphan?.port ?? 0
  if (orphan === null) {
    const launched = await launchPatiently(request, options.port ?? 0).catch((error: unknown) => {
      throw folderError(directory, error)
    })
    port = launched.port
    supervise(launched.child, port)
  } else {
    pid = orphan.pid
  }

  return {
    url: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`,
    port,
    get pid() {
      return pid
    },
    stop: async () => {
      stopping = true
      await stopProcess(pid)
      child?.stdio[3]?.destroy()
    },
  }
}
