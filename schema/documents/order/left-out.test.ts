// Units of an order that a shipment left out: several regions ask for some to be kept at once, and the region that ships knows
// of a part of that. They are sold again once, and none stays reserved.

import { describe, expect, it } from 'vitest'
import { acknowledge } from '../../stock/acknowledge.ts'
import { receiveStock } from '../../stock/commands.ts'
import { stockLevel } from '../../stock/levels.ts'
import { SmallCluster } from '../testing/small-cluster.ts'
import type { SmallRegion } from '../testing/small-region.ts'
import { orderKind } from './kind.ts'
import { placeOrder } from './place.ts'
import { returnOrderLines } from './return.ts'
import { shipOrder } from './transitions.ts'

function stocked(): SmallCluster {
  const cluster = new SmallCluster(['mug', 'hat'])
  for (const sku of ['mug', 'hat'])
    cluster.region('eu').run(receiveStock, { sku, quantity: 60 }, { key: `receipt-${sku}` })
  cluster.deliverAll()
  for (const sku of ['mug', 'hat']) cluster.ask('us', sku, 5)
  cluster.deliverAll()
  return cluster
}

function level(region: SmallRegion) {
  return stockLevel(region.stock('mug'))
}

describe('what a shipment leaves out', () => {
  it('S8: what a shipment left out is sold again, once, whichever cancellations its region had heard of', () => {
    for (const restock of [true, false])
      for (const early of [true, false]) {
        const cluster = stocked()
        cluster.region('eu').run(placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 5 }] })
        cluster.deliverAll()
        const part = (quantity: number) => ({ id: 'o1', lines: [{ lineId: '1', quantity, restock }] })
        cluster.region('ap').run(returnOrderLines, part(1), { wallMs: 5_000 })
        cluster.region('us').run(returnOrderLines, part(4), { wallMs: 6_000 })
        if (early) {
          // The region that reserved settles the later cancellation before it hears of the shipment.
          for (const to of ['eu', 'ap'] as const) while (cluster.deliver('us', to));
          cluster.region('ap').run(acknowledge, {})
          while (cluster.deliver('ap', 'eu'));
          cluster.region('eu').settle()
          expect(level(cluster.region('eu')).reserved).toBe(1)
        }
        cluster.region('us').run(shipOrder, { id: 'o1' }, { wallMs: 7_000 })
        cluster.quiesce()
        for (const region of cluster.regions) {
          expect(region.view(orderKind, 'o1')?.lines).toMatchObject([{ shippedQuantity: 1, returnedQuantity: 4 }])
          const left = restock ? 59 : 55
          expect(level(region)).toMatchObject({ reserved: 0, onHand: left, available: left })
        }
      }
  })

  it('S8: a shipment leaves out all that was asked for, though that was more than the claim its region knew had of the line', () => {
    const cluster = stocked()
    cluster.region('eu').run(placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 8 }] }, { wallMs: 1_000 })
    const smaller = [
      { sku: 'mug', quantity: 3 },
      { sku: 'hat', quantity: 2 },
    ]
    cluster.region('us').run(placeOrder, { id: 'o1', lines: smaller }, { wallMs: 2_000 })
    while (cluster.deliver('us', 'ap'));
    for (const id of ['ap', 'us'] as const)
      cluster.region(id).run(returnOrderLines, { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] }, { wallMs: 3_000 })
    while (cluster.deliver('us', 'ap'));
    while (cluster.deliver('ap', 'us'));
    for (const id of ['ap', 'us'] as const) cluster.region(id).run(acknowledge, {})
    for (const id of ['us', 'ap', 'us'] as const) while (cluster.deliver(id, 'eu'));
    // Both cancellations are stable in the region whose claim stands, and its units are on sale again.
    cluster.region('eu').settle()
    expect(level(cluster.region('eu')).reserved).toBe(8 - 4 + 3)
    cluster.region('us').run(shipOrder, { id: 'o1' }, { wallMs: 4_000 })
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(region.view(orderKind, 'o1')?.lines).toMatchObject([{ shippedQuantity: 4, returnedQuantity: 4 }])
      expect(level(region)).toMatchObject({ reserved: 0, onHand: 56, available: 56 })
    }
  })
})
