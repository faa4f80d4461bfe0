// Orders placed, shipped, cancelled and returned in several regions at once, in any interleaving: stock is never sold
// twice, whatever meets whatever.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { receiveStock } from '../../stock/commands.ts'
import { stockLevel } from '../../stock/levels.ts'
import type { Principal } from '../command.ts'
import { SmallCluster, threeRegions } from '../testing/small-cluster.ts'
import { operator, type SmallRegion } from '../testing/small-region.ts'
import { foldOrder } from './fold.ts'
import { orderKind } from './kind.ts'
import { placeOrder } from './place.ts'
import { returnOrderLines } from './return.ts'
import { cancelOrder, deliverOrder, shipOrder } from './transitions.ts'

const skus = ['mug', 'hat']

function stocked(units = 60): SmallCluster {
  const cluster = new SmallCluster(skus)
  for (const region of cluster.regions)
    region.seed({ kind: 'customer', id: 'ada', edits: [{ map: 'fields', key: 'homeRegion', value: 'eu' }] })
  for (const sku of skus) cluster.region('eu').run(receiveStock, { sku, quantity: units }, { key: `receipt-${sku}` })
  cluster.deliverAll()
  return cluster
}

function place(region: SmallRegion, id: string, quantity: number, wallMs?: number) {
  const lines = [{ sku: 'mug', quantity }]
  return region.run(placeOrder, { id, lines }, wallMs === undefined ? {} : { wallMs })
}

function level(region: SmallRegion, sku = 'mug') {
  return stockLevel(region.stock(sku))
}

describe('an order in several regions', () => {
  it('S5: the same order placed in two regions is one order, and the later region releases its units', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5, 1000)
    place(cluster.region('us'), 'o1', 5, 2000)
    cluster.quiesce()
    for (const region of cluster.regions) {
      const order = region.view(orderKind, 'o1')
      expect(order?.region).toBe('eu')
      expect(order?.timeline.map(({ region: at, accepted }) => [at, accepted])).toEqual([
        ['eu', true],
        ['us', false],
      ])
      expect(level(region)).toMatchObject({ reserved: 5, onHand: 60, available: 55 })
    }
  })

  it('S5: a region that shipped its own copy before it learned of the earlier one takes the shipment back', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5, 1000)
    place(cluster.region('us'), 'o1', 5, 2000)
    cluster.region('us').run(shipOrder, { id: 'o1' })
    cluster.quiesce()
    expect(level(cluster.region('ap'))).toMatchObject({ reserved: 0, onHand: 55, available: 55 })
  })

  it('S8: a cancellation releases nothing while a shipment made elsewhere may still be on its way', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5)
    cluster.deliverAll()
    cluster.region('eu').run(cancelOrder, { id: 'o1' })
    cluster.region('us').run(shipOrder, { id: 'o1' })
    cluster.region('eu').settle()
    expect(level(cluster.region('eu')).reserved).toBe(5)
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(region.view(orderKind, 'o1')).toMatchObject({ status: 'SHIPPED', cancelled: false })
      expect(level(region)).toMatchObject({ reserved: 0, onHand: 55, available: 55 })
    }
  })

  it('S8: a cancellation that stands gives the units back once everybody has it', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5)
    cluster.deliverAll()
    cluster.region('us').run(cancelOrder, { id: 'o1', note: 'changed my mind' })
    cluster.quiesce()
    const order = cluster.region('ap').view(orderKind, 'o1')
    expect(order).toMatchObject({ status: 'CANCELLED', cancelled: true })
    expect(order?.timeline.map(({ kind }) => kind)).toEqual(['placed', 'cancelled'])
    expect(level(cluster.region('ap'))).toMatchObject({ reserved: 0, onHand: 60, available: 60 })
  })

  it('S8: units that left with either answer to one shipment have left, and a line cancelled in part meanwhile does not bring them back', () => {
    for (const [reserving, first, second] of [
      ['eu', 'us', 'eu'],
      ['ap', 'us', 'eu'],
      ['us', 'us', 'eu'],
    ] as const) {
      const cluster = stocked()
      for (const id of ['ap', 'us'] as const) cluster.ask(id, 'mug', 5)
      cluster.deliverAll()
      expect(place(cluster.region(reserving), 'o1', 5).status).toBe('accepted')
      cluster.deliverAll()
      cluster.region(first).run(returnOrderLines, { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] })
      cluster.region(first).run(shipOrder, { id: 'o1' }, { key: 'k1' })
      cluster.region(second).run(shipOrder, { id: 'o1' }, { key: 'k1', resent: true, wallMs: 9_000 })
      cluster.quiesce()
      for (const region of cluster.regions) {
        expect(region.view(orderKind, 'o1')?.lines).toMatchObject([{ shippedQuantity: 5, returnedQuantity: 0 }])
        expect(level(region)).toMatchObject({ reserved: 0, onHand: 55, available: 55 })
      }
    }
  })

  it('S8: two regions that return the same units at once put them back once', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5)
    cluster.region('eu').run(shipOrder, { id: 'o1' })
    cluster.deliverAll()
    for (const id of ['eu', 'us'] as const)
      cluster.region(id).run(returnOrderLines, { id: 'o1', lines: [{ lineId: '1', quantity: 5 }] })
    cluster.quiesce()
    expect(cluster.region('ap').view(orderKind, 'o1')).toMatchObject({
      fulfilmentState: 'RETURNED',
      lines: [{ returnedQuantity: 5 }],
    })
    expect(level(cluster.region('ap'))).toMatchObject({ reserved: 0, onHand: 60, available: 60 })
  })
})

