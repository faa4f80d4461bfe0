// Orders as the API shows them: a view of their facts. Everywhere; facts alone, so that no document is built to apply
// one. Knows no stock.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import { addMoney, type Money, sumMoney, sumProducts } from '../../money/money.ts'
import type { DocumentKind } from '../document.ts'
import { factsMap } from '../fact-change.ts'
import { type AdjustmentKind, type OrderFact, type OrderRecord, readFacts } from './facts.ts'
import { foldOrder, type LineProgress, type OrderFold } from './fold.ts'
import { touchesOfFact } from './touches.ts'

/** The furthest of these that the order has reached, CANCELLED first. */
export type OrderStatus = 'PLACED' | 'PAID' | 'SHIPPED' | 'DELIVERED' | 'CANCELLED' | 'REFUNDED'
/** Grows with facts of payment, which are not made yet: every order is UNPAID until they are. */
export type OrderPaymentState = 'UNPAID' | 'AUTHORIZED' | 'PAID' | 'PARTIALLY_REFUNDED' | 'REFUNDED'
export type FulfilmentState = 'UNFULFILLED' | 'SHIPPED' | 'DELIVERED' | 'RETURNED'

export interface OrderLineView {
  readonly id: string
  readonly sku: string
  readonly quantity: number
  /** Units that came back, and units that were returned before they had been shipped. */
  readonly returnedQuantity: number
  /** Of those, units that the customer says come back, and nobody has taken in yet. */
  readonly announcedQuantity: number
  readonly shippedQuantity: number
  readonly unitPrice: Money
}

export interface OrderTimelineEntry {
  readonly kind: string
  readonly at: HybridTime
  readonly region: RegionId
  readonly accepted: boolean
  readonly note: string | null
}

export interface OrderView {
  readonly id: string
  readonly status: OrderStatus
  readonly paymentState: OrderPaymentState
  readonly fulfilmentState: FulfilmentState
  readonly cancelled: boolean
  readonly customerId: string | null
  /** Where the standing claim was placed. */
  readonly region: RegionId
  readonly lines: readonly OrderLineView[]
  readonly subtotal: Money
  readonly adjustments: readonly { readonly kind: AdjustmentKind; readonly label: string; readonly amount: Money }[]
  readonly total: Money
  /** Milliseconds since the epoch. */
  readonly placedAt: number
  /** In causal order; what origins did about their stock is left out. */
  readonly timeline: readonly OrderTimelineEntry[]
  /** What the view was computed from, in the order of `readFacts`. */
  readonly facts: readonly OrderRecord[]
}

export const orderKind: DocumentKind<OrderView> = {
  name: 'order',
  maps: [factsMap],
  texts: [],
  factsOnly: true,
  named: false,
  home: false,
  touches: (_, __, value) => (value === undefined ? [] : touchesOfFact(value as unknown as OrderFact)),
  view: (id, state) => viewOrder(id, readFacts(state)),
  index: (order) => ({
    // Fixed width up to the year 4000 and beyond, so that text sorts as the times do.
    sortKey: order.placedAt.toString(36).padStart(9, '0'),
    owner: order.customerId,
    status: order.status,
    tags: [],
    aliases: [],
    searchText: [],
  }),
}

/** `facts` in the order of `readFacts`. */
export function viewOrder(id: string, facts: readonly OrderRecord[]): OrderView | undefined {
  const fold = foldOrder(facts)
  if (fold === undefined) return undefined
  const { currencyCode, customerId, lines, adjustments, placedAt } = fold.placed.fact
  const money = (minor: number): Money => ({ minor, currencyCode })
  const subtotal = sumProducts(lines, currencyCode)
  const paymentState = 'UNPAID'
  const fulfilmentState = fulfilmentOf(fold)
  return {
    id,
    status: statusOf(fold, paymentState, fulfilmentState),
    paymentState,
    fulfilmentState,
    cancelled: fold.cancelled,
    customerId,
    region: fold.placed.region,
    lines: [...fold.lines.values()].map((progress) => viewLine(progress, currencyCode)),
    subtotal,
    adjustments: adjustments.map(({ kind, label, amount }) => ({ kind, label, amount: money(amount) })),
    total: addMoney(
      subtotal,
      sumMoney(
        adjustments.map(({ amount }) => money(amount)),
        currencyCode,
      ),
    ),
    placedAt: placedAt ?? fold.placed.time.wallMs,
    timeline: timelineOf(facts, fold),
    facts,
  }
}

function viewLine(
  { line, shipped, cancelled, returned, announced }: LineProgress,
  currencyCode: string,
): OrderLineView {
  return {
    id: line.id,
    sku: line.sku,
    quantity: line.quantity,
    returnedQuantity: cancelled + returned,
    announcedQuantity: announced,
    shippedQuantity: shipped,
    unitPrice: { minor: line.unitPrice, currencyCode },
  }
}

function fulfilmentOf({ lines, shipped, delivered }: OrderFold): FulfilmentState {
  let isReturned = true
  for (const { line, cancelled, returned } of lines.values())
    if (cancelled + returned < line.quantity) isReturned = false
  if (isReturned) return 'RETURNED'
  return delivered ? 'DELIVERED' : shipped ? 'SHIPPED' : 'UNFULFILLED'
}

function statusOf(fold: OrderFold, payment: OrderPaymentState, fulfilment: FulfilmentState): OrderStatus {
  if (fold.cancelled) return 'CANCELLED'
  if (payment === 'REFUNDED') return 'REFUNDED'
  if (fold.delivered || (fold.shipped && fulfilment === 'RETURNED')) return 'DELIVERED'
  if (fold.shipped) return 'SHIPPED'
  return payment === 'PAID' || payment === 'PARTIALLY_REFUNDED' ? 'PAID' : 'PLACED'
}

function timelineOf(facts: readonly OrderRecord[], { refusals }: OrderFold): readonly OrderTimelineEntry[] {
  return facts.flatMap((record) => {
    const { fact, time, region } = record
    if (fact.kind === 'settled') return []
    const refusal = refusals.get(record)
    const note = 'note' in fact ? fact.note : null
    return [{ kind: fact.kind, at: time, region, accepted: refusal === undefined, note: refusal ?? note }]
  })
}
