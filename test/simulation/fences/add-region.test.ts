// A region is added to a cluster that has retired one: what operators do once the lost one is replaced.

import { createMemoryDatabase } from '@causeway/db/memory/database'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { retireRegion } from '@causeway/schema/fence/commands'
import { describe, expect, it } from 'vitest'
import { checkConverged } from '../checkers/converged.ts'
import type { SimulatedCluster } from '../cluster.ts'
import { ap, ask, eu, us } from '../steps.ts'
import { accepted, isTakenOver, leftIn, levelIn, order, rightsIn, shop } from './shop.ts'

const br = 'sa-east-1'

/** The regions that stay are started again one after the other, as a rolling update does it; then the new one. */
async function roll(cluster: SimulatedCluster, members: readonly string[], added: string): Promise<void> {
  cluster.configure(members)
  for (const id of [ap, eu]) {
    cluster.crash(id)
    void cluster.start(id)
    await cluster.time.runUntil(`${id} is back`, () => cluster.region(id) !== undefined, 60_000)
  }
  void cluster.start(added)
  await cluster.time.runUntil(`${added} is up`, () => cluster.region(added) !== undefined, 60_000)
}

async function agreed(cluster: SimulatedCluster, members: readonly string[]): Promise<void> {
  const frontiers = () =>
    new Set(members.map((id) => JSON.stringify(Object.entries(cluster.database(id).head.frontier).sort())))
  await cluster.time.runUntil('all stand at one frontier', () => frontiers().size === 1, 60_000)
  await checkConverged(cluster, members)
}

describe('a region that is added after another one was retired', () => {
  for (const keepsLost of [true, false]) {
    it(`S7: holds what the others hold and sells, the lost one ${keepsLost ? 'still' : 'no longer'} in the configuration`, async () => {
      const cluster = await shop(keepsLost ? 21 : 22)
      await accepted(ask(cluster, us, placeOrder, order('of-the-lost', 5)))
      await cluster.time.runFor(2_000)
      cluster.crash(us)
      await accepted(ask(cluster, eu, retireRegion, { region: us }))
      await isTakenOver(cluster, us, [ap, eu])
      await roll(cluster, keepsLost ? [ap, eu, us, br] : [ap, eu, br], br)
      await agreed(cluster, [ap, eu, br])
      for (const id of [ap, eu, br]) {
        expect(leftIn(cluster, id)).toEqual([us])
        expect(levelIn(cluster, id)).toMatchObject({ available: 85, reserved: 5 })
      }
      await accepted(ask(cluster, br, placeOrder, order('of-the-new', 20)))
      await accepted(ask(cluster, ap, placeOrder, order('of-the-old', 20)))
      await agreed(cluster, [ap, eu, br])
      expect(levelIn(cluster, eu)).toMatchObject({ available: 45, reserved: 45 })
      // It is one of those that decide from now on.
      cluster.crash(ap)
      await accepted(ask(cluster, eu, retireRegion, { region: ap }))
      await isTakenOver(cluster, ap, [eu, br])
      await agreed(cluster, [eu, br])
    })
  }

  it('S7: the retired one itself, with an empty database, is told that it is, and holds up nobody', async () => {
    const cluster = await shop(23)
    const empty = cluster.disk(us)
    cluster.crash(us)
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    empty.restore(createMemoryDatabase(us))
    void cluster.start(us)
    await cluster.time.runUntil('it knows', () => cluster.region(us)?.unready()?.includes('retired') === true, 60_000)
    await accepted(ask(cluster, eu, placeOrder, order('elsewhere', 50)))
    await agreed(cluster, [ap, eu])
    expect(rightsIn(cluster, ap)[us]).toBe(0)
  })
})
