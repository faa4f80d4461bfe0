// What of a region's own log goes on behind a snapshot (C10): all that the snapshot lacks, but for what the others have agreed to
// be no part of it. A region may hold such, that was restored from an old copy, then from a newer one: its life in between ended
// its log before what the newer copy holds (S7). What it wrote on top of that nobody can apply, and it has to write under another
// origin from then on (W8). Pure.

import type { Head } from '@causeway/db/store'
import { incarnationOf, makeOrigin, type Origin, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { type Fences, heightOf } from '@causeway/schema/fence/fences'

export interface CarriedOver {
  readonly kept: readonly SealedCommit[]
  /** Beyond a fence, or on top of such. */
  readonly lost: readonly SealedCommit[]
}

/** `unsent` in a causal order. */
export function carryOver(fences: Fences, unsent: readonly SealedCommit[]): CarriedOver {
  if (fences.decided.length === 0) return { kept: unsent, lost: [] }
  const lostFrom = new Map<Origin, number>()
  const kept: SealedCommit[] = []
  const lost: SealedCommit[] = []
  for (const commit of unsent) {
    if (!isLost(fences, lostFrom, commit)) kept.push(commit)
    else {
      lost.push(commit)
      if (!lostFrom.has(commit.origin)) lostFrom.set(commit.origin, commit.firstSequence)
    }
  }
  return { kept, lost }
}

function isLost(
  fences: Fences,
  lostFrom: ReadonlyMap<Origin, number>,
  { origin, lastSequence, clock }: SealedCommit,
): boolean {
  const height = heightOf(fences, origin)
  if (lostFrom.has(origin) || (height !== null && lastSequence > height)) return true
  for (const [named, first] of lostFrom) if (sequenceOf(clock, named) >= first) return true
  return false
}

/** The incarnation after every one of the region that anybody here knows of. */
export function originAfter(head: Pick<Head, 'region' | 'origin' | 'frontier'>, other: VersionVector): Origin {
  let newest = incarnationOf(head.origin)
  for (const origin of [...Object.keys(head.frontier), ...Object.keys(other)])
    if (regionOf(origin) === head.region) newest = Math.max(newest, incarnationOf(origin))
  return makeOrigin(head.region, newest + 1)
}
