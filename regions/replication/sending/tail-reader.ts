// Reads the log for the second line of a link: what is committed from now on. What came before, and what a stream that
// stood still has missed, comes over the main line.

import { isBranch } from '@causeway/schema/commit/branch'
import type { LogTail, TailCommit } from './log-tail.ts'
import type { StreamReader } from './send-stream.ts'

/** A stream that is further behind goes on at the end: what it would send is late already. */
export const furthestBehind = 256

export class TailReader implements StreamReader {
  readonly #tail: Pick<LogTail, 'after'>
  /** Of the last commit in the log. */
  readonly #end: () => number
  #position: number

  constructor(tail: Pick<LogTail, 'after'>, end: () => number) {
    this.#tail = tail
    this.#end = end
    this.#position = end()
  }

  get position(): number {
    return this.#position
  }

  async next(limitBytes: number): Promise<readonly TailCommit[]> {
    if (this.#end() - this.#position > furthestBehind) this.#position = this.#end()
    for (;;) {
      const found = await this.#tail.after(this.#position, limitBytes)
      this.#position = found.at(-1)?.position ?? this.#position
      // What is applied beside a log is told to those who ask for it by name.
      const sent = found.filter(({ commit }) => !isBranch(commit.origin))
      if (sent.length > 0 || found.length === 0) return sent
    }
  }

  /** Nothing here was read for its absence at the peer. */
  skip(): void {}
}
