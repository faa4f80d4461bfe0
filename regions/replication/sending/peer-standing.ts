// What the peer of one stream is known to hold, and what it gets from others: both lines of a link leave out the same. Knows
// no queue.

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { regionOf } from '@causeway/schema/clock/origin'
import { mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'

export interface PeerStandingOptions {
  /** Whose outbox it is; its own commits are never held back. */
  readonly self: RegionId
  /** The peer's present origin: of that it holds everything. Null where it has not said. */
  readonly peerOrigin: Origin | null
  readonly after: VersionVector
  readonly direct: readonly RegionId[]
}

export class PeerStanding {
  readonly #options: PeerStandingOptions
  #known: VersionVector
  #direct: ReadonlySet<RegionId>

  constructor(options: PeerStandingOptions) {
    this.#options = options
    this.#known = options.after
    this.#direct = new Set(options.direct)
  }

  get known(): VersionVector {
    return this.#known
  }

  /** The peer has applied `vector`. */
  acknowledged(vector: VersionVector): void {
    this.#known = mergeVectors(this.#known, vector)
  }

  /** The regions from which the peer has links of its own have changed. */
  setDirect(direct: readonly RegionId[]): void {
    this.#direct = new Set(direct)
  }

  holds({ origin, lastSequence }: SealedCommit): boolean {
    return origin === this.#options.peerOrigin || lastSequence <= sequenceOf(this.#known, origin)
  }

  /** Whether the peer gets it from its writer. */
  isDirect({ origin }: SealedCommit): boolean {
    const region = regionOf(origin)
    return region !== this.#options.self && this.#direct.has(region)
  }
}

export function sizeOf(commits: readonly SealedCommit[]): number {
  let bytes = 0
  for (const commit of commits) bytes += commit.bytes.length
  return bytes
}
