// A whole Causeway for a test: `causeway dev` as a stranger starts it, on free ports and a folder of its own, ended by
// the ids of the processes it started. Knows nothing of what the test does with it.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const command = fileURLToPath(new URL('../../cli/bin/causeway.js', import.meta.url))
const compiled = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url))
const readyWithinMs = 120_000
const worker = Number(process.env.VITEST_POOL_ID ?? 0)

/** Why nothing can be started here; null where it can. */
export const cannotStart = existsSync(compiled) ? null : 'cli/dist is missing: npm run build'

export interface Finished {
  readonly code: number | null
  readonly output: string
}

export interface Development {
  /** Its data folder. */
  readonly directory: string
  readonly gateway: string
  readonly regions: Readonly<Record<string, string>>
  /** kill -9 of the region's process; its supervisor starts it again. */
  kill(region: string): Promise<void>
  stop(): Promise<void>
}

/** Runs the command to its end; what it prints and what it says on standard error together. */
export async function causeway(...parameters: readonly string[]): Promise<Finished> {
  const { code, output, errors } = await causewayWhile(parameters)
  return { code, output: output + errors }
}

/** Runs the command to its end, with something to be done meanwhile. */
export async function causewayWhile(
  parameters: readonly string[],
  during?: (child: ChildProcess) => Promise<void>,
): Promise<Finished & { readonly errors: string }> {
  const child = spawn(process.execPath, [command, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = collect([child.stdout])
  const errors = collect([child.stderr])
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await during?.(child)
  return { code: await ended, output: output(), errors: errors() }
}

export async function startDevelopment(...options: readonly string[]): Promise<Development> {
  const directory = await mkdtemp(join(tmpdir(), 'causeway-test-'))
  const port = await freePorts(4)
  const parameters = ['dev', '--port', String(port), '--data', directory, '--no-sample', ...options]
  const child = spawn(process.execPath, [command, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
  const text = collect([child.stdout, child.stderr])
  const gateway = `http://127.0.0.1:${port}`
  const ids = ['us-east-1', 'eu-west-1', 'ap-south-1']
  const regions = Object.fromEntries(ids.map((id, index) => [id, `http://127.0.0.1:${port + 1 + index}`]))
  const stop = async () => {
    const closed = new Promise((resolve) => child.once('close', resolve))
    if (child.exitCode === null && child.kill('SIGTERM')) await closed
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await until('the gateway and every region are ready', readyWithinMs, async () => {
      if (child.exitCode !== null) throw new Error(`causeway dev ended with ${child.exitCode}:\n${text()}`)
      const answers = await Promise.all([gateway, ...Object.values(regions)].map((url) => isReady(url)))
      return answers.every(Boolean)
    })
  } catch (error) {
    await stop()
    throw new Error(`${String(error)}\n${text()}`)
  }
  return { directory, gateway, regions, stop, kill: (region) => killRegion(child, region) }
}

/** Asks until `holds` answers true; throws, naming what was waited for. */
export async function until(what: string, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}

async function killRegion(child: ChildProcess, region: string): Promise<void> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args='])
  const processes = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  const found = processes.find(([, parent, ...parts]) => Number(parent) === child.pid && parts.includes(region))
  const pid = Number(found?.[0])
  if (!Number.isInteger(pid)) throw new Error(`no process of ${region} was found`)
  process.kill(pid, 'SIGKILL')
}

function collect(streams: readonly (Readable | null)[]): () => string {
  const chunks: string[] = []
  for (const stream of streams) stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  return () => chunks.join('')
}

/** The first of `count` ports in a row that nobody listens on now. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    // Below the ports that systems hand out by themselves, and apart per worker: nobody takes one before it is used.
    const first = 10_000 + (worker % 8) * 2_500 + Math.floor(Math.random() * 2_490)
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return first
  }
  throw new Error('no free ports in a row were found')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
