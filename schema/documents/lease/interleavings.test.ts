// Any interleaving of three regions and two tills, one of which may be copied: no row is overspent, no unit is made or lost,
// and regions that hold the same commits show the same.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { receiveStock } from '../../stock/commands.ts'
import { stockLevel } from '../../stock/levels.ts'
import { rightsOf } from '../../stock/row.ts'
import { orderKind } from '../order/kind.ts'
import { placeOrder } from '../order/place.ts'
import { cancelOrder, shipOrder } from '../order/transitions.ts'
import { SmallCluster, threeRegions } from '../testing/small-cluster.ts'
import { SmallDevice, smallKey } from '../testing/small-device.ts'
import { closeLease } from './close-lease.ts'
import { leaseKind } from './kind.ts'
import { leaseStock } from './lease-stock.ts'

const step = fc.record({
  do: fc.constantFrom(
    'lend',
    'sell',
    'sell',
    'sell',
    'bring',
    'bring',
    'bring',
    'bring',
    'back',
    'close',
    'end',
    'copy',
    'ship',
    'cancel',
    'order',
    'settle',
    'deliver',
    'deliver',
    'deliver',
  ),
  at: fc.nat(2),
  to: fc.nat(2),
  device: fc.nat(3),
  order: fc.nat(7),
  units: fc.integer({ min: 1, max: 4 }),
  from: fc.integer({ min: 1, max: 4 }),
})

const received = 90

describe('any interleaving of regions and tills', () => {
  it('S1 S5 S6 S8: sells within the leases, returns once, and adds up to what there was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const cluster = new SmallCluster(['mug'])
        cluster.region('eu').run(receiveStock, { sku: 'mug', quantity: received }, { key: 'stock', wallMs: 10 ** 6 })
        cluster.deliverAll()
        const devices: SmallDevice[] = []
        let copied = false
        const tooLate: { readonly lease: string; readonly order: string }[] = []
        for (const [index, { do: what, at, to, device: which, order: number, units, from }] of steps.entries()) {
          const region = cluster.region(threeRegions[at] ?? 'eu')
          const device = devices[which % Math.max(1, devices.length)]
          const order = `o${number}`
          switch (what) {
            case 'lend': {
              const key = `lease-${units % 2}`
              const input = { deviceId: 'till', sku: 'mug', quantity: 10, minutes: 60, publicKey: smallKey('till') }
              const lent = region.run(leaseStock, input, { key })
              const id = lent.status === 'accepted' ? String(lent.result.id) : ''
              const view = region.view(leaseKind, id)
              if (view && !devices.some(({ lease }) => lease.terms.id === id))
                devices.push(SmallDevice.of('till', view))
              break
            }
            case 'sell':
              device?.sell(order, units)
              break
            case 'back':
              device?.takeBack(order)
              break
            case 'copy':
              if (device) devices.push(device.clone())
              copied ||= device !== undefined
              break
            case 'bring': {
              const quantity = device?.lease.orders[order] ?? 0
              if (!device || quantity === 0) break
              const input = { id: order, lines: [{ sku: 'mug', quantity }], leases: [device.chain(from)] }
              const told = region.run(placeOrder, input, { key: `key-${order}-${which}`, resent: index % 2 === 0 })
              if (
                told.status === 'refused' &&
                !told.passing &&
                told.errors.some(({ code }) => code === 'LEASE_EXPIRED')
              )
                tooLate.push({ lease: device.lease.terms.id, order })
              break
            }
            case 'order':
              region.run(placeOrder, { id: order, lines: [{ sku: 'mug', quantity: units }] }, { key: `plain-${order}` })
              break
            case 'close':
              if (!device) break
              device.close()
              region.run(closeLease, device.chain())
              break
            case 'end':
              if (device) region.run(closeLease, { id: device.lease.terms.id, withoutDevice: true })
              break
            case 'ship':
              region.run(shipOrder, { id: order })
              break
            case 'cancel':
              region.run(cancelOrder, { id: order })
              break
            case 'settle':
              region.settle()
              break
            case 'deliver':
              cluster.deliver(region.id, threeRegions[to] ?? 'eu')
              break
          }
          cluster.check()
        }
        cluster.quiesce()
        const [first] = cluster.regions
        for (const region of cluster.regions) {
          expect(region.stock('mug').map(byHolder).sort()).toEqual(first?.stock('mug').map(byHolder).sort())
          const { available, leased, reserved, onHand } = stockLevel(region.stock('mug'))
          expect(threeRegions.reduce((sum, id) => sum + cluster.region(id).rights('mug'), 0)).toBe(available)
          expect(available + leased + reserved).toBe(onHand)
          for (const { lease } of devices) {
            const view = region.view(leaseKind, lease.terms.id)
            if (view?.closed !== true) continue
            const row = region.stock('mug').find(({ holder }) => holder === view.id)
            expect(row === undefined ? 0 : rightsOf(row)).toBe(0)
          }
          // Of what was refused for good as too late, nobody had taken anything.
          if (!copied)
            for (const { lease, order } of tooLate)
              expect(region.view(leaseKind, lease)?.fold.orders.get(order)).toBeUndefined()
          if (!copied) expect(reserved + (received - onHand)).toBe(heldByOrders(region) + untold(region, devices))
        }
      }),
      { numRuns: 400 },
    )
  })
})

function byHolder(row: { readonly holder: string; readonly cells: object; readonly givenIn: number }): string {
  return JSON.stringify([row.holder, row.cells, row.givenIn])
}

type Region = SmallCluster['regions'][number]

/** Units of standing orders that were not cancelled. */
function heldByOrders(region: Region): number {
  let units = 0
  for (const key of region.states.keys()) {
    const [kind, id = ''] = key.split('/')
    const order = kind === 'order' ? region.view(orderKind, id) : undefined
    if (order && !order.cancelled) for (const { quantity } of order.lines) units += quantity
  }
  return units
}

/** Units that chains brought along for orders that have not been brought, or whose claim from a lease did not stand. */
function untold(region: Region, devices: readonly SmallDevice[]): number {
  let units = 0
  const leases = new Set(devices.map(({ lease }) => lease.terms.id))
  for (const id of leases) {
    for (const [order, sold] of region.view(leaseKind, id)?.fold.orders ?? []) {
      const claims = region.view(orderKind, order)?.facts.filter(({ fact }) => fact.kind === 'placed') ?? []
      const isTold = claims.some(
        ({ fact }) => fact.kind === 'placed' && fact.lines.some(({ lease }) => lease?.id === id),
      )
      if (!isTold) units += sold
    }
  }
  return units
}
