// The hashes of the newest commits of each origin that have come here, by where they end: what a bare commit of a second line
// is put back by before those that it stands on are applied, and where another node of the region has written or applied those (W4). Only what
// is signed as it should be is put in.

import type { Origin } from '@causeway/schema/clock/origin'
import type { SealedCommit } from '@causeway/schema/commit/commit'

/** Of each origin; a second line brings what is committed now, which stands on what has just come. */
const maximumHashes = 256
const maximumOrigins = 64

export class RecentHashes {
  readonly #hashes = new Map<Origin, Map<number, Uint8Array>>()

  note({ origin, lastSequence, hash }: Pick<SealedCommit, 'origin' | 'lastSequence' | 'hash'>): void {
    const hashes = this.#hashes.get(origin) ?? new Map<number, Uint8Array>()
    if (hashes.size === 0) keepWithin(this.#hashes.set(origin, hashes), maximumOrigins)
    hashes.delete(lastSequence)
    keepWithin(hashes.set(lastSequence, hash), maximumHashes)
  }

  at(origin: Origin, sequence: number): Uint8Array | undefined {
    return this.#hashes.get(origin)?.get(sequence)
  }
}

/** The oldest goes. */
function keepWithin(map: Map<unknown, unknown>, maximum: number): void {
  if (map.size <= maximum) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
