// Leases as a list: of all devices, or of one. Newest first, by (opensAt, id).

import { type LeaseView, leaseKind, leaseStatus } from '@causeway/schema/documents/lease/kind'
import { checkFirst, decodeCursor, encodeCursor, makePage } from '../../connection.ts'
import type { RequestContext } from '../../context.ts'
import { apiError } from '../../errors.ts'

export interface LeasesArgs {
  readonly first: number | null
  readonly after?: string | null
  readonly deviceId?: string | null
  readonly sku?: string | null
  readonly open?: boolean | null
}

export function leaseSource({ fold, records: _, ...lease }: LeaseView) {
  const chain = { lastEntry: fold.last?.entry.number ?? 0, forked: fold.forks.length > 0 }
  return { __typename: 'StockLease' as const, ...lease, ...chain }
}

export async function listLeases(args: LeasesArgs, context: RequestContext) {
  const first = checkFirst(args.first, 50)
  const owner = ownerOf(args.deviceId ?? null, context)
  const filter = {
    kind: leaseKind.name,
    ...(owner !== null && { owner }),
    ...(args.sku != null && { tag: args.sku }),
    ...(args.open != null && { status: leaseStatus(args.open) }),
  }
  const [sortKey, after] = args.after == null ? [] : decodeCursor('leases', args.after, ['string', 'string'])
  const page = after === undefined ? {} : { after: { sortKey: String(sortKey), id: String(after), rank: 0 } }
  const found = await context.view.find({ ...filter, first: first + 1, descending: true, ...page })
  context.spend(Math.min(found.length, first))
  const rows = found.flatMap(({ document }) => {
    const lease = leaseKind.view(document.id, document.state)
    return lease === undefined ? [] : [{ lease, sortKey: document.index.sortKey }]
  })
  const made = makePage(rows, first, args.after, (row) => ({
    node: leaseSource(row.lease),
    cursor: encodeCursor('leases', [row.sortKey, row.lease.id]),
  }))
  return { ...made, totalCount: () => context.view.count(filter) }
}

/** Whose leases are listed: null for everybody's, which staff alone may see. */
function ownerOf(asked: string | null, context: RequestContext): string | null {
  if (context.isStaff) return asked
  if (asked !== null && !context.sees(asked))
    throw apiError('FORBIDDEN', 'Devices see their own leases only: give your own deviceId, or none.')
  return context.principal.subject
}
