// A till that has sold all of its lease takes a sale back and sells its units again, while regions are apart and one of them
// ends the lease: no region refuses for good what another one has taken, and every sale has an outcome in the end.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unitsLeft } from '../../stock/lease/device.ts'
import { orderKind } from '../order/kind.ts'
import { placeOrder } from '../order/place.ts'
import { type SmallCluster, threeRegions } from '../testing/small-cluster.ts'
import { close, lend, level, place, stocked, viewOf } from '../testing/small-leases.ts'
import { closeLease } from './close-lease.ts'

/** All ten sold, as every region knows; four of them taken back and sold again, as none knows. */
function soldAgain() {
  const cluster = stocked()
  const { id, device } = lend(cluster)
  cluster.deliverAll()
  device.sell('o1', 4)
  device.sell('o2', 6)
  expect(place(cluster.region('eu'), device, 'o2', 6).status).toBe('accepted')
  cluster.deliverAll()
  device.takeBack('o1')
  device.sell('o3', 4)
  return { cluster, id, device }
}

/** Mostly two of them, so that they are told different things. */
const at = fc.constantFrom('ap', 'eu', 'eu', 'us', 'us')

const step = fc.record({
  do: fc.oneof(
    { weight: 4, arbitrary: fc.constant('sell' as const) },
    { weight: 2, arbitrary: fc.constant('take back' as const) },
    { weight: 2, arbitrary: fc.constant('tell' as const) },
    { weight: 1, arbitrary: fc.constant('bring' as const) },
    { weight: 1, arbitrary: fc.constant('settle' as const) },
  ),
  at,
  to: at,
  units: fc.constantFrom(4, 6),
  isTold: fc.boolean(),
  which: fc.nat(2),
})

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

function expectEverywhere(cluster: SmallCluster, shown: object): void {
  for (const region of cluster.regions) expect(level(region)).toMatchObject(shown)
}

describe('a till that takes back of a lease that was sold out, and sells again', () => {
  it('S6: a sale that another region took before the end is not refused for good where the lease is known as sold out', () => {
    const { cluster, id, device } = soldAgain()
    expect(place(cluster.region('us'), device, 'o3', 4).status).toBe('accepted')
    expect(cluster.region('eu').run(closeLease, { id, withoutDevice: true }).status).toBe('accepted')
    cluster.deliver('eu', 'ap')
    for (const at of ['eu', 'ap'])
      expect(place(cluster.region(at), device, 'o3', 4)).toMatchObject({ status: 'refused', passing: 'pending' })
    cluster.quiesce()
    expect(place(cluster.region('eu'), device, 'o3', 4).status).toBe('accepted')
    expectEverywhere(cluster, { available: 20, leased: 0, reserved: 10 })
  })

  it('S6: one that nobody took is refused for good by each region once it has seen that all know of the end', () => {
    const { cluster, id, device } = soldAgain()
    const [ap, us] = [cluster.region('ap'), cluster.region('us')]
    us.run(closeLease, { id, withoutDevice: true })
    expect(place(us, device, 'o3', 4)).toMatchObject({ passing: 'pending' })
    cluster.quiesce()
    // Of a lease that was sold out nothing comes back to say so.
    expect(viewOf(us, id).records.filter(({ fact }) => fact.kind === 'returned')).toEqual([])
    for (const region of cluster.regions) {
      const refused = place(region, device, 'o3', 4)
      expect(refused).toMatchObject({ errors: [{ code: 'LEASE_EXPIRED' }], keeps: { events: [{ entityId: id }] } })
      expect(refused).not.toHaveProperty('passing')
    }
    expect(ap.view(orderKind, 'o3')).toBeUndefined()
  })

  it('S6: the device’s close is an end like any other, also for a copy of the device', () => {
    const { cluster, id, device } = soldAgain()
    const [ap, copy] = [cluster.region('ap'), device.clone()]
    device.close()
    expect(close(ap, device).status).toBe('accepted')
    copy.takeBack('o3')
    copy.sell('o4', 4)
    expect(place(ap, copy, 'o4', 4)).toMatchObject({ passing: 'pending', until: viewOf(ap, id).fold.ends })
    cluster.quiesce()
    const refused = place(ap, copy, 'o4', 4)
    expect(refused).toMatchObject({ errors: [{ code: 'LEASE_EXPIRED' }] })
    expect(refused).not.toHaveProperty('passing')
  })

  it('S1 S6: whatever is told to whom and whoever ends it, a sale that one region took no other refuses, and none waits for ever', () => {
    const history = fc.record({
      before: fc.array(step, { minLength: 5, maxLength: 10 }),
      end: fc.record({ at, isSigned: fc.boolean() }),
      after: fc.array(step, { maxLength: 8 }),
    })
    fc.assert(
      fc.property(history, ({ before, end, after }) => {
        const cluster = stocked()
        const { id, device } = lend(cluster)
        cluster.deliverAll()
        const [taken, refused] = [new Set<string>(), new Set<string>()]
        const sales: string[] = []
        const held = () => sales.filter((order) => device.lease.orders[order] !== 0)
        const tell = (region: string, order: string | undefined) => {
          const units = device.lease.orders[order ?? ''] ?? 0
          if (order === undefined || units === 0) return null
          const input = { id: order, lines: [{ sku: 'mug', quantity: units }], leases: [device.chain()] }
          const told = cluster.region(region).run(placeOrder, input)
          if (told.status === 'accepted') taken.add(order)
          else if (told.passing === undefined) refused.add(order)
          return told
        }
        const run = ({ do: what, at: place, to, units, isTold, which }: Step) => {
          const untaken = held().find((order) => !taken.has(order))
          if (what === 'sell') {
            const sale = `o${sales.length + 1}`
            if (device.sell(sale, Math.min(units, unitsLeft(device.lease))) === null) sales.push(sale)
            if (isTold) tell(place, sale)
          }
          if (what === 'take back' && untaken !== undefined) device.takeBack(untaken)
          if (what === 'tell') tell(place, held().at(-1 - which))
          if (what === 'bring') while (cluster.deliver(place, to));
          if (what === 'settle') cluster.region(place).settle()
          cluster.check()
        }
        before.forEach(run)
        // A device that has signed its close sells no more: staff end the lease of one that goes on.
        if (end.isSigned) {
          device.close()
          close(cluster.region(end.at), device)
        } else cluster.region(end.at).run(closeLease, { id, withoutDevice: true })
        tell(end.at, held().at(-1))
        after.forEach(run)
        cluster.region('ap').run(closeLease, { id, withoutDevice: true })
        cluster.quiesce()
        for (const order of sales)
          for (const region of threeRegions) {
            const told = tell(region, order)
            expect(told?.status === 'refused' ? told.passing : undefined).toBeUndefined()
          }
        expect([...taken].filter((order) => refused.has(order))).toEqual([])
        cluster.quiesce()
        const { orders } = viewOf(cluster.region('eu'), id).fold
        let reserved = 0
        for (const units of orders.values()) reserved += units
        expectEverywhere(cluster, { onHand: 30, leased: 0, reserved, available: 30 - reserved })
        for (const order of sales) if (taken.has(order)) expect(orders.get(order)).toBe(device.lease.orders[order])
      }),
      { numRuns: 200 },
    )
  }, 120_000)
})
