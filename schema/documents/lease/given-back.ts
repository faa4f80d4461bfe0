// What a device’s chain gives back of an order that some region has accepted all the same. Those units are the order’s and the
// lease’s: the origin that settles the order’s claim sells them anew on its own row, so that each counts once (S6, S8). Pure.

import type { Origin } from '../../clock/origin.ts'
import { mainLocation } from '../../stock/row.ts'
import { isOf, type OrderRecord, type PlacedLine, settledId } from '../order/facts.ts'
import type { Owed } from '../order/owed.ts'
import type { LeaseView } from './kind.ts'

const prefix = 'given-back:'

/** What an obligation names to look at a release of the chain of `lease`, once it is stable: by then every claim to its order is known. */
export function givenBackItem(lease: string, entryId: string): string {
  return `${prefix}${lease}/${entryId}`
}

/** The lease whose chain has given something back; undefined where the item is about something else. */
export function leaseGivenBackTo(item: string): string | undefined {
  return item.startsWith(prefix) ? item.slice(prefix.length, item.indexOf('/')) : undefined
}

interface KnownOrder {
  readonly id: string
  readonly facts: readonly OrderRecord[]
}

type KnownLease = Pick<LeaseView, 'id' | 'fold'>

/** Units that the order’s claim holds of the lease, the chain does not, and nobody has sold anew; whatever became of the claim since. */
export function unitsGivenBack(order: KnownOrder, { id, fold }: KnownLease): number {
  const lines = linesFrom(order, id)
  if (lines.length === 0) return 0
  let units = -(fold.orders.get(order.id) ?? 0)
  for (const { quantity } of lines) units += quantity
  for (const record of order.facts)
    if (isOf(record, 'settled') && leaseGivenBackTo(record.fact.reason) === id) units -= record.fact.sold ?? 0
  return Math.max(0, units)
}

/** What `writer` sells anew for `holder`, once for each release. */
export function owedForGivenBack(
  holder: Origin,
  order: KnownOrder,
  lease: KnownLease,
  item: string,
  writer: Origin = holder,
): Owed | null {
  const [line] = linesFrom(order, lease.id)
  const units = unitsGivenBack(order, lease)
  if (line?.lease?.origin !== holder || units === 0) return null
  const whose = writer === holder ? {} : { holder }
  const id = settledId(holder, item)
  return {
    effects: [{ sku: line.sku, location: mainLocation, sold: units }],
    fact: { id, kind: 'settled', origin: writer, ...whose, reason: item, cells: {}, sold: units },
  }
}

/** The earliest claim that names the lease holds its units, whichever claim stands. */
function linesFrom({ facts }: KnownOrder, lease: string): readonly PlacedLine[] {
  for (const record of facts) {
    const lines = isOf(record, 'placed') ? record.fact.lines.filter((line) => line.lease?.id === lease) : []
    if (lines.length > 0) return lines
  }
  return []
}
