// The stock rows of leases follow from their documents (S6): worked out wherever those are written, so that no commit need
// carry them and no region can tell another one than the facts do.

import type { StockWrite } from '@causeway/db/store'
import type { Commit } from '@causeway/schema/commit/commit'
import type { DocumentRef, DocumentState } from '@causeway/schema/documents/document'
import type { EntryFact } from '@causeway/schema/documents/lease/facts'
import { leaseKind, leaseRow } from '@causeway/schema/documents/lease/kind'
import { readEntry } from '@causeway/schema/stock/lease/entry'

const entryFact = `${leaseKind.name}.entry`

/** Of those of `documents` that are leases. */
export function leaseRows(
  documents: readonly (DocumentRef & { readonly state: DocumentState })[],
): readonly StockWrite[] {
  return documents.flatMap(({ kind, id, state }) => {
    const lease = kind === leaseKind.name ? leaseKind.view(id, state) : undefined
    return lease === undefined ? [] : [leaseRow(lease)]
  })
}

/** SKUs whose lease rows a commit changes and of which it need not hold a row itself. */
export function leasedSkus(commit: Pick<Commit, 'events'>): readonly string[] {
  const skus = new Set<string>()
  for (const event of commit.events) {
    // Only an entry's data is looked at: reading it of every event would parse them all.
    if (event.type !== entryFact) continue
    const { payload } = event.data as unknown as EntryFact
    skus.add(readEntry(payload).sku)
  }
  return [...skus]
}

export function tellsOfLeases({ events }: Pick<Commit, 'events'>): boolean {
  return events.some(({ type }) => type.startsWith(`${leaseKind.name}.`))
}
