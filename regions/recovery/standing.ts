// Who belongs to the cluster as far as this region has seen, which origin each member writes under now, and whether this one
// may write at all. Pure.

import type { Head } from '@causeway/db/store'
import { incarnationOf, makeOrigin, type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { apartOf, endOf, fencingOf, isWhole, standingMembers } from '@causeway/schema/fence/fencing'

/** This region is a member no more: nothing that it would write could be applied by others (S7). */
export class RetiredRegion extends Error {
  constructor(region: RegionId, message = `${region} is retired`) {
    super(message)
    this.name = 'RetiredRegion'
  }
}

/** Nor could they apply what this one would write, before it has begun anew from what they hold (W8). */
export class ApartRegion extends RetiredRegion {
  constructor(region: RegionId) {
    super(
      region,
      `${region} was restored from a copy with more of its log than the others agreed on, and begins anew from what they hold`,
    )
    this.name = 'ApartRegion'
  }
}

/** It was restored from an older copy and does not hold again what it had shown others to hold (W8). Another region may do it. */
export class RestoredRegion extends Error {
  constructor(region: RegionId) {
    super(`${region} was restored from an older copy and does not know again all that this hangs on`)
    this.name = 'RestoredRegion'
  }
}

export function refuseRetired(head: Head, members: readonly RegionId[]): void {
  const { region, origin, frontier } = head
  if (head.fences.retires.length === 0) return
  const { fences } = fencingOf(head.fences, members, origin, {})
  if (endOf(fences, origin) === 'retired') throw new RetiredRegion(region)
  if (apartOf(fences, origin, frontier) !== null) throw new ApartRegion(region)
}

/** What commands go by as of a head: members that nobody retires, and what is fenced. */
export function standingOf(members: readonly RegionId[], head: Head) {
  const fencing = fencingOf(head.fences, members, head.origin, head.frontier, head.chainHashes)
  const standing = standingMembers(fencing)
  // One that was restored may have forgotten who was retired: rights that it gave to such a one nobody would take over.
  const given = isWhole(fencing, head.origin) ? standing : [head.region]
  return { head, fencing, members: standing, memberOrigins: originsOf(given, head.frontier, head.origin) }
}

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
