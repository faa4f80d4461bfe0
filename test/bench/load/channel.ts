// What the bench and its load generator say to each other, and the generator as the bench holds it.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface LoadOrder {
  readonly regions: readonly { readonly id: string; readonly url: string }[]
  readonly skus: number
  readonly listSize: number
  /** Connections to each region, each with one list under way. */
  readonly lanes: number
  /** Events a second into each region, by a schedule that waits for nobody; null: as many as `backlogLimit` allows. */
  readonly perSecond: number | null
  /** Events of a region that may be on their way or missing in another region, before its callers wait. */
  readonly backlogLimit: number
}

export type LoadWord =
  | ({ readonly type: 'start' } & LoadOrder)
  | { readonly type: 'backlog'; readonly events: Readonly<Record<string, number>> }
  | { readonly type: 'ask' }
  | { readonly type: 'stop' }

/** So far; latencies since the last report. */
export interface LoadReport {
  readonly type: 'report'
  readonly accepted: number
  readonly processorMs: number
  readonly latenciesMs: readonly number[]
}

type LoadAnswer = LoadReport | { readonly type: 'failed'; readonly reason: string }

export class LoadProcess {
  readonly #child: ChildProcess
  #failure: Error | null = null
  #waiting: { resolve: (report: LoadReport) => void; reject: (error: Error) => void } | null = null

  constructor(order: LoadOrder) {
    const file = fileURLToPath(new URL('./load.ts', import.meta.url))
    this.#child = fork(file, [], { execArgv: ['--conditions=source', '--import', 'tsx'] })
    this.#child.on('message', (answer: LoadAnswer) => {
      if (answer.type === 'failed') this.#fail(new Error(`the load generator failed: ${answer.reason}`))
      else this.#waiting?.resolve(answer)
    })
    this.#child.on('exit', (code) => this.#fail(new Error(`the load generator ended with ${code}`)))
    this.#child.send({ type: 'start', ...order } satisfies LoadWord)
  }

  /** Throws where the generator failed. */
  backlog(events: Readonly<Record<string, number>>): void {
    this.#check()
    this.#child.send({ type: 'backlog', events } satisfies LoadWord)
  }

  ask(): Promise<LoadReport> {
    return this.#request({ type: 'ask' })
  }

  /** Its last report, once everything that was sent has been answered. */
  stop(): Promise<LoadReport> {
    return this.#request({ type: 'stop' })
  }

  end(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
  }

  #request(word: LoadWord): Promise<LoadReport> {
    this.#check()
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#child.send(word)
    })
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#waiting?.reject(error)
  }
}
