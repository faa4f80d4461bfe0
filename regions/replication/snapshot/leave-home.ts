// What of the documents that stay at home goes with what a region leaves behind (C12): no snapshot brings or takes them. Where
// what made a customer is left, or others hold that customer at home elsewhere, nobody could find or erase what is personal
// here any more, so it goes too. What else was written to such documents stands as it stood.

import type { Installation } from '@causeway/db/snapshots/snapshots'
import type { RegionId } from '@causeway/schema/clock/origin'
import { customerKind, isHomeOf } from '@causeway/schema/documents/customer/kind'
import type { DocumentRef } from '@causeway/schema/documents/document'
import { noReads } from '../../committer/flush.ts'
import { homeKinds } from './state-digests.ts'

/** Documents that are looked at together. */
const documentsPerPage = 500

export async function leaveHome(installation: Installation, region: RegionId): Promise<void> {
  for (let after: DocumentRef = { kind: '', id: '' }; ; ) {
    const page = await installation.after(after, homeKinds, documentsPerPage)
    const last = page.at(-1)
    if (last === undefined) return
    const owners = page.map(({ id }) => ({ kind: customerKind.name, id }))
    const { documents } = await installation.load({ ...noReads, documents: owners })
    const atHome = new Set(documents.filter(({ state }) => isHomeOf(state, region)).map(({ id }) => id))
    const left = page.filter(({ id }) => !atHome.has(id))
    if (left.length > 0) await installation.remove(left)
    after = last
  }
}
