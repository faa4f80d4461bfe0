// A process in the simulation: it runs, it can be paused (as by SIGSTOP, or a machine that stands still) and go on, and
// it can be killed. Everything that reaches it, timers, messages and answers of its disk, comes through here. Knows
// nothing of what it runs.

import type { Timers } from '@causeway/regions/ports'

export class VirtualProcess {
  readonly name: string
  #state: 'running' | 'paused' | 'dead' = 'running'
  readonly #held: (() => void)[] = []

  constructor(name: string) {
    this.name = name
  }

  get isAlive(): boolean {
    return this.#state !== 'dead'
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  /** Now, or when it goes on, or never. */
  do(call: () => void): void {
    if (this.#state === 'running') call()
    else if (this.#state === 'paused') this.#held.push(call)
  }

  /** Resolves when the process runs: at once, when it goes on, or never. */
  turn(): Promise<void> {
    return this.#state === 'running' ? Promise.resolve() : new Promise((resolve) => this.do(resolve))
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** What was held back happens in order. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    while (this.#state === 'running') {
      const call = this.#held.shift()
      if (call === undefined) return
      call()
    }
  }

  kill(): void {
    this.#state = 'dead'
    this.#held.length = 0
  }

  /** Timers that ring in this process alone: late after a pause, never after its death. */
  timersOn(timers: Timers): Timers {
    return {
      after: (delayMs, call) => {
        let isCancelled = false
        const cancel = timers.after(delayMs, () => this.do(() => !isCancelled && call()))
        return () => {
          isCancelled = true
          cancel()
        }
      },
    }
  }
}
