// One order id that three regions have sold apart from each other, with other things under the same lines: one of the three is
// the order, and whatever its callers did to the other two meanwhile, every unit is sold once and none is kept for nobody.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acknowledge } from '../../stock/acknowledge.ts'
import { receiveStock } from '../../stock/commands.ts'
import { stockLevel } from '../../stock/levels.ts'
import { SmallCluster, threeRegions } from '../testing/small-cluster.ts'
import { foldOrder } from './fold.ts'
import { orderKind } from './kind.ts'
import { placeOrder } from './place.ts'
import { returnOrderLines } from './return.ts'
import { cancelOrder, shipOrder } from './transitions.ts'

const skus = ['mug', 'hat'] as const

interface Line {
  readonly sku: (typeof skus)[number]
  readonly quantity: number
}

function stocked(): SmallCluster {
  const cluster = new SmallCluster(skus)
  for (const sku of skus) cluster.region('eu').run(receiveStock, { sku, quantity: 60 }, { key: `receipt-${sku}` })
  cluster.deliverAll()
  return cluster
}

function bring(cluster: SmallCluster, from: string, to: string): void {
  while (cluster.deliver(from, to));
}

/** What a shopper is shown of the order in every region, and what is left of each SKU. */
function expectEverywhere(cluster: SmallCluster, lines: readonly object[], levels: Readonly<Record<string, object>>) {
  for (const region of cluster.regions) {
    expect(region.view(orderKind, 'o1')?.lines).toMatchObject(lines)
    for (const [sku, shown] of Object.entries(levels)) expect(stockLevel(region.stock(sku))).toMatchObject(shown)
  }
}

