// A real cluster for a bench: one process per region, embedded Postgres for all or for each, ports that are free. Its
// Postgres is open to the bench, so that a baseline is measured on the same server in the same run.

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
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@causeway/db/embedded/start'

export interface BenchRegion {
  readonly id: string
  /** `http://host:port`. */
  readonly url: string
  /** Of every node of it; the first is `url`. */
  readonly urls: readonly string[]
  /** Of its one node. */
  readonly pid: number
  /** Of its Postgres's first process. */
  readonly postgresPid: number
  readonly database: string
  /** Where its inspector listens; null unless it was asked for. */
  readonly inspectorPort: number | null
}

export interface BenchCluster {
  readonly regions: readonly BenchRegion[]
  /** Of its gateway; null unless it was asked for. */
  readonly gateway: string | null
  /** An empty database on the same server. */
  readonly scratchDatabase: string
  /** kill -9 of all nodes of a region; its database lives on. */
  kill(id: string): Promise<void>
  /** After `kill`; resolves once the region is ready. */
  restart(id: string): Promise<void>
  /** The same, without waiting for it to be ready: a region that is retired never is. */
  launch(id: string): void
  stop(): Promise<void>
}

export interface ClusterOptions {
  readonly regions: readonly string[]
  /** Where `from` reaches `to` for replication, given the real port of `to`; left out: directly. */
  readonly via?: (from: string, to: string, port: number) => Promise<string>
  /** One server with a database per region, or a server each as in production; one where left out. */
  readonly postgres?: 'one' | 'each'
  /** On one database; one where left out. */
  readonly nodesPerRegion?: number
  readonly gateway?: boolean
  /** Which links run over two lines; `far` where left out. */
  readonly secondLines?: 'far' | 'never'
  /** Opens each node's inspector on the loopback, for profiles. */
  readonly inspect?: boolean
  /** Of each node, in MiB: 128 where left out, as docs/OPERATIONS.md advises for much at once; less where single answers count. */
  readonly youngGeneration?: number
}

const command = fileURLToPath(new URL('../../cli/bin/causeway.js', import.meta.url))
const readyWithinMs = 60_000

export async function startCluster(options: ClusterOptions): Promise<BenchCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'causeway-bench-'))
  const servers: EmbeddedPostgres[] = []
  const nodes = new Map<string, ChildProcess[]>()
  const stop = async () => {
    await Promise.all([...nodes.values()].flat().map(endChild))
    await Promise.all(servers.map((server) => server.stop()))
    await rm(directory, { recursive: true, force: true })
  }
  const startServer = async (name: string) => {
    const server = await startEmbeddedPostgres({ directory: join(directory, name) })
    servers.push(server)
    return server
  }
  try {
    const shared = options.postgres === 'each' ? null : await startServer('postgres')
    const places = await Promise.all(
      options.regions.map(async (id) => ({
        id,
        port: await freePort(),
        inspectorPort: options.inspect ? await freePort() : null,
      })),
    )
    const placed: (BenchPlace & { readonly region: object; readonly database: string })[] = []
    for (const place of places) {
      const { id, port } = place
      const server = shared ?? (await startServer(`postgres-${id}`))
      const database = await ensureDatabase(server.url, id)
      const region = {
        id,
        url: `http://127.0.0.1:${port}`,
        listen: { host: '127.0.0.1', port },
        database,
        peers: await peersOf(id, places, options.via),
        secondLines: options.secondLines ?? 'far',
      }
      placed.push({ ...place, server, region, database })
    }
    const file = join(directory, 'causeway.json')
    const gatewayPort = options.gateway ? await freePort() : null
    const configuration = {
      ...(gatewayPort !== null && { gateway: { listen: { host: '127.0.0.1', port: gatewayPort } } }),
      regions: placed.map(({ region }) => region),
      auth: { mode: 'development' },
      cluster: { secret: 'a secret of the bench alone, thirty-two bytes' },
    }
    await writeFile(file, JSON.stringify(configuration))
    const migrate = ({ id }: BenchPlace) =>
      promisify(execFile)(process.execPath, [command, 'migrate', id, '--config', file], { cwd: directory })
    await Promise.all(placed.map(migrate))
    const regions: BenchRegion[] = []
    const starts = new Map<string, () => ChildProcess[]>()
    const begin = (id: string) => {
      const started = starts.get(id)?.() ?? []
      nodes.set(id, started)
      return started
    }
    for (const { id, port, inspectorPort, server, database } of placed) {
      const ports = [port]
      while (ports.length < (options.nodesPerRegion ?? 1)) ports.push(await freePort())
      starts.set(id, () =>
        ports.map((each) =>
          startRegion(id, file, directory, each, {
            inspectorPort: each === port ? inspectorPort : null,
            youngGeneration: options.youngGeneration ?? defaultYoungGeneration,
          }),
        ),
      )
      const started = begin(id)
      const urls = ports.map((each) => `http://127.0.0.1:${each}`)
      const pids = { pid: started[0]?.pid ?? 0, postgresPid: server.pid }
      regions.push({ id, url: `http://127.0.0.1:${port}`, urls, inspectorPort, database, ...pids })
    }
    const ready = async ({ id, urls }: BenchRegion) => {
      await Promise.all(urls.map((url) => untilReady(id, url, directory)))
    }
    await Promise.all(regions.map(ready))
    const gateway = gatewayPort === null ? null : `http://127.0.0.1:${gatewayPort}`
    if (gateway !== null) {
      nodes.set('gateway', [startProcess('gateway', [command, 'gateway', '--config', file], directory)])
      await untilReady('gateway', gateway, directory)
    }
    const kill = async (id: string) => {
      await Promise.all((nodes.get(id) ?? []).map(killChild))
    }
    const restart = async (id: string) => {
      begin(id)
      for (const region of regions) if (region.id === id) await ready(region)
    }
    const scratchDatabase = await ensureDatabase(placed[0]?.server.url ?? '', 'baseline')
    return { regions, gateway, scratchDatabase, kill, restart, launch: (id) => void begin(id), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface BenchPlace {
  readonly id: string
  readonly port: number
  readonly inspectorPort: number | null
  readonly server: EmbeddedPostgres
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

const defaultYoungGeneration = 128

function startRegion(
  id: string,
  file: string,
  directory: string,
  port: number,
  { inspectorPort, youngGeneration }: { readonly inspectorPort: number | null; readonly youngGeneration: number },
): ChildProcess {
  const inspector = inspectorPort === null ? [] : [`--inspect=127.0.0.1:${inspectorPort}`]
  const words = ['region', id, '--config', file, '--listen', `127.0.0.1:${port}`]
  return startProcess(id, [...inspector, `--max-semi-space-size=${youngGeneration}`, command, ...words], directory)
}

function startProcess(name: string, words: readonly string[], directory: string): ChildProcess {
  const child = spawn(process.execPath, words, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const log = createWriteStream(join(directory, `${name}.log`))
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

async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  await ended
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
