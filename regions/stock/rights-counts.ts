// What a node has asked of its peers and waited for since it started, for operators. Counts alone.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { UserErrorCode } from '@causeway/schema/documents/command'

export interface PeerCounts {
  /** Requests that were answered, and those that could not be put. */
  readonly answered: number
  readonly failed: number
  /** Units that it gave. */
  readonly units: number
}

/** How a node moves rights; counts are since it started. */
export interface RightsStatus {
  /** What it asked of each peer. */
  readonly asked: ReadonlyMap<RegionId, PeerCounts>
  /** Units that it gave to each. */
  readonly given: ReadonlyMap<RegionId, number>
  /** Commands that waited for rights and are decided, and how long together. */
  readonly waits: { readonly count: number; readonly totalMs: number }
  /** Commands that were refused after they had asked, by what they were told. */
  readonly refused: ReadonlyMap<UserErrorCode, number>
  /** Commands that wait now, and requests of peers that wait for older commands of this region. */
  readonly waiting: number
  readonly held: number
  /** SKUs whose demand is known. */
  readonly watched: number
}

const none: PeerCounts = Object.freeze({ answered: 0, failed: 0, units: 0 })

export class RightsCounts {
  readonly #peers = new Map<RegionId, PeerCounts>()
  readonly #refused = new Map<UserErrorCode, number>()
  #waits = 0
  #waitedMs = 0

  get asked(): ReadonlyMap<RegionId, PeerCounts> {
    return this.#peers
  }

  get refused(): ReadonlyMap<UserErrorCode, number> {
    return this.#refused
  }

  get waits(): RightsStatus['waits'] {
    return { count: this.#waits, totalMs: this.#waitedMs }
  }

  answered(peer: RegionId, units: number): void {
    const counts = this.#peers.get(peer) ?? none
    this.#peers.set(peer, { ...counts, answered: counts.answered + 1, units: counts.units + units })
  }

  failed(peer: RegionId): void {
    const counts = this.#peers.get(peer) ?? none
    this.#peers.set(peer, { ...counts, failed: counts.failed + 1 })
  }

  waited(durationMs: number): void {
    this.#waits += 1
    this.#waitedMs += durationMs
  }

  refusedAs(codes: Iterable<UserErrorCode>): void {
    for (const code of new Set(codes)) this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
  }
}
