// What is stable, and who owes an acknowledgement. Judged from applied commits alone, never from heartbeats. Pure.

import type { Head } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { covers, emptyVector, meetVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { membersAt } from '@causeway/schema/fence/fencing'

/** The event of a commit that says only: I have applied what its clock holds. */
export const acknowledgement = 'origin.acknowledged'

/** What every member has shown to hold, but those that left and whose last word is applied (S7): the greatest vector that all their clocks cover. */
export function stableVector(
  head: Pick<Head, 'memberClocks' | 'frontier' | 'region' | 'fences'>,
  members: readonly RegionId[],
): VersionVector {
  let stable = head.frontier
  for (const member of membersAt(head, members)) {
    if (member !== head.region) stable = meetVectors(stable, head.memberClocks[member] ?? emptyVector)
  }
  return stable
}

export function isStable(
  head: Pick<Head, 'memberClocks' | 'frontier' | 'region' | 'fences'>,
  members: readonly RegionId[],
  position: { readonly origin: Origin; readonly sequence: number },
): boolean {
  return sequenceOf(stableVector(head, members), position.origin) >= position.sequence
}

/**
 * True where this region has applied more than acknowledgements since its own last commit. Acknowledgements are not
 * acknowledged, or they would never end.
 */
export function owesAcknowledgement(head: Pick<Head, 'memberClocks' | 'significant' | 'region'>): boolean {
  return !covers(head.memberClocks[head.region] ?? emptyVector, head.significant)
}
