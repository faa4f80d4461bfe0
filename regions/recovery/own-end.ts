// A region that learns of its own end stands still there: what others do from then on stands on what it has not (S7). Pure.

import type { Head } from '@causeway/db/store'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Commit } from '@causeway/schema/commit/commit'
import {
  type FenceLog,
  type FenceVote,
  fencedEvent,
  mergeFences,
  retiredEvent,
  withFencesOf,
} from '@causeway/schema/fence/fence-log'
import { decideFences, type Fences, heightOf } from '@causeway/schema/fence/fences'
import { apartOf, endOf } from '@causeway/schema/fence/fencing'

/**
 * The commits up to the one with which the fence before this region is decided, or with which it learns that the others have ended
 * its log before what it holds of it; none where it knows that already. `fences`: what counts then of what was said of fences; null
 * while nothing is over. Where it is, what comes after is no longer judged here.
 */
export function untilOver<Item extends { readonly commit: Commit }>(
  { fences, origin, frontier }: Pick<Head, 'fences' | 'origin' | 'frontier'>,
  accepted: readonly Item[],
  members: readonly RegionId[],
): { readonly accepted: readonly Item[]; readonly fences: FenceLog | null } {
  const overBy = (log: FenceLog): FenceLog | null => {
    if (log.retires.length === 0) return null
    return apartOf(decideFences(log, members), origin, frontier) === null ? endIn(log, origin, members) : log
  }
  const known = overBy(fences)
  if (known !== null) return { accepted: [], fences: known }
  let log = fences
  for (const [index, { commit }] of accepted.entries()) {
    if (!commit.events.some(({ type }) => type === retiredEvent || type === fencedEvent)) continue
    log = withFencesOf(log, commit)
    const over = overBy(log)
    if (over !== null) return { accepted: accepted.slice(0, index + 1), fences: over }
  }
  return { accepted, fences: null }
}

/**
 * What a region that is retired and does not know it has to keep of what a member's state tells of fences: with that it stands still,
 * too. Null where it is not retired, or knows.
 */
export function endToldBy(
  { fences, origin }: Pick<Head, 'fences' | 'origin'>,
  told: FenceLog,
  members: readonly RegionId[],
): FenceLog | null {
  const isKnown = endOf(decideFences(fences, members), origin) === 'retired'
  return isKnown ? null : endIn(mergeFences(fences, told), origin, members)
}

/**
 * Of what was said of fences, that by which the region of `origin` is retired; null where it is not. What it has said itself beyond
 * its end was never said. It may be all that keeps the end from being decided here, for it had retired one of those who agreed; and it
 * tells more of what others wrote than those hold who stay.
 */
function endIn(log: FenceLog, origin: Origin, members: readonly RegionId[]): FenceLog | null {
  const isRetired = (one: FenceLog) => endOf(decideFences(one, members), origin) === 'retired'
  const heard = heardOf(log, origin, members)
  if (heard !== null && isRetired(heard)) return heard
  return isRetired(log) ? log : null
}

/** Without what nobody has heard of those who have said how far they hold it; null where that is all of it. */
function heardOf(log: FenceLog, origin: Origin, members: readonly RegionId[]): FenceLog | null {
  const region = regionOf(origin)
  const { decided, open } = decideFences(log, members)
  const own = [...decided, ...open].find(({ target }) => target.region === region && target.before === null)
  if (own === undefined) return null
  const isHeard = ({ by, sequence }: Pick<FenceVote, 'by' | 'sequence'>) =>
    regionOf(by) !== region || sequence <= sequenceOf(own.heights, by)
  const heard = { retires: log.retires.filter(isHeard), votes: log.votes.filter(isHeard) }
  return heard.votes.length === log.votes.length ? null : heard
}

/**
 * From where on a retired region serves who asks for all after `vector`. Of a log that has ended it passes over what is no longer kept here,
 * up to `floor`: that lies beyond the end, or others have it; and the rest is brought back.
 */
export function passingEnds(fences: Fences, floor: VersionVector, vector: VersionVector): VersionVector {
  const passed = Object.entries(floor).filter(([origin]) => heightOf(fences, origin) !== null)
  return mergeVectors(vector, Object.fromEntries(passed))
}
