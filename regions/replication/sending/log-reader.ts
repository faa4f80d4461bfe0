// Reads the log for one peer, forward only: first what the peer's vector does not hold, then every new commit.
// Knows neither the peer nor what it may hold.

import type { Store } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import { advance, mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { type LogTail, readHeld, readTail, type TailCommit } from './log-tail.ts'
import type { StreamReader } from './send-stream.ts'

export class LogReader implements StreamReader {
  readonly #store: Pick<Store, 'head' | 'commitsAfterVector'>
  readonly #tail: LogTail
  /** Of this origin the peer holds everything, for it is its own. */
  readonly #skip: Origin | null
  /** What the peer held and what was read since. */
  #vector: VersionVector
  /** The last position that was read. */
  position = 0
  #caughtUp = false

  constructor(
    store: Pick<Store, 'head' | 'commitsAfterVector'>,
    tail: LogTail,
    after: VersionVector,
    skip: Origin | null,
  ) {
    this.#store = store
    this.#tail = tail
    this.#vector = after
    this.#skip = skip
  }

  /** The next commits, up to about `limitBytes`; none where the end is reached. May repeat what the peer came to hold since. */
  async next(limitBytes: number): Promise<readonly TailCommit[]> {
    if (!this.#caughtUp) {
      const found = await this.#catchUp(limitBytes)
      if (found.length > 0) return found
    }
    return await readTail(this.#tail, this, limitBytes)
  }

  held(limitBytes: number): readonly TailCommit[] | null {
    return this.#caughtUp ? readHeld(this.#tail, this, limitBytes) : null
  }

  /** What the peer has come to hold need not be read. */
  skip(held: VersionVector): void {
    if (!this.#caughtUp) this.#vector = mergeVectors(this.#vector, held)
  }

  async #catchUp(limitBytes: number): Promise<readonly TailCommit[]> {
    // The head is read first: what lies up to its position and is not found below, the peer holds.
    const head = await this.#store.head()
    if (this.#skip !== null) {
      this.#vector = advance(this.#vector, this.#skip, sequenceOf(head.frontier, this.#skip))
    }
    const found = await this.#store.commitsAfterVector(this.#vector, this.position, limitBytes)
    const last = found.at(-1)
    if (last === undefined) {
      this.#caughtUp = true
      this.position = Math.max(this.position, head.position)
      return []
    }
    for (const { commit } of found) this.#vector = advance(this.#vector, commit.origin, commit.lastSequence)
    this.position = Math.max(this.position, last.position)
    return found
  }
}
