// Hands applied commits to this node's subscribers, in local order and only after they are durable (W2). It reads the
// log once for all of them and keeps the latest in memory; a subscriber that starts further back reads the store until
// it has caught up. Knows nothing of what subscribers do with a commit.

import { type Store, type StoredCommit, StoreError } from '@causeway/db/store'
import { advance, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import { readCommit } from '@causeway/schema/commit/codec'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import type { LogEntry } from '../region.ts'

/** Commits kept for subscribers that are nearly up to date; older ones are read from the store. */
const keptCommits = 512
const readBytes = 1 << 20

type Read = Omit<LogEntry, 'frontier'>

/**
 * While nobody follows, of each commit the bytes alone, which lie outside of the engine's memory: all that it consists of would
 * grow old there, and each small collection copies it until it has.
 */
interface Kept extends Pick<Read, 'position' | 'sealed'> {
  /** Null where it has to be read from its bytes first, once for all who follow. */
  commit: Read['commit'] | null
}

export class LogHub {
  readonly #store: Store
  readonly #onRead: (commit: SealedCommit) => void
  readonly #kept: Kept[] = []
  readonly #waiting = new Set<() => void>()
  readonly #stopListening: () => void
  #position: number
  #reading: Promise<void> | null = null
  #rungWhileReading = false
  #followers = 0
  #stopped = false

  /** `position`: of the last commit applied before this node started. `onRead`: is told of what other nodes of the region have made durable. */
  constructor(store: Store, position: number, onRead: (commit: SealedCommit) => void = () => {}) {
    this.#store = store
    this.#onRead = onRead
    this.#position = position
    this.#stopListening = store.onCommit((by) => {
      // What this node commits or applies is offered by its writer: reading it back would be for nothing.
      if (by === 'elsewhere') this.#ring()
    })
  }

  /** Spares a read where this node has just made the commits durable itself. */
  offer(entries: readonly { position: number; sealed: SealedCommit; commit: Commit }[]): void {
    for (const entry of entries) {
      if (entry.position === this.#position + 1) this.#keep(entry)
      else if (entry.position > this.#position) this.#ring()
    }
    this.#wake()
  }

  /** The log has begun anew (C10): what was kept of the one before is gone, and nobody's position there means anything. */
  jumped(position: number): void {
    if (position <= this.#position) return
    this.#kept.length = 0
    this.#position = position
    this.#wake()
  }

  stop(): void {
    this.#stopped = true
    this.#stopListening()
    this.#wake()
  }

  /** Every commit that `after` does not hold; `now`: from the newest on. Tokens count events, so a commit may be half held. */
  async *follow(
    after: VersionVector | 'now',
    frontierNow: VersionVector,
    signal: AbortSignal,
  ): AsyncIterable<LogEntry> {
    let position = after === 'now' ? this.#position : 0
    let frontier = after === 'now' ? frontierNow : after
    const wake = () => this.#wake()
    signal.addEventListener('abort', wake)
    this.#followers += 1
    try {
      while (!this.#stopped && !signal.aborted) {
        const entries = await this.#after(position, frontier)
        for (const entry of entries) {
          position = entry.position
          const { origin, lastSequence } = entry.sealed
          if (sequenceOf(frontier, origin) >= lastSequence) continue
          // What is applied beside a log has no place in any token.
          if (!isBranch(origin)) frontier = advance(frontier, origin, lastSequence)
          yield { ...entry, frontier }
          if (signal.aborted) return
        }
        if (entries.length === 0 && position < this.#position) position = this.#position
        if (position >= this.#position && !signal.aborted && !this.#stopped) await this.#rung()
      }
    } finally {
      this.#followers -= 1
      if (this.#followers === 0) for (const entry of this.#kept) entry.commit = null
      signal.removeEventListener('abort', wake)
    }
  }

  async #after(position: number, vector: VersionVector): Promise<readonly Read[]> {
    const oldest = this.#kept[0]
    if (oldest && oldest.position <= position + 1) return this.#kept.slice(position + 1 - oldest.position).map(readKept)
    if (position >= this.#position) return []
    const stored = await this.#store.commitsAfterVector(vector, position, readBytes)
    return stored.map(read)
  }

  #rung(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve))
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }

  #ring(): void {
    if (this.#reading) {
      this.#rungWhileReading = true
      return
    }
    this.#reading = this.#readOn().finally(() => {
      this.#reading = null
      if (!this.#rungWhileReading || this.#stopped) return
      this.#rungWhileReading = false
      this.#ring()
    })
  }

  async #readOn(): Promise<void> {
    try {
      while (!this.#stopped) {
        const stored = await this.#store.commitsAfterPosition(this.#position, readBytes)
        const fresh = stored.filter(({ position }) => position > this.#position)
        if (fresh.length === 0) return
        for (const entry of fresh) {
          if (entry.position !== this.#position + 1) continue
          this.#keep(read(entry))
          this.#onRead(entry.commit)
        }
        this.#wake()
      }
    } catch (error) {
      if (error instanceof StoreError && error.code === 'LOG_DROPPED') return this.#jump()
      // The store is away: the next bell, or the next commit of this node, reads on from the same position.
    }
  }

  /** Another node has put a snapshot in the place of what this one had read. */
  async #jump(): Promise<void> {
    try {
      this.jumped((await this.#store.head()).position)
    } catch {
      // The store is away: the next bell finds the same.
    }
  }

  #keep({ position, sealed, commit }: Read): void {
    this.#kept.push({ position, sealed, commit: this.#followers > 0 ? commit : null })
    if (this.#kept.length > keptCommits) this.#kept.shift()
    this.#position = position
  }
}

function readKept(entry: Kept): Read {
  const { position, sealed } = entry
  entry.commit ??= readCommit(sealed)
  return { position, sealed, commit: entry.commit }
}

function read({ position, commit }: StoredCommit): Read {
  return { position, sealed: commit, commit: readCommit(commit) }
}
