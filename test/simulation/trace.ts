// What happened in a simulated run, with when: kept as it comes, put into words only when somebody reads it.

import type { Clock } from '@causeway/regions/ports'
import { virtualEpochMs } from './virtual-time.ts'

export class Trace {
  readonly #clock: Clock
  readonly #notes: { readonly atMs: number; readonly words: () => string }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get length(): number {
    return this.#notes.length
  }

  /** `words` is called when the trace is read, if it is: what it tells must not change meanwhile. */
  note(words: () => string): void {
    this.#notes.push({ atMs: this.#clock.now() - virtualEpochMs, words })
  }

  /** The last `count` notes, all by default. */
  lines(count = Number.POSITIVE_INFINITY): readonly string[] {
    const from = Math.max(0, this.#notes.length - count)
    return this.#notes.slice(from).map(({ atMs, words }) => `${atMs.toFixed(0).padStart(7)} ms  ${words()}`)
  }
}
