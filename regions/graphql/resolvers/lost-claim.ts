// Names that a document claims and another one holds, as they stand now: gone once either gives its claim up.

import { claimOf, pathOfClaim } from '@causeway/schema/documents/claims/lost-claim'
import type { DocumentKind } from '@causeway/schema/documents/document'
import type { RequestContext } from '../context.ts'

/** `showsHolder`: where the caller may know whose it is. */
export async function lostClaims<View extends { readonly id: string }>(
  kind: DocumentKind<View>,
  view: View,
  context: RequestContext,
  showsHolder: boolean,
) {
  const names = kind.index(view).aliases.map(({ name }) => name)
  const lost = await Promise.all(
    names.map(async (name) => {
      const holder = await context.loaders.byAlias(kind, name)
      if (holder === undefined || holder.id === view.id) return []
      const held = claimOf(holder.id, kind.index(holder).aliases, name)
      if (held === undefined) return []
      return [{ path: pathOfClaim(name), holderId: showsHolder ? holder.id : null, since: held.time.wallMs }]
    }),
  )
  return lost.flat()
}
