// Finds claims of this origin's region, to a SKU or an email, that an earlier one from elsewhere beats: the region owes
// whoever made them a word. Pure.

import type { Obligation, StoredDocument } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { claimOf, isEarlier } from '@causeway/schema/documents/claims/lost-claim'
import type { DocumentIndex } from '@causeway/schema/documents/document'

/** A document that remote commits have changed, before and after. */
export interface ChangedIndex {
  readonly kind: string
  readonly id: string
  readonly before: DocumentIndex | undefined
  readonly after: DocumentIndex
}

/** Names that a document claims and did not claim before; under the same claim it is the same one. */
function newNames({ before, after }: ChangedIndex): readonly string[] {
  if (after.aliases.length === 0) return []
  const held = new Set(before?.aliases.map(({ name }) => name))
  return after.aliases.flatMap(({ name }) => (held.has(name) ? [] : [name]))
}

export function claimedNames(changed: readonly ChangedIndex[]): readonly string[] {
  return [...new Set(changed.flatMap(newNames))]
}

/** `standing`: for each name the document that held it until now. */
export function lostClaims(
  region: RegionId,
  changed: readonly ChangedIndex[],
  standing: readonly { readonly alias: string; readonly document: StoredDocument }[],
): readonly Omit<Obligation, 'number'>[] {
  const holders = new Map(standing.map(({ alias, document }) => [alias, document]))
  return changed.flatMap((document) =>
    newNames(document).flatMap((name) => {
      const holder = holders.get(name)
      if (holder === undefined || holder.kind !== document.kind || holder.id === document.id) return []
      const own = claimOf(holder.id, holder.index.aliases, name)
      const theirs = claimOf(document.id, document.after.aliases, name)
      if (own?.region !== region || theirs === undefined || !isEarlier(theirs, own)) return []
      return [{ subject: 'claim' as const, id: `${holder.kind}/${holder.id}`, item: name, waitsFor: null }]
    }),
  )
}
