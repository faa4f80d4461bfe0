// One order of a till that several regions have taken apart from each other: from its lease, which more than one of them may have
// lent, or from their own rights. Whatever its callers did meanwhile, every unit is sold once and none is kept for nobody.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acknowledge } from '../../stock/acknowledge.ts'
import { closeLease } from '../lease/close-lease.ts'
import { leaseKind } from '../lease/kind.ts'
import { type SmallCluster, threeRegions } from '../testing/small-cluster.ts'
import type { SmallDevice } from '../testing/small-device.ts'
import { lend, level, place, stocked } from '../testing/small-leases.ts'
import { foldOrder } from './fold.ts'
import { orderKind } from './kind.ts'
import { placeOrder } from './place.ts'
import { returnOrderLines } from './return.ts'
import { cancelOrder, shipOrder } from './transitions.ts'

const received = 90

function bring(cluster: SmallCluster, from: string, to: string): void {
  while (cluster.deliver(from, to));
}

/** Of the till, which has sold four mugs for this order. */
function orderOf(till: SmallDevice, ...quantities: readonly number[]): object {
  return { id: 'o1', lines: quantities.map((quantity) => ({ sku: 'mug', quantity })), leases: [till.chain()] }
}

const plain = { id: 'o1', lines: [{ sku: 'mug', quantity: 4 }] }

function expectEverywhere(cluster: SmallCluster, shown: object): void {
  for (const region of cluster.regions) {
    expect(region.duties).toEqual([])
    expect(level(region)).toMatchObject(shown)
  }
}

