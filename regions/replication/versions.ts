// Which versions of what travels two regions can both speak: each side names the oldest and the newest that it knows, and
// the newest common one is spoken. So regions are upgraded one by one. Pure.

import type { RegionId } from '@causeway/schema/clock/origin'

export interface Versions {
  readonly oldest: number
  readonly newest: number
}

/** Raised when what travels, or its meaning, changes; `oldest` goes up when the last region speaks a newer one. */
export const protocolVersions: Versions = Object.freeze({ oldest: 8, newest: 12 })

/** From it on a peer serves the second line of a link. */
const secondLineSince = 9

export function speaksSecondLine(theirs: Versions): boolean {
  return (commonVersion(theirs, protocolVersions) ?? 0) >= secondLineSince
}

/** From it on a peer tells what it knows of fences. */
const fencesSince = 10

export function tellsFences(theirs: Versions): boolean {
  return (commonVersion(theirs, protocolVersions) ?? 0) >= fencesSince
}

/** From it on a hello tells by which keys of operators its sender goes. */
const operatorKeysSince = 11

export function tellsOperatorKeys(spoken: number): boolean {
  return spoken >= operatorKeysSince
}

/** From it on small batches take fewer bytes, and acknowledgements wait until they are asked for. */
const sparingSince = 12

export function isSparing(version: number): boolean {
  return version >= sparingSince
}

export function speaksSparingly(theirs: Versions): boolean {
  return isSparing(commonVersion(theirs, protocolVersions) ?? 0)
}

/** Null where there is none. */
export function commonVersion(left: Versions, right: Versions): number | null {
  const newest = Math.min(left.newest, right.newest)
  return newest >= left.oldest && newest >= right.oldest ? newest : null
}

/** Why there is none, and whose turn it is. */
export function describeNoCommon(peer: RegionId, theirs: Versions, region: RegionId, ours: Versions): string {
  const behind = theirs.newest < ours.newest ? peer : region
  return `${peer} speaks replication versions ${rangeOf(theirs)}, ${region} ${rangeOf(ours)}: upgrade ${behind} first`
}

function rangeOf({ oldest, newest }: Versions): string {
  return oldest === newest ? `${newest}` : `${oldest} to ${newest}`
}
