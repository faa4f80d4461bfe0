// An app that uses one idempotency key for two different commands, in two regions that cannot hear each other: each region has to
// answer, and then one of the two was never done.

import { orderKind } from '@causeway/schema/documents/order/kind'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { shipOrder } from '@causeway/schema/documents/order/transitions'
import { retireRegion } from '@causeway/schema/fence/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { expect, it } from 'vitest'
import type { SimulatedCluster } from './cluster.ts'
import { accepted, isTakenOver, levelIn, order, shop } from './fences/shop.ts'
import { ap, ask, converged, eu, members, us } from './steps.ts'

async function apart(seed: number): Promise<SimulatedCluster> {
  const cluster = await shop(seed)
  for (const other of [ap, eu]) cluster.network.cut(us, other)
  return cluster
}

function orderIn(cluster: SimulatedCluster, region: string, id: string) {
  const state = cluster.database(region).documents.get(`order/${id}`)?.document.state
  return state && orderKind.view(id, state)
}

async function heal(cluster: SimulatedCluster): Promise<void> {
  cluster.network.healAll()
  await cluster.time.runFor(8_000)
  await converged(cluster)
}

const conflict = { errors: [{ code: 'IDEMPOTENCY_CONFLICT' }] }
const incidentsIn = (cluster: SimulatedCluster, region: string) => [...cluster.database(region).incidents.values()]

it('I2 I3: of two orders under one key the earlier stands in every region, and the other is cancelled and its units come back once', async () => {
  const cluster = await apart(51)
  await accepted(ask(cluster, eu, placeOrder, order('first', 3), 'key'))
  await cluster.time.runFor(500)
  await accepted(ask(cluster, us, placeOrder, order('second', 5), 'key'))
  await heal(cluster)
  for (const region of members) {
    expect(orderIn(cluster, region, 'first')?.status).toBe('PLACED')
    expect(orderIn(cluster, region, 'second')?.timeline).toMatchObject([
      { kind: 'placed', region: us, accepted: true },
      { kind: 'cancelled', region: us, accepted: true, note: expect.stringContaining('idempotency key') },
    ])
    expect(levelIn(cluster, region)).toMatchObject({ reserved: 3, onHand: 90, available: 87 })
    await accepted(ask(cluster, region, placeOrder, order('first', 3), 'key'))
    expect(await ask(cluster, region, placeOrder, order('second', 5), 'key')).toMatchObject(conflict)
    expect(incidentsIn(cluster, region)).toEqual([])
    expect(cluster.database(region).obligations.size).toBe(0)
  }
})

it('I2: the second order of a key that was shipped before its region knew stands, and operators are told once', async () => {
  const cluster = await apart(52)
  await accepted(ask(cluster, eu, placeOrder, order('first', 3), 'key'))
  await cluster.time.runFor(500)
  await accepted(ask(cluster, us, placeOrder, order('second', 5), 'key'))
  await accepted(ask(cluster, us, shipOrder, { id: 'second' }))
  await heal(cluster)
  for (const region of members) {
    expect(orderIn(cluster, region, 'second')?.status).toBe('SHIPPED')
    expect(levelIn(cluster, region)).toMatchObject({ reserved: 3, onHand: 85, available: 82 })
    expect(incidentsIn(cluster, region)).toMatchObject(region === us ? [{ kind: 'debt', entityIds: ['second'] }] : [])
  }
})

it('I2: a receipt under a key that an order had taken before is taken back', async () => {
  const cluster = await apart(53)
  await accepted(ask(cluster, eu, placeOrder, order('first', 3), 'key'))
  await cluster.time.runFor(500)
  await accepted(ask(cluster, us, receiveStock, { sku: 'mug-sku', quantity: 10 }, 'key'))
  await heal(cluster)
  for (const region of members)
    expect(levelIn(cluster, region)).toMatchObject({ reserved: 3, onHand: 90, available: 87 })
})

it('S5: one order placed under one key with other lines in another region is one order, as without a key', async () => {
  const cluster = await apart(54)
  await accepted(ask(cluster, eu, placeOrder, order('first', 3), 'key'))
  await cluster.time.runFor(500)
  await accepted(ask(cluster, us, placeOrder, order('first', 5), 'key'))
  await heal(cluster)
  for (const region of members) {
    expect(orderIn(cluster, region, 'first')).toMatchObject({ status: 'PLACED', lines: [{ quantity: 3 }] })
    expect(levelIn(cluster, region)).toMatchObject({ reserved: 3, onHand: 90, available: 87 })
  }
})

it('S7 I2: the second order of a key is withdrawn by whoever has taken its region over, and by a region that was restored in between', async () => {
  for (const isRestored of [true, false]) {
    const cluster = await shop(55)
    const old = cluster.backUp(us)
    cluster.network.cut(us, eu)
    cluster.network.cut(ap, eu)
    await accepted(ask(cluster, eu, placeOrder, order('first', 3), 'key'))
    await cluster.time.runFor(500)
    await accepted(ask(cluster, us, placeOrder, order('second', 5), 'key'))
    await cluster.time.runFor(2_000)
    // ap alone has the second order; nobody in us ever hears of the first one.
    cluster.crash(us)
    cluster.network.healAll()
    if (isRestored) {
      cluster.restore(us, old)
      void cluster.start(us)
    } else {
      await accepted(ask(cluster, eu, retireRegion, { region: us }))
      await isTakenOver(cluster, us, [ap, eu])
    }
    await cluster.time.runFor(15_000)
    for (const region of isRestored ? members : [ap, eu]) {
      expect(orderIn(cluster, region, 'second')?.timeline.map(({ kind, accepted: is }) => [kind, is])).toEqual([
        ['placed', true],
        ['cancelled', true],
      ])
      expect(levelIn(cluster, region)).toMatchObject({ reserved: 3, onHand: 90, available: 87 })
      expect(cluster.database(region).obligations.size).toBe(0)
    }
  }
})
