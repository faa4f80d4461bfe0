// Which origin each member writes under now, as far as this region has seen. Pure.

import { incarnationOf, makeOrigin, type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'

/** The newest incarnation of each member in the frontier; the first where nothing of it was seen. */
export function originsOf(
  members: readonly RegionId[],
  frontier: VersionVector,
  own: Origin,
): Readonly<Record<RegionId, Origin>> {
  const newest: Record<RegionId, Origin> = {}
  for (const member of members) newest[member] = makeOrigin(member, 1)
  for (const origin of [...Object.keys(frontier), own]) {
    const region = regionOf(origin)
    const known = newest[region]
    if (known !== undefined && incarnationOf(origin) > incarnationOf(known)) newest[region] = origin
  }
  return newest
}
