// What a region owes for reservations that it has taken over, beside its own of the same order.

import { describe, expect, it } from 'vitest'
import type { OrderFact, OrderRecord } from './facts.ts'
import { owed } from './owed.ts'

const us = 'us-east-1'
const ap = 'ap-south-1'

/** As a region reads them: by time. */
function recordsOf(...facts: readonly object[]): readonly OrderRecord[] {
  return facts.map((fact, index) => ({
    fact: fact as OrderFact,
    time: { wallMs: 1_000 + index, counter: 0 },
    region: (fact as OrderFact).origin,
  }))
}

function placed(origin: string, quantity: number): object {
  const lines = [{ id: '1', sku: 'mug', quantity, unitPrice: 250 }]
  return {
    id: `placed:${origin}`,
    kind: 'placed',
    origin,
    customerId: null,
    currencyCode: 'GBP',
    lines,
    adjustments: [],
  }
}

function settled(origin: string, reason: string, cells: object): object {
  return { id: `settled:${origin}:${reason}`, kind: 'settled', origin, reason, cells }
}

describe('what is owed for an order that several regions took', () => {
  it('S7 S8: a region that takes over the losing claim of another does not settle its own losing claim once more', () => {
    const shipped = { id: 'shipped:s', kind: 'shipped', origin: ap, except: {}, note: null }
    const records = recordsOf(
      placed('eu-west-1', 1),
      placed(us, 1),
      placed(ap, 2),
      shipped,
      settled(ap, `${ap}/shipped:s`, { shipped: { '1': 2 } }),
      settled(us, `${ap}/shipped:s`, { shipped: { '1': 1 } }),
    )
    const own = owed(ap, records, `${ap}/placed:${ap}`)
    expect(own?.effects).toEqual([expect.objectContaining({ sku: 'mug', returned: 2 })])
    expect(owed(ap, records, `${ap}/placed:${us}`)).toBeNull()
    expect(owed(ap, records, `${us}/placed:${us}`)).toBeNull()
    expect(owed(us, records, `${us}/placed:${us}`, ap)?.effects).toEqual([
      expect.objectContaining({ sku: 'mug', returned: 1 }),
    ])
  })
})