const customer: Principal = { subject: 'ada', roles: ['customer'], region: null }

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('place' as const), quantity: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ship' as const), again: fc.option(fc.nat(2)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deliver order' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('return' as const),
      quantity: fc.integer({ min: 1, max: 3 }),
      restock: fc.boolean(),
      resent: fc.boolean(),
      again: fc.option(fc.nat(2)),
      principal: fc.constantFrom(operator, customer),
      line: fc.constantFrom('1', '2'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('bring' as const), to: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
)
const moment = fc.record({
  step,
  at: fc.nat(2),
  order: fc.constantFrom('o1', 'o2'),
  wallMs: fc.nat(50),
  key: fc.nat(3),
})
type Moment = typeof moment extends fc.Arbitrary<infer Value> ? Value : never

function perform(cluster: SmallCluster, { step: next, at, order: id, wallMs, key }: Moment): void {
  const region = cluster.regions[at]
  if (region === undefined) return
  switch (next.do) {
    case 'place': {
      const lines = [
        { sku: 'mug', quantity: next.quantity },
        { sku: wallMs % 5 === 0 ? 'mug' : 'hat', quantity: 2 },
      ]
      region.run(placeOrder, { id, customerId: 'ada', lines }, { wallMs })
      return
    }
    case 'ship': {
      const call = { key: `ship-${id}-${key}`, wallMs }
      region.run(shipOrder, { id }, call)
      // Whoever has no answer asks another region.
      if (next.again !== null)
        cluster.regions[next.again]?.run(shipOrder, { id }, { ...call, resent: true, wallMs: wallMs + 50 })
      return
    }
    case 'deliver order':
      region.run(deliverOrder, { id }, { wallMs })
      return
    case 'cancel':
      region.run(cancelOrder, { id }, { wallMs })
      return
    case 'return': {
      const { line: lineId, quantity, restock, resent, principal } = next
      const call = { key: `return-${principal.subject}-${id}-${key}`, resent, principal, wallMs }
      const input = { id, lines: [{ lineId, quantity, restock }] }
      region.run(returnOrderLines, input, call)
      const later = { ...call, wallMs: wallMs + 50 }
      if (next.again !== null) cluster.regions[next.again]?.run(returnOrderLines, input, later)
      return
    }
    case 'bring':
      cluster.deliver(region.id, threeRegions[next.to] ?? region.id)
      return
    case 'settle':
      region.settle()
  }
}

/** What the rows must come to when every order is settled, by the standing facts alone. */
function expectedLevel(region: SmallRegion, sku: string, received: number) {
  let reserved = 0
  let onHand = received
  for (const id of ['o1', 'o2']) {
    const order = region.view(orderKind, id)
    const fold = order && foldOrder(order.facts)
    if (!fold) continue
    const writtenOff = new Map<string, number>()
    for (const record of order.facts) {
      if (record.fact.kind !== 'returned' || fold.refusals.has(record)) continue
      for (const line of record.fact.lines) {
        if (line.sku !== sku || fold.lines.get(line.lineId)?.line.sku !== sku) continue
        if (record.fact.shipped && line.restock) onHand += line.quantity
        if (!record.fact.shipped && !line.restock)
          writtenOff.set(line.lineId, (writtenOff.get(line.lineId) ?? 0) + line.quantity)
      }
    }
    for (const { line, shipped, cancelled } of fold.lines.values()) {
      if (line.sku !== sku) continue
      // Nothing is kept for an order that is shipped: what was not sent will not be.
      if (!fold.cancelled && !fold.shipped) reserved += line.quantity - shipped - cancelled
      onHand -= shipped + Math.min(line.quantity - shipped, writtenOff.get(line.id) ?? 0)
    }
  }
  return { reserved, onHand }
}

describe('any interleaving of three regions', () => {
  it('S1 S5 S8 I4: settles to what the standing facts say, and never sells more than there is', () => {
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 60, size: 'max' }), (moments) => {
        const cluster = stocked()
        for (const each of moments) {
          perform(cluster, each)
          cluster.check()
        }
        cluster.quiesce()
        for (const region of cluster.regions) {
          for (const id of ['o1', 'o2'])
            expect(region.view(orderKind, id)).toEqual(cluster.regions[0]?.view(orderKind, id))
          expect(region.duties).toEqual([])
          for (const sku of skus) {
            expect(level(region, sku)).toMatchObject(expectedLevel(region, sku, 60))
            expect(level(region, sku).available).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 400 },
    )
  })
})
