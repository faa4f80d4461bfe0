// What is stable, and who owes an acknowledgement. Judged from applied commits alone, never from heartbeats. Pure.

import type { Head } from '@causeway/db/store'
import { incarnationOf, type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { covers, emptyVector, meetVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Commit } from '@causeway/schema/commit/commit'
import { decideFences } from '@causeway/schema/fence/fences'
import { membersAt } from '@causeway/schema/fence/fencing'

/** The event of a commit that says only: I have applied what its clock holds. */
export const acknowledgement = 'origin.acknowledged'

/**
 * What every member has shown to hold, but those that left and whose last word is applied (S7): the greatest vector that all their clocks
 * cover. Nothing, while a member goes on from an older copy and it is not agreed, and applied, how far its log went before (W8): it
 * shows what it has heard of since, and somebody may hold what it wrote before it had, and has forgotten.
 */
export function stableVector(
  head: Pick<Head, 'memberClocks' | 'frontier' | 'region' | 'fences'>,
  members: readonly RegionId[],
): VersionVector {
  let stable = head.frontier
  for (const member of membersAt(head, members)) {
    if (!isLogAgreed(head, members, member)) return emptyVector
    if (member !== head.region) stable = meetVectors(stable, head.memberClocks[member] ?? emptyVector)
  }
  return stable
}

function isLogAgreed(
  { frontier, fences }: Pick<Head, 'frontier' | 'fences'>,
  members: readonly RegionId[],
  region: RegionId,
): boolean {
  let newest = 1
  for (const origin in frontier) if (regionOf(origin) === region) newest = Math.max(newest, incarnationOf(origin))
  if (newest === 1) return true
  const { decided } = decideFences(fences, members)
  return decided.some(
    ({ target, heights }) => target.region === region && target.before === newest && covers(frontier, heights),
  )
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

/** Facts that are settled, if at all, as soon as they are applied: nobody waits for them to be stable, but for a claim from a lease that lost. */
const unhurried: ReadonlySet<string> = new Set([
  acknowledgement,
  'cart.updated',
  'command.accepted',
  'contact.updated',
  'customer.created',
  'order.delivered',
  'order.placed',
  'order.settled',
  'product.created',
  'product.updated',
  'stock.given',
  'stock.moved',
  'stock.received',
])

/**
 * True where somebody may wait for the commit to be stable: for what may stand or fall until then (S8, S6, I4), for a refusal to be
 * final (I3), for a fence (S7). Of what is not known here, somebody may.
 */
export function isAwaited({ events, outcomes }: Pick<Commit, 'events' | 'outcomes'>): boolean {
  return outcomes.some(({ accepted, resent }) => !accepted || resent) || events.some(({ type }) => !unhurried.has(type))
}
