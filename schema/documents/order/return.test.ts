// Goods that come back: who says so, in which region, knowing of the shipment or not, once or again; and when they are sold again.

import { describe, expect, it } from 'vitest'
import { receiveStock } from '../../stock/commands.ts'
import { stockLevel } from '../../stock/levels.ts'
import type { Principal, Role } from '../command.ts'
import { SmallCluster } from '../testing/small-cluster.ts'
import type { SmallRegion } from '../testing/small-region.ts'
import { orderKind } from './kind.ts'
import { placeOrder } from './place.ts'
import { returnOrderLines } from './return.ts'
import { shipOrder } from './transitions.ts'

function stocked(): SmallCluster {
  const cluster = new SmallCluster(['mug'])
  for (const region of cluster.regions)
    region.seed({ kind: 'customer', id: 'ada', edits: [{ map: 'fields', key: 'homeRegion', value: 'eu' }] })
  cluster.region('eu').run(receiveStock, { sku: 'mug', quantity: 60 }, { key: 'receipt' })
  cluster.deliverAll()
  return cluster
}

function place(region: SmallRegion, id: string, quantity: number) {
  return region.run(placeOrder, { id, customerId: 'ada', lines: [{ sku: 'mug', quantity }] })
}

function level(region: SmallRegion) {
  return stockLevel(region.stock('mug'))
}

