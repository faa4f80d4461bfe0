// A till that had sold all of its lease, took a sale back and sold its units again, and tells that after staff have ended the
// lease: another region may have taken it. Nothing comes back of such a lease that would say when that is settled.

import { defaultRetention } from '@causeway/regions/history/retention'
import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import type { SmallDevice } from '@causeway/schema/documents/testing/small-device'
import { receiveStock } from '@causeway/schema/stock/commands'
import { expect, it } from 'vitest'
import type { SimulatedCluster } from './cluster.ts'
import { accepted, lend, levelIn, order, shop } from './fences/shop.ts'
import { ap, ask, eu, product, short, us } from './steps.ts'

const sale = (till: SmallDevice, id: string, units: number) => ({ ...order(id, units), leases: [till.chain()] })

/** A till of us that has sold six and four of its ten, as every region knows, and the four again, as none does. */
async function soldAgain(cluster: SimulatedCluster, sku = 'mug-sku'): Promise<SmallDevice> {
  const till = await lend(cluster, sku)
  till.sell('nobody', 4)
  till.sell(`first-${sku}`, 6)
  const first = { ...sale(till, `first-${sku}`, 6), lines: [{ sku, quantity: 6 }] }
  await accepted(ask(cluster, eu, placeOrder, first))
  await cluster.time.runFor(3_000)
  till.takeBack('nobody')
  till.sell('again', 4)
  return till
}

const end = (cluster: SimulatedCluster, at: string, till: SmallDevice) =>
  accepted(ask(cluster, at, closeLease, { id: till.lease.terms.id, withoutDevice: true }))
const tell = (cluster: SimulatedCluster, at: string, till: SmallDevice) =>
  ask(cluster, at, placeOrder, sale(till, 'again', 4), 'again')

it('S6: regions that cannot see who has taken it say that they do not know yet, and take it when they do', async () => {
  const cluster = await shop(61)
  const till = await soldAgain(cluster)
  for (const other of [ap, eu]) cluster.network.cut(us, other)
  await accepted(tell(cluster, us, till))
  await end(cluster, eu, till)
  await cluster.time.runFor(20_000)
  for (const at of [ap, eu]) expect(await tell(cluster, at, till)).toMatchObject({ status: 'pending' })
  cluster.network.healAll()
  await cluster.time.runFor(10_000)
  for (const at of [ap, eu]) await accepted(tell(cluster, at, till))
  await cluster.time.runFor(5_000)
  for (const at of [ap, eu, us]) expect(levelIn(cluster, at)).toMatchObject({ leased: 0, reserved: 10, available: 80 })
})

/** Where the end stands in the log at hand of a region; null once it has gone from there. */
function sequenceOfEnd(cluster: SimulatedCluster, at: string, till: SmallDevice) {
  const { id } = till.lease.terms
  const state = cluster.database(at).documents.get(`lease/${id}`)?.document.state
  const [place] = (state && leaseKind.view(id, state)?.fold.ends) ?? []
  if (place === undefined) throw new Error('the lease has not ended')
  return cluster.region(at)?.store.history.sequenceAt(place)
}

it.each([
  { log: 'that holds the end', retention: defaultRetention },
  { log: 'from which the end has gone to the archive', retention: short },
  { log: 'that holds the end no longer', retention: { ...short, archiveMs: 5_000 } },
])(
  'S6: what nobody took is refused for good by regions with a log $log, and operators are told',
  async ({ retention }) => {
    const cluster = await shop(62, retention)
    const till = await soldAgain(cluster)
    await end(cluster, ap, till)
    await cluster.time.runFor(20_000)
    for (const at of [eu, us]) {
      const isAtHand = retention === defaultRetention
      expect(await sequenceOfEnd(cluster, at, till)).toEqual(isAtHand ? expect.any(Number) : null)
      const refused = { status: 'refused', errors: [{ code: 'LEASE_EXPIRED' }] }
      expect(await ask(cluster, at, placeOrder, sale(till, 'again', 4), `again-${at}`)).toMatchObject(refused)
    }
    await cluster.time.runFor(2_000)
    const told = { kind: 'salvage', entityIds: [till.lease.terms.id, 'again'] }
    expect([...cluster.database(us).incidents.values()]).toMatchObject([told])
  },
)

it('S6: an order from two leases that were sold out and have ended is refused for good, too', async () => {
  const cluster = await shop(63)
  await accepted(ask(cluster, us, upsertProduct, product('hat')))
  await accepted(ask(cluster, us, receiveStock, { sku: 'hat-sku', quantity: 20 }))
  const tills = [await soldAgain(cluster), await soldAgain(cluster, 'hat-sku')]
  for (const [index, till] of tills.entries()) await end(cluster, index === 0 ? ap : us, till)
  await cluster.time.runFor(5_000)
  const lines = tills.map((till) => ({ sku: till.lease.terms.sku, quantity: 4 }))
  const both = { id: 'again', lines, leases: tills.map((till) => till.chain()) }
  expect(await ask(cluster, eu, placeOrder, both, 'both')).toMatchObject({ errors: [{ code: 'LEASE_EXPIRED' }] })
})