describe('a till’s order that was taken apart', () => {
  it('S6 S8: of two regions that lent the same lease the one ships whose claim stands, though the other’s was sent', () => {
    const cluster = stocked(received)
    const [till] = ['eu', 'us'].map((id) => lend(cluster, id).device)
    till?.sell('o1', 4)
    for (const id of ['eu', 'us']) expect(till && place(cluster.region(id), till, 'o1', 4).status).toBe('accepted')
    // It has not heard of the other claim, nor of who lent first.
    cluster.region('us').run(shipOrder, { id: 'o1' })
    cluster.region('us').settle()
    cluster.quiesce()
    expectEverywhere(cluster, { onHand: received - 4, reserved: 0, leased: 6, available: received - 10 })
  })

  it('S5 S6 S8: what two claims from one lease lost comes back once, though one lender hears of the order first', () => {
    const cluster = stocked(received)
    const [till] = ['eu', 'us'].map((id) => lend(cluster, id).device)
    till?.sell('o1', 4)
    cluster.region('ap').run(placeOrder, plain, { wallMs: 2_000_000 })
    for (const [index, id] of ['eu', 'us'].entries())
      cluster.region(id).run(placeOrder, till && orderOf(till, 4), { wallMs: 2_000_001 + index })
    bring(cluster, 'ap', 'us')
    cluster.region('us').settle()
    cluster.quiesce()
    expectEverywhere(cluster, { onHand: received, reserved: 4, leased: 6, available: received - 10 })
  })

  it('S6 S8: a lender that hears of the shipment before it hears of the claim from its lease ships what that holds', () => {
    const cluster = stocked(received)
    const { device: till } = lend(cluster)
    cluster.deliverAll()
    till.sell('o1', 4)
    cluster.region('us').run(placeOrder, orderOf(till, 4), { wallMs: 2_000_000 })
    cluster.region('ap').run(placeOrder, plain, { wallMs: 2_000_001 })
    cluster.region('ap').run(shipOrder, { id: 'o1' })
    bring(cluster, 'ap', 'eu')
    cluster.quiesce()
    expectEverywhere(cluster, { onHand: received - 4, reserved: 0, leased: 6, available: received - 10 })
  })

  it('S5 S6 S8: a lender that has shipped what it took the order for itself ships of an earlier claim from its lease, too', () => {
    const cluster = stocked(received)
    const { device: till } = lend(cluster)
    cluster.deliverAll()
    till.sell('o1', 4)
    cluster.region('ap').run(placeOrder, orderOf(till, 4), { wallMs: 2_000_000 })
    cluster.region('eu').run(placeOrder, plain, { wallMs: 2_000_001 })
    cluster.region('eu').run(shipOrder, { id: 'o1' })
    cluster.quiesce()
    expectEverywhere(cluster, { onHand: received - 4, reserved: 0, leased: 6, available: received - 10 })
  })

  it('S6 S8: two claims to one sale from a lease hold its units once, however their lines part them', () => {
    const cluster = stocked(received)
    const { device: till } = lend(cluster)
    cluster.deliverAll()
    till.sell('o1', 4)
    cluster.region('us').run(placeOrder, orderOf(till, 4), { wallMs: 2_000_000 })
    cluster.region('ap').run(placeOrder, orderOf(till, 2, 2), { wallMs: 2_000_001 })
    cluster.quiesce()
    expectEverywhere(cluster, { onHand: received, reserved: 4, leased: 6, available: received - 10 })
  })

  it('S1 S5 S6 S8: whatever is done to it, the earliest claim is the order and every other unit is for sale', () => {
    const place = fc.constantFrom(...threeRegions)
    const part = fc.record({ lineId: fc.constantFrom('1', '2'), quantity: fc.integer({ min: 1, max: 3 }) })
    const claim = fc.record({
      from: fc.oneof(
        { weight: 4, arbitrary: fc.constant('lease' as const) },
        { weight: 2, arbitrary: fc.constant('rights' as const) },
        { weight: 1, arbitrary: fc.constant('nothing' as const) },
      ),
      lends: fc.boolean(),
      hears: fc.boolean(),
      parts: fc.constantFrom([4], [2, 2]),
    })
    const step = fc.record({
      at: place,
      to: place,
      restock: fc.boolean(),
      parts: fc.uniqueArray(part, { minLength: 1, maxLength: 2, selector: ({ lineId }) => lineId }),
      do: fc.oneof(
        { weight: 3, arbitrary: fc.constant('bring' as const) },
        { weight: 4, arbitrary: fc.constant('tell the third' as const) },
        { weight: 1, arbitrary: fc.constant('settle' as const) },
        { weight: 4, arbitrary: fc.constant('return' as const) },
        { weight: 4, arbitrary: fc.constant('ship' as const) },
        { weight: 1, arbitrary: fc.constant('cancel' as const) },
        { weight: 1, arbitrary: fc.constant('close' as const) },
        { weight: 2, arbitrary: fc.constant('take back' as const) },
      ),
    })
    fc.assert(
      fc.property(fc.tuple(claim, claim, claim), fc.array(step, { minLength: 2, maxLength: 10 }), (claims, steps) => {
        const cluster = stocked(received)
        const lenders = threeRegions.filter((_, index) => claims[index]?.lends)
        const [till] = lenders.map((id) => lend(cluster, id).device)
        till?.sell('o1', 4)
        const told = threeRegions.filter((_, index) => claims[index]?.hears)
        for (const lender of lenders) for (const id of told) bring(cluster, lender, id)
        claims.forEach(({ from, parts }, index) => {
          const order = from === 'rights' ? plain : till && orderOf(till, ...parts)
          if (from === 'nothing' || order === undefined) return
          cluster.regions[index]?.run(placeOrder, order, { wallMs: 2_000_000 + index })
        })
        const close = (id: string) =>
          till && cluster.region(id).run(closeLease, { id: till.lease.terms.id, withoutDevice: true })
        // Though the order may have been accepted: in bad faith, or because its caller has told it twice.
        const takeBack = (id: string) => {
          if (till === undefined || !cluster.region(id).view(leaseKind, till.lease.terms.id)) return
          till.takeBack('o1')
          till.close()
          cluster.region(id).run(closeLease, { id: till.lease.terms.id, entries: till.chain().entries })
        }
        steps.forEach(({ at, to, restock, parts, do: next }, index) => {
          const region = cluster.region(at)
          const call = { wallMs: 2_100_000 + index }
          if (next === 'bring') bring(cluster, at, to)
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
          if (next === 'close') close(at)
          if (next === 'take back') takeBack(at)
          if (next === 'return') {
            const lines = parts.map((each) => ({ ...each, restock }))
            region.run(returnOrderLines, { id: 'o1', lines }, call)
          }
          cluster.check()
        })
        cluster.quiesce()
        for (const id of threeRegions) close(id)
        cluster.quiesce()
        for (const region of cluster.regions) {
          expect(region.duties).toEqual([])
          const order = region.view(orderKind, 'o1')
          expect(order).toEqual(cluster.regions[0]?.view(orderKind, 'o1'))
          const fold = order && foldOrder(order.facts)
          let [reserved, onHand] = [0, received]
          for (const { line, shipped, cancelled, returned, writtenOff } of fold?.lines.values() ?? []) {
            if (!fold?.cancelled) reserved += line.quantity - shipped - cancelled
            onHand -= shipped - returned + writtenOff
          }
          for (const { fact } of order?.facts.filter((record) => !fold?.refusals.has(record)) ?? [])
            if (fact.kind === 'returned' && fact.shipped)
              for (const line of fact.lines) if (!line.restock) onHand -= line.quantity
          const available = onHand - reserved
          expect(level(region)).toMatchObject({ reserved, onHand, leased: 0, available })
        }
      }),
      { numRuns: 300 },
    )
  })
})
