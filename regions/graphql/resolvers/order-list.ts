// Orders as lists: all of them, or one customer's. Newest first, by (placedAt, id).

import type { DocumentQuery } from '@causeway/db/store'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { checkFirst, decodeCursor, encodeCursor, makePage } from '../connection.ts'
import type { RequestContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { orderSource } from './order-source.ts'

export interface OrdersArgs {
  readonly first: number | null
  readonly after?: string | null
  readonly customerId?: string | null
  readonly status?: string | null
}

export async function listOrders(args: OrdersArgs, context: RequestContext) {
  const first = checkFirst(args.first, 20)
  const owner = ownerOf(args.customerId ?? null, context)
  const filter = {
    kind: orderKind.name,
    ...(owner !== null && { owner }),
    ...(args.status != null && { status: args.status }),
  }
  const { view } = context
  const found = await view.find({ ...filter, first: first + 1, descending: true, ...pageAfter(args.after) })
  context.spend(Math.min(found.length, first))
  const rows = found.flatMap(({ document }) => {
    const view = orderKind.view(document.id, document.state)
    return view === undefined ? [] : [{ view, sortKey: document.index.sortKey }]
  })
  const page = makePage(rows, first, args.after, ({ view, sortKey }) => ({
    node: orderSource(view),
    cursor: encodeCursor('orders', [sortKey, view.id]),
  }))
  return { ...page, totalCount: () => view.count(filter) }
}

/** Whose orders are listed: null for everybody's, which staff alone may see. */
function ownerOf(asked: string | null, context: RequestContext): string | null {
  if (context.isStaff) return asked
  if (asked !== null && asked !== context.principal.subject) {
    throw apiError('FORBIDDEN', 'Customers see their own orders only: give your own customerId, or none.')
  }
  return context.principal.subject
}

function pageAfter(cursor: string | null | undefined): Pick<DocumentQuery, 'after'> {
  if (cursor == null) return {}
  const [sortKey, id] = decodeCursor('orders', cursor, ['string', 'string'])
  return { after: { sortKey: String(sortKey), id: String(id), rank: 0 } }
}
