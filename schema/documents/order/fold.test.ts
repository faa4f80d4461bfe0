import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DocumentState, emptyState } from '../document.ts'
import { absorbFacts, type FactEvent } from '../facts.ts'
import type { OrderFact } from './facts.ts'
import { orderKind } from './kind.ts'

const regions = ['ap', 'eu', 'us'] as const
const written = fc.record({ region: fc.constantFrom(...regions), wallMs: fc.nat(20), counter: fc.nat(2) })

const fact = fc.oneof(
  written.chain((at) =>
    fc.nat(2).map((extra): readonly [OrderFact, typeof at] => [
      {
        id: `placed:${at.region}`,
        kind: 'placed',
        origin: at.region,
        customerId: null,
        currencyCode: 'GBP',
        lines: [
          { id: '1', sku: 'mug', quantity: 3 + extra, unitPrice: 250 },
          { id: '2', sku: extra === 0 ? 'hat' : 'mug', quantity: 1, unitPrice: 100 },
        ],
        adjustments: [],
        placedAt: null,
      },
      at,
    ]),
  ),
  fc
    .tuple(written, fc.nat(2), fc.nat(3))
    .map(([at, n, units]): readonly [OrderFact, typeof at] => [
      { id: `shipped:${n}`, kind: 'shipped', origin: at.region, except: units === 0 ? {} : { '1': units }, note: null },
      at,
    ]),
  fc
    .tuple(written, fc.constantFrom('delivered' as const, 'cancelled' as const), fc.nat(2))
    .map(([at, kind, n]): readonly [OrderFact, typeof at] => [
      { id: `${kind}:${n}`, kind, origin: at.region, note: null },
      at,
    ]),
  fc
    .tuple(written, fc.nat(4), fc.constantFrom('1', '2', '3'), fc.integer({ min: 1, max: 4 }), fc.boolean())
    .map(([at, n, lineId, quantity, shipped]): readonly [OrderFact, typeof at] => [
      {
        id: `returned:${n}`,
        kind: 'returned',
        origin: at.region,
        shipped,
        credited: shipped,
        ...(shipped && n === 0 && { announced: true }),
        lines: [{ lineId, sku: 'mug', quantity, restock: true }],
        note: null,
      },
      at,
    ]),
)

const facts = fc.uniqueArray(fact, {
  selector: ([{ id }, { region }]) => `${id} ${region}`,
  maxLength: 20,
})

function eventsOf(list: readonly (readonly [OrderFact, { region: string; wallMs: number; counter: number }])[]) {
  return list.map(([data, { region, wallMs, counter }]): FactEvent => ({ data, region, time: { wallMs, counter } }))
}

function absorb(events: readonly FactEvent[]): DocumentState {
  return events.reduce((state, event) => absorbFacts(state, [event]), emptyState)
}

describe('the view of an order', () => {
  it('S5: is the same for the same facts, in whatever order they came', () => {
    fc.assert(
      fc.property(
        facts.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          const view = orderKind.view('o1', absorb(eventsOf(list)))
          expect(orderKind.view('o1', absorb(eventsOf(shuffled)))).toEqual(view)
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('never counts more units back than went out, nor more out than were ordered', () => {
    fc.assert(
      fc.property(facts, (list) => {
        const view = orderKind.view('o1', absorb(eventsOf(list)))
        for (const { quantity, returnedQuantity, announcedQuantity, shippedQuantity } of view?.lines ?? []) {
          expect(shippedQuantity).toBeLessThanOrEqual(quantity)
          expect(returnedQuantity).toBeLessThanOrEqual(quantity)
          expect(announcedQuantity).toBeLessThanOrEqual(returnedQuantity)
        }
        if (view?.cancelled) expect(view.lines.every(({ shippedQuantity }) => shippedQuantity === 0)).toBe(true)
      }),
    )
  })

  it('moves up its lattice with every fact that is learned of, a cancellation overruled by a shipment aside', () => {
    const rank = { UNFULFILLED: 0, SHIPPED: 1, DELIVERED: 2, RETURNED: 3 }
    const moves = facts.map((list) => list.filter(([{ kind }]) => kind !== 'returned' && kind !== 'placed'))
    const placed = fact.filter(([{ kind }]) => kind === 'placed')
    fc.assert(
      fc.property(placed, moves, (first, list) => {
        let state = absorb(eventsOf([first]))
        let last = 0
        let units = 0
        for (const event of eventsOf(list)) {
          state = absorbFacts(state, [event])
          const view = orderKind.view('o1', state)
          const next = rank[view?.fulfilmentState ?? 'UNFULFILLED']
          expect(next).toBeGreaterThanOrEqual(last)
          last = next
          const gone = view?.lines.reduce((sum, { shippedQuantity }) => sum + shippedQuantity, 0) ?? 0
          expect(gone).toBeGreaterThanOrEqual(units)
          units = gone
        }
      }),
    )
  })

  it('keeps refused facts on the timeline and says why, causes first even within one commit', () => {
    const at = (wallMs: number, region = 'eu') => ({ wallMs, counter: 0, region })
    const line = { id: '1', sku: 'mug', quantity: 2, unitPrice: 250 }
    const placed: OrderFact = {
      id: 'placed:eu',
      kind: 'placed',
      origin: 'eu',
      customerId: 'c1',
      currencyCode: 'GBP',
      lines: [line],
      adjustments: [{ kind: 'DISCOUNT', label: 'ten off', amount: -10 }],
      placedAt: 1_291_191_960_000,
    }
    const shipped: OrderFact = { id: 'shipped:a', kind: 'shipped', origin: 'us', except: {}, note: 'van' }
    const cancelled: OrderFact = { id: 'cancelled:b', kind: 'cancelled', origin: 'eu', note: null }
    const view = orderKind.view(
      'o1',
      absorb(
        eventsOf([
          [cancelled, at(1)],
          [shipped, at(3, 'us')],
          [placed, at(1)],
        ]),
      ),
    )
    expect(view).toMatchObject({
      status: 'SHIPPED',
      paymentState: 'UNPAID',
      customerId: 'c1',
      region: 'eu',
      subtotal: { minor: 500 },
      total: { minor: 490 },
      placedAt: 1_291_191_960_000,
      timeline: [
        { kind: 'placed', accepted: true, note: null },
        { kind: 'cancelled', accepted: false, note: 'shipped at the same time' },
        { kind: 'shipped', accepted: true, note: 'van' },
      ],
    })
  })
})
