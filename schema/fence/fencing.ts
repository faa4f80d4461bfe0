// What a region goes by while fences stand or are being decided: for its commands, and for what it does on its own account.
// Everything follows from the log of fences, the configured members and the frontier.

import { incarnationOf, type Origin, type RegionId, regionOf } from '../clock/origin.ts'
import { sequenceOf, type VersionVector } from '../clock/version-vector.ts'
import { toHex } from '../hex.ts'
import { type FenceLog, isTarget, noFences } from './fence-log.ts'
import { activeMembers, decideFences, type Fence, type Fences, heightOf, reclaimerOf } from './fences.ts'

export interface Fencing {
  readonly log: FenceLog
  readonly fences: Fences
  readonly frontier: VersionVector
  /** Of each origin the hash of the last commit that is applied. */
  readonly chainHashes: Readonly<Record<Origin, Uint8Array>>
  /**
   * Origins that are fenced and that this origin has taken over: it settles what they owed and moves their rights to its own
   * rows. Empty until all that they have written up to their fences is applied, and while an earlier incarnation of its region
   * may still come up with having taken them over.
   */
  readonly estate: readonly Origin[]
}

export function fencingOf(
  log: FenceLog,
  members: readonly RegionId[],
  own: Origin,
  frontier: VersionVector,
  chainHashes: Fencing['chainHashes'] = {},
): Fencing {
  if (log === noFences || log.retires.length === 0)
    return { log, fences: noneOf(members), frontier, chainHashes, estate: noOrigins }
  const fences = decideFences(log, members)
  return { log, fences, frontier, chainHashes, estate: estateOf(fences, own, frontier, chainHashes) }
}

/** Whether an origin's log is the one that its fence ends, up to there. */
export function endsAt(
  { heights, ends }: Pick<Fence, 'heights' | 'ends'>,
  origin: Origin,
  frontier: VersionVector,
  chainHashes: Fencing['chainHashes'],
): boolean {
  const [end, own] = [ends[origin], chainHashes[origin]]
  if (sequenceOf(frontier, origin) < sequenceOf(heights, origin)) return false
  return end === undefined || own === undefined || toHex(own) === end
}

/** Whether `own` is the heir of `origin`, also where nobody who stays has ever heard of that: it may come up with the region. */
export function isHeirOf({ fences, estate }: Fencing, own: Origin, origin: Origin): boolean {
  if (estate.length === 0 || estate.includes(origin)) return estate.length > 0
  const fence = fences.decided.find(({ target }) => isTarget(target, origin))
  return fence !== undefined && reclaimerOf(fences, fence) === regionOf(own)
}

/** An origin that was fenced before what `vector` holds of it: nobody will ever hold that. */
export function lostOf(
  fences: Fences,
  vector: VersionVector,
): { readonly origin: Origin; readonly height: number } | null {
  if (fences.decided.length === 0) return null
  for (const origin in vector) {
    const height = heightOf(fences, origin)
    if (height !== null && sequenceOf(vector, origin) > height) return { origin, height }
  }
  return null
}

/**
 * A region that was restored from another copy than its life before, and holds more of its own log than the others agreed on
 * meanwhile: what it writes stands on what nobody else will ever apply. Null where it is one of them.
 */
export function apartOf(fences: Fences, own: Origin, frontier: VersionVector): ReturnType<typeof lostOf> {
  return endOf(fences, own) === 'retired' ? null : lostOf(fences, frontier)
}

/** Members that a region gives rights to and counts on: nobody retires them. */
export function standingMembers({ fences }: Pick<Fencing, 'fences'>): readonly RegionId[] {
  const { members, open } = fences
  if (open.length === 0) return members
  return members.filter((member) => !open.some(({ target }) => target.region === member && target.before === null))
}

/** Members whose commits are still to come, from what a head holds. */
export function membersAt(
  head: { readonly fences: FenceLog; readonly frontier: VersionVector },
  members: readonly RegionId[],
): readonly RegionId[] {
  if (head.fences.retires.length === 0) return members
  return activeMembers(decideFences(head.fences, members), members, head.frontier)
}

/** Why a region writes nothing under `origin` any more; null while it may. */
export function endOf({ decided, open }: Fences, origin: Origin): 'retired' | 'retiring' | null {
  if (decided.some(({ target }) => isTarget(target, origin))) return 'retired'
  return open.some(({ target }) => isTarget(target, origin)) ? 'retiring' : null
}

/**
 * Whether `origin` holds again all that earlier incarnations of its region had shown others to hold: their commits tell it, and
 * every member has said how many of those it has. What is stable here or there may rest on that.
 */
export function isWhole(
  { fences, frontier, chainHashes }: Pick<Fencing, 'fences' | 'frontier' | 'chainHashes'>,
  origin: Origin,
): boolean {
  const before = incarnationOf(origin)
  if (before === 1) return true
  const own = fences.decided.find(({ target }) => target.region === regionOf(origin) && target.before === before)
  return own !== undefined && Object.keys(own.heights).every((each) => endsAt(own, each, frontier, chainHashes))
}

export interface Restoration {
  /** Members that have not said yet how many of the earlier incarnation's commits they hold. */
  readonly waitsFor: readonly RegionId[]
  /** Events of earlier incarnations that are held elsewhere and not here, as far as that is known. */
  readonly lacksEvents: number
}

/** What keeps a restored region from being whole; null where it is. */
export function restorationOf(fencing: Omit<Fencing, 'estate' | 'log'>, origin: Origin): Restoration | null {
  if (isWhole(fencing, origin)) return null
  const { fences, frontier } = fencing
  const region = regionOf(origin)
  const isOwn = ({ target }: Fence) => target.region === region && target.before === incarnationOf(origin)
  const decided = fences.decided.find(isOwn)
  const pending = fences.pending.find(isOwn)
  const { heights } = decided ?? pending ?? fences.open.find(isOwn) ?? { heights: {} }
  const lacking = Object.keys(heights).map((each) =>
    Math.max(0, sequenceOf(heights, each) - sequenceOf(frontier, each)),
  )
  const others = fences.members.filter((member) => member !== region)
  return {
    waitsFor: decided === undefined ? (pending?.missing ?? others) : [],
    lacksEvents: lacking.reduce((sum, events) => sum + events, 0),
  }
}

const noOrigins: readonly Origin[] = Object.freeze([])

function noneOf(members: readonly RegionId[]): Fences {
  return { decided: [], pending: [], open: [], members }
}

function estateOf(
  fences: Fences,
  own: Origin,
  frontier: VersionVector,
  chainHashes: Fencing['chainHashes'],
): readonly Origin[] {
  const { decided } = fences
  const region = regionOf(own)
  const isSuccessor = ({ target }: Fence) => target.region === region && target.before === incarnationOf(own)
  // One that went with a disk may have written rows of the estate, and somebody else may have heard of it.
  if (incarnationOf(own) > 1 && !decided.some(isSuccessor)) return noOrigins
  const isHeld = (fence: Fence) =>
    Object.keys(fence.heights).every((origin) => endsAt(fence, origin, frontier, chainHashes))
  // What one fenced origin gave to another may lie in either's log.
  if (decided.length === 0 || !decided.every(isHeld)) return noOrigins
  const origins = new Set<Origin>()
  for (const fence of decided) {
    if (reclaimerOf(fences, fence) !== region) continue
    const { target, heights, retires } = fence
    for (const origin of [...Object.keys(heights), ...retires.flatMap(({ known }) => known)])
      if (isTarget(target, origin)) origins.add(origin)
  }
  return [...origins].sort()
}
