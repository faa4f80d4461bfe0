// A region that learns of its own end stands still there: what others do from then on stands on what it has not (S7). Pure.

import type { Head } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Commit } from '@causeway/schema/commit/commit'
import { type FenceLog, fencedEvent, mergeFences, retiredEvent, withFencesOf } from '@causeway/schema/fence/fence-log'
import { decideFences } from '@causeway/schema/fence/fences'
import { apartOf, endOf } from '@causeway/schema/fence/fencing'

/**
 * The commits up to the one with which the fence before this region is decided, or with which it learns that the others have ended
 * its log before what it holds of it; none where it knows that already. `isOver`: what comes after is no longer judged here.
 */
export function untilOver<Item extends { readonly commit: Commit }>(
  { fences, origin, frontier }: Pick<Head, 'fences' | 'origin' | 'frontier'>,
  accepted: readonly Item[],
  members: readonly RegionId[],
): { readonly accepted: readonly Item[]; readonly isOver: boolean } {
  const isOver = (log: Head['fences']): boolean => {
    if (log.retires.length === 0) return false
    const decided = decideFences(log, members)
    return endOf(decided, origin) === 'retired' || apartOf(decided, origin, frontier) !== null
  }
  if (isOver(fences)) return { accepted: [], isOver: true }
  let log = fences
  for (const [index, { commit }] of accepted.entries()) {
    if (!commit.events.some(({ type }) => type === retiredEvent || type === fencedEvent)) continue
    log = withFencesOf(log, commit)
    if (isOver(log)) return { accepted: accepted.slice(0, index + 1), isOver: true }
  }
  return { accepted, isOver: false }
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
  const merged = mergeFences(fences, told)
  const isOver = (log: FenceLog) => endOf(decideFences(log, members), origin) === 'retired'
  return isOver(merged) && !isOver(fences) ? merged : null
}
