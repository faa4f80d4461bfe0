// Leases in several regions: a till's sales count once wherever they are brought, what is left comes back once, and no
// device, clock or order of arrival sells a unit twice.

import { describe, expect, it } from 'vitest'
import { receiveStock } from '../../stock/commands.ts'
import { giveRights } from '../../stock/give-rights.ts'
import type { Principal } from '../command.ts'
import { orderKind } from '../order/kind.ts'
import { placeOrder } from '../order/place.ts'
import { cancelOrder, shipOrder } from '../order/transitions.ts'
import { threeRegions } from '../testing/small-cluster.ts'
import { close, lend, level, place, stocked, viewOf } from '../testing/small-leases.ts'
import { closeLease } from './close-lease.ts'

describe('stock lent to a device', () => {
  it('S6: lent units leave the rights of the region that lends them and are nobody else’s', () => {
    const cluster = stocked()
    lend(cluster)
    cluster.deliverAll()
    expect(cluster.region('eu').rights('mug')).toBe(0)
    for (const region of cluster.regions) expect(level(region)).toMatchObject({ available: 20, leased: 10, onHand: 30 })
  })

  it('S6: one till’s sales brought to two regions add up', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    cluster.deliverAll()
    device.sell('o1', 2)
    expect(place(cluster.region('us'), device, 'o1', 2).status).toBe('accepted')
    device.sell('o2', 3)
    expect(place(cluster.region('ap'), device, 'o2', 3).status).toBe('accepted')
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(viewOf(region, id)).toMatchObject({ sold: 5, closed: false })
      expect(level(region)).toMatchObject({ available: 20, leased: 5, reserved: 5 })
    }
  })

  it('S6: the same sale brought to three regions at once is one order and one reservation', () => {
    const cluster = stocked()
    const { device } = lend(cluster)
    cluster.deliverAll()
    device.sell('o1', 4)
    for (const region of cluster.regions) expect(place(region, device, 'o1', 4).status).toBe('accepted')
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(level(region)).toMatchObject({ available: 20, leased: 6, reserved: 4 })
      expect(region.view(orderKind, 'o1')?.facts.filter(({ fact }) => fact.kind === 'settled')).toEqual([])
    }
  })

  it('S6: a gap in the chain is asked for, and the sale is taken once it is filled', () => {
    const cluster = stocked()
    const { device } = lend(cluster)
    cluster.deliverAll()
    device.sell('o1', 1)
    device.sell('o2', 1)
    const us = cluster.region('us')
    expect(place(us, device, 'o2', 1, 2)).toMatchObject({
      status: 'refused',
      passing: 'refused',
      errors: [{ leaseEntry: 1 }],
    })
    expect(place(us, device, 'o2', 1, 1).status).toBe('accepted')
  })

  it('S6: an order holds as many units as the chain says for it, no more and no fewer', () => {
    const cluster = stocked()
    const { device } = lend(cluster)
    device.sell('o1', 2)
    expect(place(cluster.region('eu'), device, 'o1', 3)).toMatchObject({
      status: 'refused',
      errors: [{ code: 'INVALID' }],
    })
  })

  it('S6: what the device signed as closed comes back once every region knows it, and nothing before', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    cluster.deliverAll()
    device.sell('o1', 3)
    device.close()
    expect(close(cluster.region('us'), device).status).toBe('accepted')
    cluster.region('us').settle()
    cluster.deliver('us', 'eu')
    cluster.region('eu').settle()
    expect(level(cluster.region('eu'))).toMatchObject({ leased: 7, available: 20 })
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(viewOf(region, id)).toMatchObject({ sold: 3, closed: true })
      expect(level(region)).toMatchObject({ available: 27, leased: 0, reserved: 3 })
    }
    expect(cluster.region('eu').rights('mug')).toBe(7)
  })

  it('S6: nothing comes back because time has passed', () => {
    const cluster = stocked()
    lend(cluster)
    cluster.region('eu').run(receiveStock, { sku: 'hat', quantity: 1 }, { key: 'later', wallMs: 10 ** 12 })
    cluster.quiesce()
    expect(level(cluster.region('eu'))).toMatchObject({ leased: 10, available: 20 })
  })

  it('S6: a lease without a key is closed by staff at once, for nobody can have sold from it', () => {
    const cluster = stocked()
    const { id } = lend(cluster, 'eu', 'lease-1', null)
    expect(cluster.region('eu').run(closeLease, { id }).status).toBe('accepted')
    expect(level(cluster.region('eu'))).toMatchObject({ leased: 0, available: 30 })
    expect(cluster.region('eu').rights('mug')).toBe(10)
  })

  it('S6: without the device’s word staff must say that they bear the risk, and a device cannot', () => {
    const cluster = stocked()
    const { id } = lend(cluster)
    const eu = cluster.region('eu')
    const till: Principal = { subject: 'till-1', roles: ['device'], region: null }
    expect(eu.run(closeLease, { id })).toMatchObject({ status: 'refused', errors: [{ code: 'ILLEGAL_TRANSITION' }] })
    expect(eu.run(closeLease, { id, withoutDevice: true }, { principal: till }).status).toBe('refused')
    expect(eu.run(closeLease, { id, withoutDevice: true }).status).toBe('accepted')
    cluster.quiesce()
    expect(level(eu)).toMatchObject({ leased: 0, available: 30 })
  })

  it.each(['us', 'eu'])('S6: a sale taken elsewhere while staff end the lease in %s is not given back', (id) => {
    const cluster = stocked()
    const { id: lease, device } = lend(cluster)
    cluster.deliverAll()
    device.sell('o1', 6)
    cluster.region(id).run(closeLease, { id: lease, withoutDevice: true })
    expect(place(cluster.region('ap'), device, 'o1', 6).status).toBe('accepted')
    cluster.quiesce()
    for (const region of cluster.regions) expect(level(region)).toMatchObject({ available: 24, leased: 0, reserved: 6 })
  })

  it('S6: what the device tells after staff have ended the lease is refused', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    device.sell('o1', 6)
    cluster.region('eu').run(closeLease, { id, withoutDevice: true })
    cluster.quiesce()
    const told = { deviceId: 'till-1', sku: 'mug', orders: ['o1'] }
    expect(place(cluster.region('eu'), device, 'o1', 6)).toMatchObject({
      errors: [{ code: 'LEASE_EXPIRED' }],
      keeps: { events: [{ type: 'stock.sold-late', entityId: id, data: told }] },
    })
    const entries = device.chain().entries.map((entry) => ({ ...entry, signature: 'A'.repeat(86) }))
    const forged = { id: 'o1', lines: [{ sku: 'mug', quantity: 6 }], leases: [{ id, entries }] }
    const refused = cluster.region('eu').run(placeOrder, forged, { key: 'another' })
    expect(refused).toMatchObject({ errors: [{ code: 'LEASE_EXPIRED' }] })
    expect(refused).not.toHaveProperty('keeps')
  })

  it('S6: while another region may have taken what the device tells after the end, it is not refused; then it stands', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    cluster.deliverAll()
    device.sell('o1', 2)
    device.sell('o2', 3)
    // The sale of o2 brings the entry of o1 along, in a region that has not heard of the end.
    expect(place(cluster.region('ap'), device, 'o2', 3).status).toBe('accepted')
    cluster.region('eu').run(closeLease, { id, withoutDevice: true })
    cluster.deliver('eu', 'us')
    for (const at of ['eu', 'us'])
      expect(place(cluster.region(at), device, 'o1', 2)).toMatchObject({ status: 'refused', passing: 'pending' })
    cluster.quiesce()
    expect(place(cluster.region('us'), device, 'o1', 2).status).toBe('accepted')
    cluster.quiesce()
    for (const region of cluster.regions) expect(level(region)).toMatchObject({ available: 25, leased: 0, reserved: 5 })
  })

  it('S6: what nobody had taken is refused once the end is settled, and its units are for sale', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    device.sell('o1', 10)
    cluster.region('eu').run(closeLease, { id, withoutDevice: true })
    expect(place(cluster.region('eu'), device, 'o1', 10)).toMatchObject({ passing: 'pending' })
    cluster.quiesce()
    expect(place(cluster.region('ap'), device, 'o1', 10)).toMatchObject({ errors: [{ code: 'LEASE_EXPIRED' }] })
    for (const region of cluster.regions) expect(level(region)).toMatchObject({ available: 30, leased: 0, reserved: 0 })
  })

  it('S6: a lease opened twice because its answer was lost lends once', () => {
    const cluster = stocked()
    const first = lend(cluster, 'eu')
    const second = lend(cluster, 'us')
    expect(second.id).toBe(first.id)
    cluster.quiesce()
    for (const region of cluster.regions) expect(level(region)).toMatchObject({ available: 20, leased: 10 })
    second.device.sell('o1', 10)
    expect(place(cluster.region('ap'), second.device, 'o1', 10).status).toBe('accepted')
    second.device.close()
    close(cluster.region('ap'), second.device)
    cluster.quiesce()
    for (const region of cluster.regions)
      expect(level(region)).toMatchObject({ available: 20, leased: 0, reserved: 10 })
  })

  it('S6 S8: a sale told in each of two regions that lent the same lease holds its units once', () => {
    for (const [first, then] of [['eu', 'us'] as const, ['us', 'eu'] as const]) {
      const cluster = stocked()
      const { device } = lend(cluster, first)
      lend(cluster, then)
      device.sell('o1', 4)
      // Each names itself as the lender of the units.
      for (const id of [first, then]) expect(place(cluster.region(id), device, 'o1', 4).status).toBe('accepted')
      cluster.quiesce()
      for (const region of cluster.regions)
        expect(level(region)).toMatchObject({ available: 20, leased: 6, reserved: 4, onHand: 30 })
      cluster.region('ap').run(cancelOrder, { id: 'o1' })
      cluster.quiesce()
      for (const region of cluster.regions)
        expect(level(region)).toMatchObject({ available: 24, leased: 6, reserved: 0, onHand: 30 })
    }
  })

  it('S6: what a refused order held is taken back by the device and sold again', () => {
    const cluster = stocked()
    const { device } = lend(cluster)
    const eu = cluster.region('eu')
    device.sell('o1', 10)
    device.takeBack('o1')
    device.sell('o2', 10)
    expect(place(eu, device, 'o1', 10)).toMatchObject({ errors: [{ code: 'INVALID' }] })
    expect(place(eu, device, 'o2', 10).status).toBe('accepted')
    expect(level(eu)).toMatchObject({ leased: 0, reserved: 10, available: 20 })
  })

  it('S8: units that a till sold are shipped and released once, whichever regions are asked', () => {
    const cluster = stocked()
    const { device } = lend(cluster)
    cluster.deliverAll()
    device.sell('o1', 2)
    device.sell('o2', 3)
    place(cluster.region('us'), device, 'o1', 2)
    place(cluster.region('ap'), device, 'o2', 3)
    cluster.quiesce()
    for (const region of [cluster.region('us'), cluster.region('ap')]) region.run(shipOrder, { id: 'o1' })
    for (const region of [cluster.region('us'), cluster.region('eu')]) region.run(cancelOrder, { id: 'o2' })
    cluster.quiesce()
    for (const region of cluster.regions)
      expect(level(region)).toEqual({
        ...level(cluster.region('eu')),
        onHand: 28,
        reserved: 0,
        available: 23,
        leased: 5,
      })
  })

  it.each([
    ['us', 'ap'],
    ['ap', 'us'],
    ['us', 'eu'],
    ['eu', 'us'],
  ])(
    'S5: of a till’s order in us and another claim to its id one stands, the other’s units are released: %s, %s',
    (...order) => {
      const cluster = stocked()
      const { device } = lend(cluster)
      cluster.deliverAll()
      cluster.region('us').run(giveRights, { requestId: 'r', to: 'eu', items: [{ sku: 'mug', units: 10 }] })
      cluster.deliverAll()
      device.sell('o1', 2)
      for (const [index, id] of order.entries()) {
        const region = cluster.region(id)
        region.run(receiveStock, { sku: 'hat', quantity: 1 }, { key: `tick-${id}`, wallMs: 2_000_000 + index })
        const lines = [{ sku: 'mug', quantity: 5 }]
        const placed = id === 'us' ? place(region, device, 'o1', 2) : region.run(placeOrder, { id: 'o1', lines })
        expect(placed.status).toBe('accepted')
      }
      cluster.quiesce()
      const standing = order[0] === 'us' ? 2 : 5
      for (const region of cluster.regions) {
        expect(region.view(orderKind, 'o1')?.lines[0]?.quantity).toBe(standing)
        expect(level(region)).toMatchObject({ leased: 8, reserved: standing, available: 22 - standing })
      }
    },
  )

  it.each(threeRegions)('a lease that %s has not heard of yet is not refused for good', (id) => {
    const cluster = stocked()
    const { device } = lend(cluster)
    device.sell('o1', 1)
    const decision = place(cluster.region(id), device, 'o1', 1)
    if (id === 'eu') expect(decision.status).toBe('accepted')
    else expect(decision).toMatchObject({ status: 'refused', passing: 'refused' })
  })
})
