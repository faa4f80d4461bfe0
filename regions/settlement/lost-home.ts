// A customer whom two regions created apart from each other is at home where the earlier one did. What the other one was told of him
// it may not keep: it is not his home (C12). Found where the earlier claim is applied, owed from then on, removed by whoever leads.

import type { Obligation, Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { contactKind } from '@causeway/schema/documents/contact/kind'
import { customerKind, isHomeOf } from '@causeway/schema/documents/customer/kind'
import type { DocumentRef, DocumentState } from '@causeway/schema/documents/document'
import { noReads } from '../committer/flush.ts'
import { nothingToRepair } from '../divergence/rebuild.ts'
import type { IncidentBook } from '../integrity/incident-book.ts'

interface Document extends DocumentRef {
  readonly state: DocumentState
}

/** `before`: each one's state before what is applied; undefined where there was none. */
export function lostHomes(
  region: RegionId,
  documents: readonly Document[],
  before: (at: number) => DocumentState | undefined,
): readonly Omit<Obligation, 'number'>[] {
  return documents.flatMap(({ kind, id, state }, at) => {
    if (kind !== customerKind.name || !hasLost(region, id, state)) return []
    const known = before(at)
    if (known !== undefined && hasLost(region, id, known)) return []
    return [{ subject: 'lost-home' as const, id, item: '', waitsFor: null }]
  })
}

function hasLost(region: RegionId, id: string, state: DocumentState): boolean {
  return isHomeOf(state, region) && customerKind.view(id, state)?.homeRegion !== region
}

export interface LostHomeSetting {
  readonly region: RegionId
  readonly store: Pick<Store, 'load' | 'transact'>
  readonly incidents: Pick<IncidentBook, 'raise'>
}

/** Told first: where the node dies in between the contact is there still, and all of it is done again. Throws StoreError. */
export async function leaveCustomer({ region, store, incidents }: LostHomeSetting, id: string): Promise<void> {
  const contact: DocumentRef = { kind: contactKind.name, id }
  const { documents } = await store.load({ ...noReads, documents: [contact, { kind: customerKind.name, id }] })
  const customer = documents.find(({ kind }) => kind === customerKind.name)
  if (customer === undefined || !hasLost(region, id, customer.state)) return
  if (!documents.some(({ kind }) => kind === contactKind.name)) return
  const home = customerKind.view(id, customer.state)?.homeRegion
  await incidents.raise({
    kind: 'salvage',
    subject: `contact:${id}`,
    entityIds: [id],
    detail:
      `The customer ${id} was created here while ${home} could not be reached, which had created the same one before and is the home. The name, ` +
      'addresses and tags that were given here may lie here no longer and may not be sent there, so they were removed. Ask the customer to give ' +
      `in ${home} what is missing, and resolve this incident.`,
  })
  await store.transact(({ repair }) =>
    repair({ ...nothingToRepair, removedDocuments: [contact], conflictsOf: [contact] }),
  )
}
