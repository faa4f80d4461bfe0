// What a till takes back of an order that a region has accepted counts once: as the order’s, or as what is for sale.

import { describe, expect, it } from 'vitest'
import { receiveStock } from '../../stock/commands.ts'
import { cancelOrder, shipOrder } from '../order/transitions.ts'
import { close, lend, level, place, stocked } from '../testing/small-leases.ts'

describe('a till that takes back what an accepted order holds', () => {
  it.each([
    { fate: 'stands', run: null, before: false, onHand: 30, reserved: 4 },
    { fate: 'is cancelled afterwards', run: cancelOrder, before: false, onHand: 30, reserved: 0 },
    { fate: 'was cancelled before', run: cancelOrder, before: true, onHand: 30, reserved: 0 },
    { fate: 'is shipped afterwards', run: shipOrder, before: false, onHand: 26, reserved: 0 },
    { fate: 'was shipped before', run: shipOrder, before: true, onHand: 26, reserved: 0 },
  ])('S6 S8: its units count once where the order $fate', ({ run, before, onHand, reserved }) => {
    const cluster = stocked(30)
    const { device: till } = lend(cluster)
    cluster.deliverAll()
    till.sell('o1', 4)
    expect(place(cluster.region('us'), till, 'o1', 4).status).toBe('accepted')
    const handle = () => run && cluster.region('us').run(run, { id: 'o1' })
    if (before) {
      handle()
      cluster.quiesce()
    }
    till.takeBack('o1')
    till.close()
    expect(close(cluster.region('ap'), till).status).toBe('accepted')
    if (!before) handle()
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(region.duties).toEqual([])
      expect(level(region)).toMatchObject({ onHand, reserved, leased: 0, available: onHand - reserved })
    }
  })

  it('S1 S6 S8: units that others have bought meanwhile stay owed until some are there, and nothing is below zero', () => {
    const cluster = stocked(10)
    for (const id of ['ap', 'us']) cluster.ask('eu', 'mug', cluster.region(id).rights('mug'))
    const { device: till } = lend(cluster)
    cluster.deliverAll()
    till.sell('o1', 4)
    place(cluster.region('us'), till, 'o1', 4)
    till.takeBack('o1')
    // The till goes on with what it believes to have.
    till.sell('o2', 10)
    expect(place(cluster.region('ap'), till, 'o2', 10).status).toBe('accepted')
    cluster.quiesce()
    expect(cluster.region('eu').duties).toHaveLength(1)
    cluster.region('eu').run(receiveStock, { sku: 'mug', quantity: 9 }, { key: 'more' })
    cluster.quiesce()
    for (const region of cluster.regions) {
      expect(region.duties).toEqual([])
      expect(level(region)).toMatchObject({ onHand: 19, reserved: 14, leased: 0, available: 5 })
    }
  })
})
