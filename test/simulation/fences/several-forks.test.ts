// Old copies of databases that start with no peer in reach, more than one at a time: one region that writes three logs under one
// name, and two regions that write two each. All that anybody sold stands, once.

import { placeOrder } from '@causeway/schema/documents/order/place'
import { describe, expect, it } from 'vitest'
import { checkConverged } from '../checkers/converged.ts'
import type { SimulatedCluster } from '../cluster.ts'
import { ap, ask, converged, eu, members, us } from '../steps.ts'
import { accepted, levelIn, order, shop } from './shop.ts'

type Copy = ReturnType<SimulatedCluster['backUp']>

/** The region goes on with the copy, under the origin of that, and nobody in reach but `heard`. */
async function startOn(
  cluster: SimulatedCluster,
  id: string,
  copy: Copy,
  heard: readonly string[] = [],
): Promise<void> {
  cluster.crash(id)
  cluster.disk(id).replace(copy)
  for (const other of members) if (other !== id) cluster.network.cut(id, other)
  void cluster.start(id)
  await cluster.time.runUntil(`${id} is back`, () => cluster.region(id) !== undefined, 60_000)
  expect(cluster.region(id)?.origin).toBe(id)
  for (const other of heard) cluster.network.heal(id, other)
  await cluster.time.runFor(2_000)
}

async function endsWith(cluster: SimulatedCluster, orders: readonly string[], units: number): Promise<void> {
  await cluster.time.runFor(30_000)
  await converged(cluster)
  await checkConverged(cluster)
  for (const id of members) {
    const { documents, incidents } = cluster.database(id)
    for (const name of orders) expect([id, name, documents.has(`order/${name}`)]).toEqual([id, name, true])
    expect(levelIn(cluster, id)).toMatchObject({ available: 90 - units, reserved: units, onHand: 90 })
    for (const { kind } of incidents.values()) expect(kind).toBe('equivocation')
    await accepted(ask(cluster, id, placeOrder, order(`afterwards-in-${id}`, 1)))
  }
  await converged(cluster)
}

describe('several forks at once', () => {
  for (const seed of [41, 42, 43]) {
    it(`C6 S7 W8: a region writes three logs under one name, and each other region has heard one of them (seed ${seed})`, async () => {
      const cluster = await shop(seed)
      const copy = cluster.backUp(us)
      cluster.network.cut(ap, eu)
      await startOn(cluster, us, copy, [eu])
      await accepted(ask(cluster, us, placeOrder, order('heard-in-eu', 4)))
      await cluster.time.runFor(1_000)
      await accepted(ask(cluster, eu, placeOrder, order('upon-that', 2)))
      await startOn(cluster, us, copy, [ap])
      await accepted(ask(cluster, us, placeOrder, order('heard-in-ap', 5)))
      await cluster.time.runFor(1_000)
      await accepted(ask(cluster, ap, placeOrder, order('upon-this', 3)))
      await startOn(cluster, us, copy)
      await accepted(ask(cluster, us, placeOrder, order('heard-by-nobody', 6)))
      cluster.network.healAll()
      await cluster.time.runUntil('it begins anew', () => cluster.region(us)?.origin === `${us}@2`, 60_000)
      await endsWith(cluster, ['heard-in-eu', 'upon-that', 'heard-in-ap', 'upon-this', 'heard-by-nobody'], 20)
    })

    it(`C6 S7 W8: two regions write two logs each, and meet (seed ${seed})`, async () => {
      const cluster = await shop(seed)
      const copies = new Map([eu, us].map((id) => [id, cluster.backUp(id)]))
      await accepted(ask(cluster, us, placeOrder, order('of-us', 4)))
      await accepted(ask(cluster, eu, placeOrder, order('of-eu', 3)))
      await cluster.time.runFor(2_000)
      for (const [id, copy] of copies) await startOn(cluster, id, copy)
      await accepted(ask(cluster, us, placeOrder, order('of-us-alone', 5)))
      await accepted(ask(cluster, eu, placeOrder, order('of-eu-alone', 6)))
      cluster.network.healAll()
      const areAnew = () => [eu, us].every((id) => cluster.region(id)?.origin === `${id}@2`)
      await cluster.time.runUntil('both begin anew', areAnew, 60_000)
      await endsWith(cluster, ['of-us', 'of-eu', 'of-us-alone', 'of-eu-alone'], 18)
    })
  }
})
