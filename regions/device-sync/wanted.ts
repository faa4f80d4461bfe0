// A thing that a device may hold, and how it is named. Pure.

import type { DocumentRef } from '@causeway/schema/documents/document'
import type { SyncKind } from '@causeway/schema/sync/items'

/** Something that can be an item; of stock, the id is its SKU. */
export interface Wanted extends DocumentRef {
  readonly kind: SyncKind
}

export function keyOfWanted({ kind, id }: DocumentRef): string {
  return `${kind}/${id}`
}
