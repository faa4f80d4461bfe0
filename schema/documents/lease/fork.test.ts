// What a region does not believe: entries of strangers, entries out of time, and a device that was copied.

import { describe, expect, it } from 'vitest'
import { orderKind } from '../order/kind.ts'
import { placeOrder } from '../order/place.ts'
import { SmallDevice } from '../testing/small-device.ts'
import { lend, level, place, stocked, viewOf } from '../testing/small-leases.ts'
import { leaseSkewMs } from './carry.ts'
import { closeLease } from './close-lease.ts'

describe('a chain that is not as it should be', () => {
  it('S6: an entry that another device signed, or that was changed on the way, is not taken', () => {
    const cluster = stocked()
    const { device } = lend(cluster)
    const eu = cluster.region('eu')
    const stranger = SmallDevice.of('till-2', viewOf(eu, device.lease.terms.id))
    stranger.sell('o1', 1)
    expect(place(eu, stranger, 'o1', 1)).toMatchObject({ errors: [{ code: 'FORBIDDEN' }] })
    device.sell('o1', 1)
    const [entry] = device.chain().entries
    const changed = {
      payload: (entry?.payload ?? '').replace('"sold":1', '"sold":9'),
      signature: entry?.signature ?? '',
    }
    const lines = [{ sku: 'mug', quantity: 9 }]
    const leases = [{ id: device.lease.terms.id, entries: [changed] }]
    expect(eu.run(placeOrder, { id: 'o1', lines, leases })).toMatchObject({ errors: [{ code: 'FORBIDDEN' }] })
  })

  it('S6: sales dated outside of the lease are refused beyond the stated skew, within it they are not', () => {
    const cluster = stocked()
    const { device } = lend(cluster)
    const eu = cluster.region('eu')
    const { terms: lent } = device.lease
    const dated = (at: number) => {
      const other = device.clone()
      other.lease = { ...other.lease, time: { ...other.lease.time, atMs: at }, terms: { ...lent, expiresAt: 10 ** 13 } }
      other.sell('o1', 1)
      return place(eu, other, 'o1', 1)
    }
    const tooLate = dated(lent.expiresAt + leaseSkewMs + 1)
    expect(tooLate).toMatchObject({ status: 'refused', errors: [{ code: 'LEASE_EXPIRED' }] })
    expect(dated(lent.opensAt - leaseSkewMs - 1)).toMatchObject({ errors: [{ code: 'LEASE_EXPIRED' }] })
    expect(dated(lent.expiresAt + leaseSkewMs).status).toBe('accepted')
  })

  it('S6: of a sale dated outside of the lease somebody is told, and staff can end the lease though its close is not taken', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    const eu = cluster.region('eu')
    const { terms } = device.lease
    device.sell('in-time', 2)
    expect(place(eu, device, 'in-time', 2).status).toBe('accepted')
    const late = { ...device.lease.time, atMs: terms.expiresAt + leaseSkewMs + 1 }
    device.lease = { ...device.lease, time: late, terms: { ...terms, expiresAt: 10 ** 13 } }
    device.sell('misdated', 3)
    const told = { deviceId: 'till-1', sku: 'mug', orders: ['misdated'] }
    expect(place(eu, device, 'misdated', 3)).toMatchObject({
      errors: [{ code: 'LEASE_EXPIRED', message: expect.stringContaining('withoutDevice') }],
      keeps: { events: [{ type: 'stock.sold-late', entityId: id, data: told }] },
    })
    device.close()
    const { entries } = device.chain()
    expect(eu.run(closeLease, { id, entries })).toMatchObject({ errors: [{ code: 'LEASE_EXPIRED' }] })
    expect(eu.run(closeLease, { id, withoutDevice: true }).status).toBe('accepted')
    cluster.quiesce()
    for (const region of cluster.regions) expect(level(region)).toMatchObject({ available: 28, leased: 0, reserved: 2 })
  })
})

describe('a device that was copied', () => {
  it('S6: two devices on one key are found out, both sales kept where the lease holds them, and nothing more is taken', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    cluster.deliverAll()
    const copy = device.clone()
    device.sell('o1', 6)
    copy.sell('o2', 7)
    expect(place(cluster.region('us'), device, 'o1', 6).status).toBe('accepted')
    expect(place(cluster.region('ap'), copy, 'o2', 7).status).toBe('accepted')
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(viewOf(region, id).fold.forks).toEqual([1])
      expect(level(region)).toMatchObject({ leased: 0, available: 20 })
    }
    device.takeBack('o1')
    device.sell('o3', 1)
    expect(place(cluster.region('eu'), device, 'o3', 1)).toMatchObject({ errors: [{ code: 'FORBIDDEN' }] })
  })

  it('S6: a copy that sells what is sold is refused, and its entries are kept as proof', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    const eu = cluster.region('eu')
    const copy = device.clone()
    device.sell('o1', 6)
    copy.sell('o2', 7)
    expect(place(eu, device, 'o1', 6).status).toBe('accepted')
    expect(place(eu, copy, 'o2', 7)).toMatchObject({ status: 'refused', errors: [{ code: 'OUT_OF_STOCK' }] })
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(viewOf(region, id).fold.forks).toEqual([1])
      expect(region.view(orderKind, 'o2')).toBeUndefined()
    }
  })

  it('S6: a sale that two copies of a device both take back comes back once', () => {
    const cluster = stocked()
    const { id, device } = lend(cluster)
    device.sell('o1', 6)
    const copy = device.clone()
    copy.passes(1_000)
    for (const each of [device, copy]) each.takeBack('o1')
    device.sell('o2', 1)
    copy.sell('o3', 1)
    cluster.deliverAll()
    expect(place(cluster.region('us'), device, 'o2', 1).status).toBe('accepted')
    expect(place(cluster.region('ap'), copy, 'o3', 1).status).toBe('accepted')
    cluster.region('eu').run(closeLease, { id, withoutDevice: true })
    cluster.quiesce()
    for (const region of cluster.regions) expect(level(region)).toMatchObject({ available: 28, leased: 0, reserved: 2 })
  })
})