describe('a return', () => {
  it('I4: a return that was sent again to another region is counted once', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5)
    cluster.region('eu').run(shipOrder, { id: 'o1' })
    cluster.deliverAll()
    const input = { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] }
    cluster.region('eu').run(returnOrderLines, input, { key: 'k1' })
    cluster.region('us').run(returnOrderLines, input, { key: 'k1', resent: true })
    expect(level(cluster.region('us')).onHand).toBe(55)
    cluster.quiesce()
    expect(cluster.region('us').view(orderKind, 'o1')?.lines[0]?.returnedQuantity).toBe(2)
    expect(level(cluster.region('us')).onHand).toBe(57)
  })

  it('I4: a return whose first attempt was lost is credited when its second one is stable', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5)
    cluster.region('eu').run(shipOrder, { id: 'o1' })
    cluster.deliverAll()
    const input = { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] }
    cluster.region('us').run(returnOrderLines, input, { key: 'k1', resent: true })
    cluster.region('us').settle()
    expect(level(cluster.region('us')).onHand).toBe(55)
    cluster.quiesce()
    expect(level(cluster.region('us')).onHand).toBe(57)
  })

  it('I2: goods that came back are credited once where one answer to the return knew of the shipment and the other did not', () => {
    for (const [early, late] of [
      ['ap', 'us'],
      ['us', 'ap'],
    ] as const)
      for (const resent of [false, true]) {
        const cluster = stocked()
        place(cluster.region('eu'), 'o1', 5)
        cluster.deliverAll()
        cluster.region('eu').run(shipOrder, { id: 'o1' })
        cluster.deliver('eu', 'us')
        const input = { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] }
        expect(cluster.region(early).run(returnOrderLines, input, { key: 'k1', wallMs: 5_000 }).status).toBe('accepted')
        cluster.region(late).run(returnOrderLines, input, { key: 'k1', resent, wallMs: 9_000 })
        cluster.quiesce()
        for (const region of cluster.regions) {
          expect(region.view(orderKind, 'o1')?.lines).toMatchObject([{ shippedQuantity: 5, returnedQuantity: 2 }])
          expect(level(region)).toMatchObject({ reserved: 0, onHand: 57, available: 57 })
        }
      }
  })

  it('I2: goods that came back are credited, too, where the answer that took the return for a cancellation counts in place of another one', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5)
    cluster.deliverAll()
    const part = { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] }
    // Of two cancellations of the same two units the shipment knows the later one.
    cluster.region('ap').run(returnOrderLines, part, { key: 'k1', wallMs: 5_000 })
    cluster.region('us').run(returnOrderLines, part, { key: 'k2', wallMs: 6_000 })
    cluster.region('us').run(shipOrder, { id: 'o1' }, { wallMs: 7_000 })
    cluster.region('us').run(returnOrderLines, part, { key: 'k1', resent: true, wallMs: 8_000 })
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(region.view(orderKind, 'o1')?.lines).toMatchObject([{ shippedQuantity: 3, returnedQuantity: 4 }])
      expect(level(region)).toMatchObject({ reserved: 0, onHand: 59, available: 59 })
    }
  })

  it('units returned before shipping go back on sale, or are written off where they must not be sold', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5)
    cluster.deliverAll()
    cluster.region('us').run(returnOrderLines, { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] })
    cluster.quiesce()
    expect(level(cluster.region('eu'))).toMatchObject({ reserved: 3, onHand: 60, available: 57 })
    const lines = [{ lineId: '1', quantity: 1, restock: false }]
    cluster.region('us').run(returnOrderLines, { id: 'o1', lines })
    cluster.quiesce()
    expect(level(cluster.region('eu'))).toMatchObject({ reserved: 2, onHand: 59, available: 57 })
    cluster.region('ap').run(shipOrder, { id: 'o1' })
    cluster.quiesce()
    expect(level(cluster.region('eu'))).toMatchObject({ reserved: 0, onHand: 57, available: 57 })
  })

  const by = (role: Role): Principal => ({ subject: role === 'customer' ? 'ada' : role, roles: [role], region: null })
  const line = (quantity: number, restock?: boolean) => ({
    id: 'o1',
    lines: [{ lineId: '1', quantity, ...(restock !== undefined && { restock }) }],
  })

  function shipped(quantity: number): SmallCluster {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', quantity)
    cluster.region('eu').run(shipOrder, { id: 'o1' })
    cluster.deliverAll()
    return cluster
  }

  it('what a customer sends back counts as returned, and is sold again once staff or a till have taken it in', () => {
    for (const role of ['staff', 'operator', 'device'] as const) {
      const cluster = shipped(5)
      const customer = { principal: by('customer') }
      expect(cluster.region('us').run(returnOrderLines, line(3, true), customer).status).toBe('accepted')
      cluster.quiesce()
      const ap = cluster.region('ap')
      expect(ap.view(orderKind, 'o1')?.lines).toMatchObject([{ returnedQuantity: 3, announcedQuantity: 3 }])
      expect(level(ap)).toMatchObject({ onHand: 55, available: 55 })
      expect(ap.run(returnOrderLines, line(2), { principal: by(role) }).status).toBe('accepted')
      expect(ap.run(returnOrderLines, line(1, false), { principal: by(role) }).status).toBe('accepted')
      cluster.quiesce()
      for (const region of cluster.regions) {
        expect(region.view(orderKind, 'o1')?.lines).toMatchObject([{ returnedQuantity: 3, announcedQuantity: 0 }])
        expect(level(region)).toMatchObject({ onHand: 57, available: 57 })
      }
    }
  })

  it('more can be taken in than was announced, and an announcement keeps nothing from being taken in', () => {
    const cluster = shipped(5)
    const staff = { principal: by('staff') }
    const customer = { principal: by('customer') }
    cluster.region('us').run(returnOrderLines, line(4), { ...customer, wallMs: 5_000 })
    cluster.region('eu').run(returnOrderLines, line(3), { ...staff, wallMs: 6_000 })
    cluster.deliverAll()
    expect(cluster.region('eu').run(returnOrderLines, line(2), customer).status).toBe('refused')
    expect(cluster.region('eu').run(returnOrderLines, line(3), staff).status).toBe('refused')
    expect(cluster.region('eu').run(returnOrderLines, line(2), staff).status).toBe('accepted')
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(region.view(orderKind, 'o1')?.lines).toMatchObject([{ returnedQuantity: 5, announcedQuantity: 0 }])
      expect(level(region)).toMatchObject({ onHand: 60, available: 60 })
    }
  })

  it('S8: what a customer no longer wants before it is sent is sold again, and a customer writes nothing off', () => {
    const cluster = stocked()
    place(cluster.region('eu'), 'o1', 5)
    cluster.deliverAll()
    expect(cluster.region('us').run(returnOrderLines, line(2, false), { principal: by('customer') }).status).toBe(
      'accepted',
    )
    cluster.quiesce()
    expect(cluster.region('ap').view(orderKind, 'o1')?.lines).toMatchObject([
      { returnedQuantity: 2, announcedQuantity: 0 },
    ])
    expect(level(cluster.region('ap'))).toMatchObject({ reserved: 3, onHand: 60, available: 57 })
  })

  it('a customer returns nothing of somebody else’s order', () => {
    const cluster = shipped(5)
    const principal = { ...by('customer'), subject: 'bob' }
    expect(cluster.region('us').run(returnOrderLines, line(1), { principal })).toMatchObject({
      status: 'refused',
      errors: [{ code: 'FORBIDDEN' }],
    })
  })
})
