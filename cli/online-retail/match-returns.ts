// A cancellation names a customer, goods and a quantity, but not the invoice that it cancels. It is taken for the
// latest earlier purchases of those goods by that customer, as far as they have units that are not returned yet.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { GoodsRow } from './classify.ts'
import type { PlannedOrder } from './plan.ts'
import { addTo, type Tally } from './tally.ts'

export interface PlannedReturn {
  /** Made from the cancelling invoice and the order: the same in every run. */
  readonly key: string
  readonly invoice: string
  readonly orderId: string
  readonly region: RegionId
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[]
}

export type UnmatchedReason = 'no-customer' | 'no-earlier-purchase' | 'more-than-bought'

export const unmatchedReasons: Readonly<Record<UnmatchedReason, string>> = {
  'no-customer': 'names no customer',
  'no-earlier-purchase': 'no earlier purchase of it by that customer in this file',
  'more-than-bought': 'more units than were bought earlier in this file',
}

interface Purchase {
  readonly order: PlannedOrder
  readonly lineId: string
  remaining: number
}

export function matchReturns(
  orders: readonly PlannedOrder[],
  cancellations: readonly GoodsRow[],
): { readonly returns: readonly PlannedReturn[]; readonly unmatched: ReadonlyMap<UnmatchedReason, Tally> } {
  const purchases = indexPurchases(orders)
  const unmatched = new Map<UnmatchedReason, Tally>()
  const returns = new Map<string, { order: PlannedOrder; invoice: string; lines: Map<string, number> }>()

  for (const row of [...cancellations].sort((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0))) {
    let wanted = -row.quantity
    if (row.customer === null) {
      addTo(unmatched, 'no-customer', wanted)
      continue
    }
    const earlier = (purchases.get(purchaseKey(row.customer, row.sku)) ?? []).filter(
      (purchase) => purchase.order.placedAt <= row.at && purchase.remaining > 0,
    )
    if (earlier.length === 0) {
      addTo(unmatched, 'no-earlier-purchase', wanted)
      continue
    }
    for (const purchase of earlier.reverse()) {
      const taken = Math.min(wanted, purchase.remaining)
      if (taken === 0) break
      purchase.remaining -= taken
      wanted -= taken
      const key = `${row.invoice}:${purchase.order.invoice}`
      const planned = returns.get(key) ?? { order: purchase.order, invoice: row.invoice, lines: new Map() }
      returns.set(key, planned)
      planned.lines.set(purchase.lineId, (planned.lines.get(purchase.lineId) ?? 0) + taken)
    }
    if (wanted > 0) addTo(unmatched, 'more-than-bought', wanted)
  }

  return {
    unmatched,
    returns: [...returns].map(([key, { order, invoice, lines }]) => ({
      key: `online-retail:return:${key}`,
      invoice,
      orderId: order.id,
      region: order.region,
      lines: [...lines].map(([lineId, quantity]) => ({ lineId, quantity })),
    })),
  }
}

function indexPurchases(orders: readonly PlannedOrder[]): ReadonlyMap<string, Purchase[]> {
  const purchases = new Map<string, Purchase[]>()
  for (const order of [...orders].sort((left, right) =>
    left.placedAt < right.placedAt ? -1 : left.placedAt > right.placedAt ? 1 : 0,
  )) {
    if (order.customer === null) continue
    const number = order.customer.slice(order.customer.lastIndexOf('-') + 1)
    for (const line of order.lines) {
      const key = purchaseKey(number, line.sku)
      const list = purchases.get(key)
      const purchase = { order, lineId: line.id, remaining: line.quantity }
      if (list === undefined) purchases.set(key, [purchase])
      else list.push(purchase)
    }
  }
  return purchases
}

function purchaseKey(customer: string, sku: string): string {
  return `${customer} ${sku}`
}
