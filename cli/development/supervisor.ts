// Keeps one child process running: starts it, waits until it is ready, starts it again when it dies, a little later
// each time. Knows neither regions nor gateways. A child ends with its parent by the channel between them.

import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import { Failure } from '../failure.ts'
import { parentVariable } from '../processes/lifetime.ts'

export interface ChildOptions {
  readonly name: string
  /** Of the `causeway` command. */
  readonly command: string
  readonly arguments: readonly string[]
  readonly url: string
  readonly logFile: string
  /** Told in words what happened. */
  readonly say: (text: string) => void
  /** How long a child that runs and says why it does not serve is waited for, milliseconds. */
  readonly patienceMs?: number
}

const firstRestartMs = 500
const longestRestartMs = 10_000
/** A child that ran this long has proved itself: the next restart is a quick one again. */
const provenMs = 30_000
const readyWithinMs = 120_000
/** A retired region never serves, and others may wait for somebody: the rest of the cluster starts without them. */
const usualPatienceMs = 10_000
const pollMs = 100
const stopWithinMs = 20_000
const remembered = 20
/** Commands wait for their flush by the thousand: with V8's usual 16 MiB they are copied again and again meanwhile. */
const youngGeneration = '--max-semi-space-size=64'

export class Supervisor {
  readonly #options: ChildOptions
  readonly #log: WriteStream
  #child: ChildProcess | null = null
  #stopping = false
  #proven = false
  #restartMs = firstRestartMs
  #startedAtMs = 0
  #lastLines: string[] = []
  readonly #wake = new AbortController()

  constructor(options: ChildOptions) {
    this.#options = options
    this.#log = createWriteStream(options.logFile, { flags: 'a' })
    // A full disk must not end the parent: the log is a convenience.
    this.#log.on('error', () => undefined)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when the child is ready, or has said why it is not; throws where it ends first, with what it said last. */
  async start(): Promise<void> {
    const ended = this.#spawn()
    const failed = ended.then((how): never => {
      throw new Failure(`${this.#options.name} ended while starting (${how}): ${this.#lastWords()}`)
    })
    const unready = await Promise.race([this.#untilReady(), failed])
    if (unready !== null) this.#options.say(`${this.#options.name} runs and does not serve: ${unready}`)
    this.#proven = true
    void ended.then((how) => this.#died(how))
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#wake.abort()
    const child = this.#child
    if (child !== null) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
      await ended
      clearTimeout(late)
    }
    await new Promise<void>((resolve) => this.#log.end(() => resolve()))
  }

  #spawn(): Promise<string> {
    this.#lastLines = []
    this.#startedAtMs = performance.now()
    const child = spawn(process.execPath, [youngGeneration, this.#options.command, ...this.#options.arguments], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, [parentVariable]: String(process.pid) },
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#record(text))
    }
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('close', (code, signal) => {
        if (this.#child === child) this.#child = null
        resolve(signal === null ? `exit code ${code}` : signal)
      })
    })
  }

  #record(text: string): void {
    this.#log.write(text)
    this.#lastLines.push(...text.split('\n').filter((line) => line.trim() !== ''))
    this.#lastLines = this.#lastLines.slice(-remembered)
  }

  /** The line for people among the log's JSON, else the last one. */
  #lastWords(): string {
    const plain = this.#lastLines.filter((line) => !line.startsWith('{')).at(-1)
    return plain?.replace(/^causeway: /, '') ?? `see ${this.#options.logFile}`
  }

  /** Null when it serves; else why it does not, in its own words. */
  async #untilReady(): Promise<string | null> {
    const deadline = performance.now() + readyWithinMs
    let toldAtMs: number | null = null
    while (performance.now() < deadline && this.#child !== null) {
      const { isReady, why } = await askReady(this.#options.url)
      if (isReady) return null
      if (why === null) toldAtMs = null
      else toldAtMs ??= performance.now()
      const isLate = toldAtMs !== null && performance.now() - toldAtMs > (this.#options.patienceMs ?? usualPatienceMs)
      if (isLate) return why
      await delay(pollMs)
    }
    if (this.#child === null) return null
    throw new Failure(
      `${this.#options.name} was not ready within ${readyWithinMs / 1000} s; see ${this.#options.logFile}`,
    )
  }

  #died(how: string): void {
    if (this.#stopping) return
    const ranMs = performance.now() - this.#startedAtMs
    this.#restartMs =
      ranMs > provenMs || this.#proven ? firstRestartMs : Math.min(this.#restartMs * 2, longestRestartMs)
    this.#proven = false
    const words = how === 'SIGKILL' ? '' : `: ${this.#lastWords()}`
    this.#options.say(`${this.#options.name} ended (${how})${words}; starting it again in ${this.#restartMs / 1000} s`)
    void this.#restart()
  }

  async #restart(): Promise<void> {
    try {
      await delay(this.#restartMs, undefined, { signal: this.#wake.signal })
    } catch {
      return
    }
    if (this.#stopping) return
    const ended = this.#spawn()
    void ended.then((how) => this.#died(how))
    let unready: string | null
    try {
      unready = await this.#untilReady()
    } catch (error) {
      if (!this.#stopping) this.#options.say(String(error instanceof Error ? error.message : error))
      return
    }
    if (this.#child === null || this.#stopping) return
    this.#proven = true
    this.#options.say(`${this.#options.name} is back${unready === null ? '' : `, and does not serve: ${unready}`}`)
  }
}

async function askReady(url: string): Promise<{ readonly isReady: boolean; readonly why: string | null }> {
  try {
    const { statusCode, body } = await request(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) })
    if (statusCode === 200) {
      await body.dump()
      return { isReady: true, why: null }
    }
    const { reason } = (await body.json()) as { reason?: unknown }
    return { isReady: false, why: typeof reason === 'string' ? reason : null }
  } catch {
    return { isReady: false, why: null }
  }
}
