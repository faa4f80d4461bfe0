// A real cluster for a bench: one embedded Postgres, one process per region, ports that are free. Its Postgres is open
// to the bench, so that a baseline is measured on the same server in the same run.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ensureDatabase } from '@causeway/db/embedded/database'
import { startEmbeddedPostgres } from '@causeway/db/embedded/start'

export interface BenchRegion {
  readonly id: string
  /** `http://host:port`. */
  readonly url: string
}

export interface BenchCluster {
  readonly regions: readonly BenchRegion[]
  /** An empty database on the same server. */
  readonly scratchDatabase: string
  stop(): Promise<void>
}

export interface ClusterOptions {
  readonly regions: readonly string[]
  /** Where `from` reaches `to` for replication, given the real port of `to`; left out: directly. */
  readonly via?: (from: string, to: string, port: number) => Promise<string>
}

const command = fileURLToPath(new URL('../../cli/bin/causeway.js', import.meta.url))
const readyWithinMs = 30_000

export async function startCluster(options: ClusterOptions): Promise<BenchCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'causeway-bench-'))
  const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') })
  const children: ChildProcess[] = []
  const stop = async () => {
    await Promise.all(children.map(endChild))
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const places = await Promise.all(options.regions.map(async (id) => ({ id, port: await freePort() })))
    const regions = await Promise.all(
      places.map(async ({ id, port }) => ({
        id,
        url: `http://127.0.0.1:${port}`,
        listen: { host: '127.0.0.1', port },
        database: await ensureDatabase(postgres.url, id),
        peers: await peersOf(id, places, options.via),
      })),
    )
    const file = join(directory, 'causeway.json')
    const configuration = {
      regions,
      auth: { mode: 'development' },
      cluster: { secret: 'a secret of the bench alone, thirty-two bytes' },
    }
    await writeFile(file, JSON.stringify(configuration))
    for (const { id } of regions) {
      await promisify(execFile)(process.execPath, [command, 'migrate', id, '--config', file], { cwd: directory })
    }
    for (const { id } of regions) children.push(startRegion(id, file, directory))
    await Promise.all(regions.map((region) => untilReady(region.id, region.url, directory)))
    const scratchDatabase = await ensureDatabase(postgres.url, 'baseline')
    return { regions: regions.map(({ id, url }) => ({ id, url })), scratchDatabase, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function peersOf(
  id: string,
  places: readonly { readonly id: string; readonly port: number }[],
  via: ClusterOptions['via'],
): Promise<Record<string, string>> {
  const peers: Record<string, string> = {}
  for (const other of places) {
    if (other.id === id) continue
    peers[other.id] =
      via === undefined ? `ws://127.0.0.1:${other.port}/replication` : await via(id, other.id, other.port)
  }
  return peers
}

function startRegion(id: string, file: string, directory: string): ChildProcess {
  const child = spawn(process.execPath, [command, 'region', id, '--config', file], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const log = createWriteStream(join(directory, `${id}.log`))
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  return child
}

async function untilReady(id: string, url: string, directory: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs
  for (;;) {
    const ready = await fetch(`${url}/health/ready`).then(
      async (response) => ({ ok: response.ok, reason: await response.text() }),
      (error: unknown) => ({ ok: false, reason: String(error) }),
    )
    if (ready.ok) return
    if (Date.now() > deadline) throw new Error(`${id} is not ready: ${ready.reason}\n${await lastWords(directory, id)}`)
    await delay(100)
  }
}

async function lastWords(directory: string, id: string): Promise<string> {
  const log = await readFile(join(directory, `${id}.log`), 'utf8').catch(() => '')
  return log.split('\n').slice(-10).join('\n')
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(late)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
