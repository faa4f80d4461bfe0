// Which commit of an origin ends at a sequence: what clocks are compared with. Remembers the newest of each origin, and
// reads the log for the rest. Knows no rule.

import { type Store, StoreError } from '@causeway/db/store'
import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'

/** What is remembered of a commit: no view of its bytes. */
export interface ChainHead {
  readonly hash: Uint8Array
  readonly time: HybridTime
  readonly clock: VersionVector
}

/** `between`: a commit goes over the sequence, none ends there. `unknown`: the log is no longer kept so far back. */
export type Found = ChainHead | 'between' | 'unknown'

const pageBytes = 1024 * 1024

/** Per origin; a clock that lies further back is looked up in the log. */
const maximumHeads = 4_000
/**
 * What is read with a commit that is looked up, of those that follow it: clocks go on from one commit to the next. A node that
 * has just started would else read the log once for each of what it had missed.
 */
const readAheadBytes = 64 * 1024

export class ChainIndex {
  readonly #store: Pick<Store, 'commitsAfterVector'>
  readonly #heads = new Map<Origin, Map<number, ChainHead>>()

  constructor(store: Pick<Store, 'commitsAfterVector'>) {
    this.#store = store
  }

  /** Commits that have become durable here. */
  note(commits: readonly SealedCommit[]): void {
    for (const { origin, lastSequence, hash, time, clock } of commits) {
      const heads = this.#heads.get(origin) ?? new Map<number, ChainHead>()
      this.#heads.set(origin, heads.set(lastSequence, { hash, time, clock }))
      if (heads.size <= maximumHeads) continue
      for (const oldest of heads.keys()) {
        heads.delete(oldest)
        break
      }
    }
  }

  /** The log is another one: a new incarnation, a snapshot. */
  clear(): void {
    this.#heads.clear()
  }

  /** What is remembered alone; undefined says nothing. */
  recall(origin: Origin, sequence: number): ChainHead | undefined {
    return this.#heads.get(origin)?.get(sequence)
  }

  /** The commit of `origin` that ends at `sequence`, from 1 and at or below what `frontier` holds. */
  async at(origin: Origin, sequence: number, frontier: VersionVector): Promise<Found> {
    const known = this.recall(origin, sequence)
    if (known !== undefined) return known
    const found = await this.#readFrom(origin, sequence, frontier, readAheadBytes)
    const [commit] = found
    if (commit === undefined) return 'unknown'
    this.note(found)
    if (commit.lastSequence !== sequence) return 'between'
    const { hash, time, clock } = commit
    return { hash, time, clock }
  }

  /** The commits of `origin` that end within first..last, in order; null where the log does not reach back to them. */
  async range(
    origin: Origin,
    first: number,
    last: number,
    frontier: VersionVector,
  ): Promise<readonly SealedCommit[] | null> {
    const found: SealedCommit[] = []
    try {
      for (let reached = first - 1, position = 0; reached < last; ) {
        const page = await this.#store.commitsAfterVector({ ...frontier, [origin]: reached }, position, pageBytes)
        const end = page.at(-1)
        if (end === undefined) return null
        for (const { commit } of page) {
          if (commit.origin !== origin) continue
          reached = Math.max(reached, commit.lastSequence)
          if (commit.lastSequence <= last) found.push(commit)
        }
        position = end.position + 1
      }
      return found
    } catch (error) {
      if (error instanceof StoreError && error.code === 'LOG_DROPPED') return null
      throw error
    }
  }

  /** The commit that holds `sequence`; null where the log does not reach back to it. */
  async read(origin: Origin, sequence: number, frontier: VersionVector): Promise<SealedCommit | null> {
    return (await this.#readFrom(origin, sequence, frontier, 1))[0] ?? null
  }

  /** From the commit that holds `sequence` on; none where the log does not reach back to it. */
  async #readFrom(
    origin: Origin,
    sequence: number,
    frontier: VersionVector,
    limitBytes: number,
  ): Promise<readonly SealedCommit[]> {
    if (sequence < 1 || sequenceOf(frontier, origin) < sequence) return []
    try {
      const after = { ...frontier, [origin]: sequence - 1 }
      const stored = await this.#store.commitsAfterVector(after, 0, limitBytes)
      // What another node has written meanwhile is among them, and is not what was asked for.
      const found = stored
        .map(({ commit }) => commit)
        .filter((commit) => commit.origin === origin && commit.lastSequence <= sequenceOf(frontier, origin))
      return (found[0]?.firstSequence ?? sequence + 1) <= sequence ? found : []
    } catch (error) {
      if (error instanceof StoreError && error.code === 'LOG_DROPPED') return []
      throw error
    }
  }
}
