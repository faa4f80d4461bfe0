// Which commits a clock pins (C6). Of an origin that has signed several logs a clock says how far its writer holds one of them,
// and its pin says of which. Pure.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { equalBytes } from '@causeway/schema/commit/bytes'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { pinClock } from '@causeway/schema/commit/header'

export interface Pinned {
  readonly hash: Uint8Array
  readonly time: HybridTime
}

/** What a commit's clock was found to name. */
export interface PinnedHeads {
  /** False where its writer stands on another past than is applied here. */
  readonly isPinned: boolean
  /** The latest time of that; null where some of it can no longer be looked at. */
  readonly latest: HybridTime | null
  /** The commit of an origin at which the clock ends; undefined where that is not known for sure. */
  readonly hashOf: (origin: Origin) => Uint8Array | undefined
}

/** Ways of reading a clock that are tried: one member or two of a few that sign several logs. */
const maximumReadings = 256

/** What `pin` pins, of what each origin of the clock may have there; null where it pins something else. */
export function readPin<Commit extends Pinned>(
  clock: VersionVector,
  pin: Uint8Array,
  choices: ReadonlyMap<Origin, readonly Commit[]>,
  crypto: Pick<CommitCrypto, 'sha256'>,
): ReadonlyMap<Origin, Commit> | null {
  const origins = [...choices.keys()]
  let readings: ReadonlyMap<Origin, Commit>[] = [new Map()]
  for (const origin of origins) {
    const options = choices.get(origin) ?? []
    readings = readings.flatMap((reading) => options.map((commit) => new Map(reading).set(origin, commit)))
    if (readings.length > maximumReadings) return null
  }
  const pins = (reading: ReadonlyMap<Origin, Commit>) =>
    equalBytes(
      pinClock(clock, (origin) => reading.get(origin)?.hash, crypto),
      pin,
    )
  return readings.find(pins) ?? null
}
