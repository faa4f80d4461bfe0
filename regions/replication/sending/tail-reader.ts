// Reads the log for the second line of a link: what is committed from now on. What came before, and what a stream that
// stood still has missed, comes over the main line.

import { type LogTail, readHeld, readTail, type TailCommit } from './log-tail.ts'
import type { StreamReader } from './send-stream.ts'

/** A stream that is further behind goes on at the end: what it would send is late already. */
export const furthestBehind = 256

export class TailReader implements StreamReader {
  readonly #tail: Pick<LogTail, 'after' | 'held'>
  /** Of the last commit in the log. */
  readonly #end: () => number
  /** The last position that was read. */
  position: number

  constructor(tail: Pick<LogTail, 'after' | 'held'>, end: () => number) {
    this.#tail = tail
    this.#end = end
    this.position = end()
  }

  next(limitBytes: number): Promise<readonly TailCommit[]> {
    this.#leaveBehind()
    return readTail(this.#tail, this, limitBytes)
  }

  held(limitBytes: number): readonly TailCommit[] | null {
    this.#leaveBehind()
    return readHeld(this.#tail, this, limitBytes)
  }

  #leaveBehind(): void {
    if (this.#end() - this.position > furthestBehind) this.position = this.#end()
  }

  /** Nothing here was read for its absence at the peer. */
  skip(): void {}
}
