// What operators have to be told about leases because of what a commit says: that a device told a sale after its lease was ended
// without it, or dated one outside of it, and that a device has signed two chains. As obligations, so that it is owed in the very transaction in which it
// becomes known and outlives the node that learned it. Pure.

import type { Obligation } from '@causeway/db/store'
import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { Commit } from '@causeway/schema/commit/commit'
import type { DocumentRef, DocumentState } from '@causeway/schema/documents/document'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { lateSaleEvent } from '@causeway/schema/documents/lease/record'

type Owed = Omit<Obligation, 'number'>

/** One for each order of a late sale that this region has refused, under whichever incarnation. */
export function lateSales(region: RegionId, { origin, events }: Pick<Commit, 'origin' | 'events'>): readonly Owed[] {
  if (regionOf(origin) !== region) return []
  const owed: Owed[] = []
  for (const event of events) {
    // Only such an event's data is looked at: reading it of every event would parse them all.
    if (event.type !== lateSaleEvent) continue
    const { orders } = event.data
    for (const order of Array.isArray(orders) ? orders : [])
      owed.push({ subject: 'late-sale', id: event.entityId, item: String(order), waitsFor: null })
  }
  return owed
}

/** Of those of `documents` that are leases. After its first fork nothing more of a lease is taken but what is under way. */
export function forkedLeases(documents: readonly (DocumentRef & { readonly state: DocumentState })[]): readonly Owed[] {
  return documents.flatMap(({ kind, id, state }) => {
    const lease = kind === leaseKind.name ? leaseKind.view(id, state) : undefined
    if (lease === undefined || lease.fold.forks.length === 0) return []
    return [{ subject: 'forked-lease' as const, id, item: '', waitsFor: null }]
  })
}
