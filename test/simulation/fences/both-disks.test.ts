// The regions that had agreed on a fence lose their disks with it: nobody can know of it any more, and nothing stands that was
// built on it. What becomes of the region that they had retired, of those who had heard of it in time, and what operators are told.

import { placeOrder } from '@causeway/schema/documents/order/place'
import { retireRegion } from '@causeway/schema/fence/commands'
import { describe, expect, it } from 'vitest'
import { checkConverged } from '../checkers/converged.ts'
import type { SimulatedCluster } from '../cluster.ts'
import { ap, ask, converged, eu, members, short, us } from '../steps.ts'
import { accepted, isTakenOver, leftIn, levelIn, order, shop } from './shop.ts'

type Copy = ReturnType<SimulatedCluster['backUp']>

async function restore(cluster: SimulatedCluster, id: string, copy: Copy): Promise<void> {
  cluster.crash(id)
  cluster.restore(id, copy)
  void cluster.start(id)
  await cluster.time.runUntil(`${id} is back`, () => cluster.region(id)?.origin === `${id}@2`, 60_000)
}

/** us, which sells on and hears of nothing, is retired by the two others and taken over; both have copies from before that. */
async function retired(seed: number) {
  const cluster = await shop(seed, { ...short, archiveMs: 2_000 })
  const copies = { [ap]: cluster.backUp(ap), [eu]: cluster.backUp(eu) } as Readonly<Record<typeof ap | typeof eu, Copy>>
  for (const other of [ap, eu]) cluster.network.cut(us, other)
  await accepted(ask(cluster, us, placeOrder, order('alone', 4)))
  await accepted(ask(cluster, ap, retireRegion, { region: us }))
  await isTakenOver(cluster, us, [ap, eu])
  await accepted(ask(cluster, ap, placeOrder, order('of-what-was-taken-over', 40)))
  await cluster.time.runFor(20_000)
  return { cluster, copies }
}

const incidentsIn = (cluster: SimulatedCluster, id: string) =>
  [...cluster.database(id).incidents.values()].map(({ kind, entityIds }) => [kind, entityIds])

async function isMemberAgain(cluster: SimulatedCluster): Promise<void> {
  await converged(cluster)
  await cluster.time.runFor(20_000)
  await converged(cluster)
  await checkConverged(cluster)
  for (const id of members) {
    expect([id, leftIn(cluster, id).includes(us)]).toEqual([id, false])
    const has = (name: string) => cluster.database(id).documents.has(`order/${name}`)
    expect(['alone', 'of-what-was-taken-over'].map(has)).toEqual([true, false])
    expect(levelIn(cluster, id)).toMatchObject({ available: 86, reserved: 4, onHand: 90 })
  }
}

describe('regions that lose their disks, and with them all that was said of a fence', () => {
  it('S7 W8: one that had heard of it before the other lost its disk, too, does not wait for ever for what lies beyond it', async () => {
    const { cluster, copies } = await retired(71)
    await restore(cluster, eu, copies[eu])
    cluster.network.heal(us, eu)
    await cluster.time.runFor(1_000)
    await restore(cluster, ap, copies[ap])
    cluster.network.healAll()
    await isMemberAgain(cluster)
    expect(incidentsIn(cluster, eu)).toEqual([['salvage', [us]]])
  })

  it('S7 W8: at the same time, so that nobody is left who could tell: what was retired is a member again, with all that it wrote', async () => {
    const { cluster, copies } = await retired(72)
    cluster.crash(ap)
    await restore(cluster, eu, copies[eu])
    await restore(cluster, ap, copies[ap])
    cluster.network.healAll()
    await isMemberAgain(cluster)
    expect(members.flatMap((id) => incidentsIn(cluster, id))).toEqual([])
  })

  it('S7 W8: while the retired one knows: it tells them its end, and is taken over as far as that when it is retired again', async () => {
    const { cluster, copies } = await retired(73)
    cluster.network.healAll()
    await cluster.time.runUntil('us knows', () => cluster.region(us)?.unready() !== null, 60_000)
    const end = cluster.database(ap).head.frontier[us]
    cluster.crash(ap)
    await restore(cluster, eu, copies[eu])
    await restore(cluster, ap, copies[ap])
    await cluster.time.runFor(10_000)
    for (const id of [ap, eu]) expect(leftIn(cluster, id)).not.toContain(`${id}@2`)
    await accepted(ask(cluster, ap, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    await cluster.time.runFor(20_000)
    for (const id of [ap, eu]) expect(leftIn(cluster, id)).toContain(`${id}@2`)
    for (const id of [ap, eu]) {
      expect(cluster.database(id).head.frontier[us]).toBe(end)
      expect(cluster.database(id).documents.has('order/alone')).toBe(true)
      expect(levelIn(cluster, id)).toMatchObject({ available: 86, reserved: 4, onHand: 90 })
    }
    expect(cluster.database(ap).head.frontier).toEqual(cluster.database(eu).head.frontier)
  })
})
