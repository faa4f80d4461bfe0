// What each peer has acknowledged as applied: what an answer's durability waits for. Knows no links; a frontier that
// was once acknowledged stands while the link is down, for the peer applied it durably.

import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import {
  covers,
  emptyVector,
  mergeVectors,
  sequenceOf,
  type VersionVector,
} from '@causeway/schema/clock/version-vector'
import type { Clock, Timers } from '../ports.ts'

interface Waiter {
  readonly vector: VersionVector
  readonly count: number
  readonly done: (holding: number) => void
}

/** Answers that wait for other regions at a time; one more is answered at once with what holds already. */
export const maximumDurabilityWaits = 50_000

export class PeerFrontiers {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #frontiers = new Map<RegionId, VersionVector>()
  readonly #waiters = new Set<Waiter>()
  /** Somebody waits from now on. */
  readonly #onWait: () => void

  constructor(clock: Clock, timers: Timers, onWait: () => void = () => {}) {
    this.#clock = clock
    this.#timers = timers
    this.#onWait = onWait
  }

  /** The peer has applied `vector`, besides what it is known to have. */
  observe(region: RegionId, vector: VersionVector): void {
    const known = this.of(region)
    if (covers(known, vector)) return
    this.#frontiers.set(region, mergeVectors(known, vector))
    for (const waiter of this.#waiters) {
      const holding = this.countHolding(waiter.vector)
      if (holding >= waiter.count) waiter.done(holding)
    }
  }

  /** What `region` is known to have applied; empty where it never said. */
  of(region: RegionId): VersionVector {
    return this.#frontiers.get(region) ?? emptyVector
  }

  /** How many peers hold `vector`; this region is not counted. */
  countHolding(vector: VersionVector): number {
    let holding = 0
    for (const [region, frontier] of this.#frontiers) if (holds(region, frontier, vector)) holding += 1
    return holding
  }

  /** Resolves with how many peers hold `vector`: once that is `count`, else at `deadlineAt`. */
  waitFor(vector: VersionVector, count: number, deadlineAt: number): Promise<number> {
    const holding = this.countHolding(vector)
    const leftMs = deadlineAt - this.#clock.now()
    if (holding >= count || leftMs <= 0 || this.#waiters.size >= maximumDurabilityWaits) return Promise.resolve(holding)
    return new Promise((resolve) => {
      const cancel = this.#timers.after(leftMs, () => waiter.done(this.countHolding(vector)))
      const waiter: Waiter = {
        vector,
        count,
        done: (reached) => {
          cancel()
          this.#waiters.delete(waiter)
          resolve(reached)
        },
      }
      this.#waiters.add(waiter)
      this.#onWait()
    })
  }

  /** Answers everyone who waits with what holds now. */
  stop(): void {
    for (const waiter of this.#waiters) waiter.done(this.countHolding(waiter.vector))
  }
}

/** What a peer wrote itself it holds, though it never acknowledges it: its own commits are no news to it. */
function holds(region: RegionId, frontier: VersionVector, vector: VersionVector): boolean {
  for (const origin in vector) {
    if (regionOf(origin) !== region && sequenceOf(frontier, origin) < sequenceOf(vector, origin)) return false
  }
  return true
}
