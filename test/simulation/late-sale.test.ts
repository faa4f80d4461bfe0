// A till that was given up for lost and comes back with a sale, and one that was copied: operators are told, whatever becomes of
// the node that heard it.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import { sha256 } from '@causeway/regions/crypto'
import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { leaseStock } from '@causeway/schema/documents/lease/lease-stock'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { SmallDevice, smallKey } from '@causeway/schema/documents/testing/small-device'
import { expect, it } from 'vitest'
import type { SimulatedCluster } from './cluster.ts'
import { accepted, order, shop } from './fences/shop.ts'
import { ap, ask, eu, short, us } from './steps.ts'

/** A till with ten units of us. */
async function lend(
  cluster: SimulatedCluster,
): Promise<{ readonly id: string; readonly tills: readonly SmallDevice[] }> {
  const terms = { deviceId: 'till', sku: 'mug-sku', quantity: 10, minutes: 60, publicKey: smallKey('till') }
  const lent = await ask(cluster, us, leaseStock, terms)
  if (lent.status !== 'accepted') throw new Error(JSON.stringify(lent))
  const id = String(lent.result.id)
  const state = cluster.database(us).documents.get(`lease/${id}`)?.document.state
  const view = state && leaseKind.view(id, state)
  if (view === undefined) throw new Error('the lease is not known')
  return { id, tills: ['till', 'copy'].map(() => SmallDevice.of('till', view, sha256)) }
}

/** The till's sale of four, after staff in us have ended its lease without it. */
async function sellLate(cluster: SimulatedCluster) {
  const { id, tills } = await lend(cluster)
  tills[0]?.sell('gone', 4)
  await accepted(ask(cluster, us, closeLease, { id, withoutDevice: true }))
  await cluster.time.runFor(3_000)
  return { id, sale: { ...order('gone', 4), leases: tills.slice(0, 1).map((till) => till.chain()) } }
}

const incidentsIn = (cluster: SimulatedCluster, region: string) => [...cluster.database(region).incidents.values()]
const refused = { errors: [{ code: 'LEASE_EXPIRED' }] }

it('S6: what it sold and tells too late is refused, and the operators of the region that refused it are told the order', async () => {
  const cluster = await shop(31)
  const { id, sale } = await sellLate(cluster)
  for (const key of ['first', 'first', 'second'])
    expect(await ask(cluster, eu, placeOrder, sale, key)).toMatchObject(refused)
  await cluster.time.runFor(2_000)
  const told = {
    kind: 'salvage',
    entityIds: [id, 'gone'],
    detail: expect.stringContaining('told it after the lease was closed'),
  }
  expect(incidentsIn(cluster, eu)).toMatchObject([told])
  expect(incidentsIn(cluster, us)).toEqual([])
})

it('S6: of a sale that it dates outside of its lease operators are told the order, and how the lease is ended', async () => {
  const cluster = await shop(34)
  const { id, tills } = await lend(cluster)
  await cluster.time.runFor(1_000)
  const [till] = tills
  if (till === undefined) throw new Error('no till')
  const { time, terms } = till.lease
  const weeksLater = terms.expiresAt + 14 * 24 * 3_600_000
  till.lease = {
    ...till.lease,
    time: { ...time, atMs: weeksLater },
    terms: { ...terms, expiresAt: weeksLater + 10 ** 6 },
  }
  till.sell('misdated', 4)
  const sale = { ...order('misdated', 4), leases: [till.chain()] }
  expect(await ask(cluster, eu, placeOrder, sale, 'first')).toMatchObject(refused)
  await cluster.time.runFor(2_000)
  expect(incidentsIn(cluster, eu)).toMatchObject([
    { kind: 'salvage', entityIds: [id, 'misdated'], detail: expect.stringContaining('closeLease with withoutDevice') },
  ])
})

/** A shop whose regions lose every node in the moment at which they have become `such`, once each, and start again. */
async function fallingShop(seed: number, such: (database: MemoryDatabase) => boolean): Promise<SimulatedCluster> {
  const fallen = new Set<string>()
  const cluster: SimulatedCluster = await shop(seed, short, {
    onDurable: (region, database) => {
      if (fallen.has(region) || !such(database)) return
      fallen.add(region)
      cluster.crash(region)
      cluster.time.after(1_000, () => void cluster.start(region))
    },
  })
  return cluster
}

it('S6: operators are told of a late sale though the node is killed as soon as it has refused it', async () => {
  const cluster = await fallingShop(32, ({ outcomes }) => [...outcomes.keys()].some((key) => key.endsWith(':late')))
  const { id, sale } = await sellLate(cluster)
  await expect(ask(cluster, eu, placeOrder, sale, 'late')).rejects.toThrow()
  expect(await ask(cluster, eu, placeOrder, sale, 'late')).toMatchObject(refused)
  await cluster.time.runFor(5_000)
  expect(incidentsIn(cluster, eu)).toMatchObject([{ kind: 'salvage', entityIds: [id, 'gone'] }])
  expect(cluster.database(eu).obligations.size).toBe(0)
})

it('S6: of a till that was copied every region tells its operators, though its nodes are killed as they hear of it', async () => {
  const cluster = await fallingShop(33, ({ documents }) =>
    [...documents.values()].some(({ document: { kind, id, state } }) => {
      return kind === leaseKind.name && leaseKind.view(id, state)?.fold.forks.length === 1
    }),
  )
  const { id, tills } = await lend(cluster)
  await cluster.time.runFor(1_000)
  const sales = tills.map((till, index) => {
    till.sell(`order-${index}`, 2)
    const sale = { ...order(`order-${index}`, 2), leases: [till.chain()] }
    return ask(cluster, index === 0 ? us : eu, placeOrder, sale)
  })
  for (const sale of sales) await accepted(sale)
  await cluster.time.runFor(10_000)
  for (const region of [ap, eu, us]) {
    const [told, ...more] = incidentsIn(cluster, region)
    expect(more).toEqual([])
    expect(told?.kind).toBe('equivocation')
    expect(told?.entityIds.toSorted()).toEqual([id, 'order-0', 'order-1'].toSorted())
  }
})
