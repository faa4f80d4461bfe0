// Which facts of an order conflict when they were written at the same time, and by which rule of fold.ts. Facts that both
// stand whatever the order (two shipments, two cancellations, a delivery) do not. Knows no change.

import type { Touch } from '../conflicts/policies.ts'
import type { OrderFact, ReturnedFact } from './facts.ts'

export function touchesOfFact(fact: OrderFact): readonly Touch[] {
  switch (fact.kind) {
    case 'placed': {
      const { kind, customerId, currencyCode, lines, adjustments } = fact
      const value = { kind, customerId, currencyCode, lines: lines.map((line) => ({ ...line })), adjustments }
      return [{ path: 'placed', policy: 'earliest-claim', mark: fact.origin, value }]
    }
    case 'shipped':
      return [fulfilment('shipped', { kind: fact.kind, note: fact.note })]
    case 'cancelled':
      return [fulfilment('cancelled', { kind: fact.kind, note: fact.note })]
    case 'returned':
      // Lines that were returned before they were shipped are cancelled in part.
      return fact.shipped ? touchLines(fact) : [fulfilment('cancelled', shownReturn(fact)), ...touchLines(fact)]
    case 'delivered':
    case 'settled':
      return []
  }
}

function fulfilment(mark: string, value: Touch['value']): Touch {
  return { path: 'fulfilment', policy: 'shipment-stands', mark, value }
}

/** Two returns of a line at the same time may be more than was bought. */
function touchLines(fact: ReturnedFact): readonly Touch[] {
  const lines = new Set(fact.lines.map(({ lineId }) => lineId))
  const value = shownReturn(fact)
  return [...lines].map((line) => ({ path: `lines/${line}`, policy: 'earlier-counts-first', mark: fact.id, value }))
}

function shownReturn({ kind, lines, note }: ReturnedFact): Touch['value'] {
  return { kind, lines: lines.map((line) => ({ ...line })), note }
}