describe('an order that was placed apart with other things under the same lines', () => {
  it('S5 S8: a shipment leaves out what was to be kept of a claim that its region does not know to stand', () => {
    const cluster = stocked()
    const [ap, eu, us] = threeRegions.map((id) => cluster.region(id))
    ap?.run(placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 5 }] }, { wallMs: 1_000 })
    eu?.run(placeOrder, { id: 'o1', lines: [{ sku: 'hat', quantity: 5 }] }, { wallMs: 2_000 })
    us?.run(placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 5 }] }, { wallMs: 3_000 })
    us?.run(returnOrderLines, { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] }, { wallMs: 4_000 })
    // eu hears of that, and shows it; ap, whose claim stands, releases the two mugs.
    bring(cluster, 'us', 'eu')
    eu?.run(acknowledge, {})
    for (const from of ['us', 'eu']) bring(cluster, from, 'ap')
    ap?.settle()
    expect(ap && stockLevel(ap.stock('mug')).reserved).toBe(3 + 5)
    // As far as eu knows the order is five hats, and it sends them.
    eu?.run(shipOrder, { id: 'o1' }, { wallMs: 5_000 })
    cluster.quiesce()
    const mugs = { reserved: 0, onHand: 57, available: 57 }
    const line = { sku: 'mug', quantity: 5, shippedQuantity: 3, returnedQuantity: 2 }
    expectEverywhere(cluster, [line], { mug: mugs, hat: { reserved: 0, onHand: 60, available: 60 } })
  })

  it('S5: of a request to keep units, the lines count that the standing claim has', () => {
    const cluster = stocked()
    const order = (first: string) => ({
      id: 'o1',
      lines: [
        { sku: first, quantity: 4 },
        { sku: 'hat', quantity: 4 },
      ],
    })
    cluster.region('eu').run(placeOrder, order('mug'), { wallMs: 1_000 })
    cluster.region('us').run(placeOrder, order('hat'), { wallMs: 2_000 })
    const lines = ['1', '2'].map((lineId) => ({ lineId, quantity: 1 }))
    cluster.region('us').run(returnOrderLines, { id: 'o1', lines }, { wallMs: 3_000 })
    cluster.quiesce()
    const shown = [{ returnedQuantity: 0 }, { returnedQuantity: 1 }]
    expectEverywhere(cluster, shown, { mug: { reserved: 4 }, hat: { reserved: 3, onHand: 60 } })
    for (const region of cluster.regions)
      expect(region.view(orderKind, 'o1')?.timeline.map(({ kind, accepted }) => [kind, accepted])).toEqual([
        ['placed', true],
        ['placed', false],
        ['returned', true],
      ])
    cluster.region('ap').run(shipOrder, { id: 'o1' })
    cluster.quiesce()
    const sent = [{ shippedQuantity: 4 }, { shippedQuantity: 3 }]
    expectEverywhere(cluster, sent, { mug: { reserved: 0, onHand: 56 }, hat: { reserved: 0, onHand: 57 } })
  })

  it('S1 S5 S8: whatever is done to the three, the earliest is the order and every other unit is for sale', () => {
    const quantity = fc.integer({ min: 3, max: 4 })
    const line = fc.record({ sku: fc.constantFrom(...skus), quantity })
    const claimed = fc.array(line, { minLength: 2, maxLength: 2 })
    // The first region's claim is the earliest: most is done in the two others, which do not know of it.
    const [first, ...others] = threeRegions
    const place = fc.constantFrom(first, ...others, ...others, ...others)
    const part = fc.record({ lineId: fc.constantFrom('1', '2'), quantity: fc.integer({ min: 1, max: 3 }) })
    const step = fc.record({
      at: place,
      to: place,
      restock: fc.boolean(),
      parts: fc.uniqueArray(part, { minLength: 1, maxLength: 2, selector: ({ lineId }) => lineId }),
      do: fc.oneof(
        { weight: 2, arbitrary: fc.constant('bring' as const) },
        { weight: 4, arbitrary: fc.constant('tell the third' as const) },
        { weight: 1, arbitrary: fc.constant('settle' as const) },
        { weight: 4, arbitrary: fc.constant('return' as const) },
        { weight: 4, arbitrary: fc.constant('ship' as const) },
        { weight: 1, arbitrary: fc.constant('cancel' as const) },
      ),
    })
    // Two mugs are to be kept of the latest claim, and the region with the second one sends its hats.
    const lines = (sku: (typeof skus)[number]) => [sku, 'hat' as const].map((each) => ({ sku: each, quantity: 4 }))
    const done = { restock: true, parts: [{ lineId: '1' as const, quantity: 2 }] }
    const found = {
      claims: [lines('mug'), lines('hat'), lines('mug')] as [Line[], Line[], Line[]],
      steps: [
        { ...done, at: 'us' as const, to: 'us' as const, do: 'return' as const },
        { ...done, at: 'us' as const, to: 'eu' as const, do: 'tell the third' as const },
        { ...done, at: 'eu' as const, to: 'eu' as const, do: 'ship' as const },
      ],
    }
    fc.assert(
      fc.property(
        fc.tuple(claimed, claimed, claimed),
        fc.array(step, { minLength: 4, maxLength: 10, size: 'max' }),
        (claims, steps) => {
          const cluster = stocked()
          claims.forEach((lines, index) => {
            cluster.regions[index]?.run(placeOrder, { id: 'o1', lines }, { wallMs: 1_000 + index })
          })
          steps.forEach(({ at, to, restock, parts, do: next }, index) => {
            const region = cluster.region(at)
            const call = { wallMs: 2_000 + index }
            if (next === 'bring') bring(cluster, at, to)
            // What one region wrote and another has heard is stable for a third of which nobody has heard anything.
            if (next === 'tell the third' && at !== to) {
              const third = threeRegions.find((id) => id !== at && id !== to) ?? at
              bring(cluster, at, to)
              cluster.region(to).run(acknowledge, {}, call)
              for (const from of [at, to]) bring(cluster, from, third)
              cluster.region(third).settle()
            }
            if (next === 'settle') region.settle()
            if (next === 'ship') region.run(shipOrder, { id: 'o1' }, call)
            if (next === 'cancel') region.run(cancelOrder, { id: 'o1' }, call)
            if (next === 'return') {
              const lines = parts.map((each) => ({ ...each, restock }))
              region.run(returnOrderLines, { id: 'o1', lines }, call)
            }
            cluster.check()
          })
          cluster.quiesce()
          for (const region of cluster.regions) {
            expect(region.duties).toEqual([])
            const order = region.view(orderKind, 'o1')
            expect(order).toEqual(cluster.regions[0]?.view(orderKind, 'o1'))
            const fold = order && foldOrder(order.facts)
            expect(fold?.placed.region).toBe('ap')
            for (const sku of skus) {
              let [reserved, left] = [0, 60]
              for (const { line, shipped, cancelled, returned, writtenOff } of fold?.lines.values() ?? []) {
                if (line.sku !== sku) continue
                if (!fold?.cancelled) reserved += line.quantity - shipped - cancelled
                left -= shipped - returned + writtenOff
              }
              for (const { fact } of order?.facts.filter((record) => !fold?.refusals.has(record)) ?? [])
                if (fact.kind === 'returned' && fact.shipped)
                  for (const line of fact.lines) if (line.sku === sku && !line.restock) left -= line.quantity
              expect(stockLevel(region.stock(sku))).toMatchObject({
                reserved,
                onHand: left,
                available: left - reserved,
              })
            }
          }
        },
      ),
      { numRuns: 300, examples: [[found.claims, found.steps]] },
    )
  })
})
