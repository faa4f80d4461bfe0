// A region that learns of its own end stands still there: what others do from then on stands on what it has not (S7). Pure.

import type { Head } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Commit } from '@causeway/schema/commit/commit'
import { fencedEvent, retiredEvent, withFencesOf } from '@causeway/schema/fence/fence-log'
import { decideFences } from '@causeway/schema/fence/fences'
import { endOf } from '@causeway/schema/fence/fencing'

/** The commits up to the one with which the fence before this region is decided; none where it is already. */
export function untilRetired<Item extends { readonly commit: Commit }>(
  { fences, origin }: Pick<Head, 'fences' | 'origin'>,
  accepted: readonly Item[],
  members: readonly RegionId[],
): readonly Item[] {
  const isRetired = (log: Head['fences']) =>
    log.retires.length > 0 && endOf(decideFences(log, members), origin) === 'retired'
  if (isRetired(fences)) return []
  let log = fences
  for (const [index, { commit }] of accepted.entries()) {
    if (!commit.events.some(({ type }) => type === retiredEvent || type === fencedEvent)) continue
    log = withFencesOf(log, commit)
    if (isRetired(log)) return accepted.slice(0, index + 1)
  }
  return accepted
}
