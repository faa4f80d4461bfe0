// Both regions that had retired a third one go on with copies from before that, and its log no longer reaches back to them: it alone
// knows its end, and can tell it to nobody. What becomes of it, of all that it has, and of the two others.

import { placeOrder } from '@causeway/schema/documents/order/place'
import { retireRegion } from '@causeway/schema/fence/commands'
import { describe, expect, it } from 'vitest'
import { checkConverged } from '../checkers/converged.ts'
import { Watch } from '../checkers/watch.ts'
import type { SimulatedCluster } from '../cluster.ts'
import { ap, ask, converged, eu, members, short, us } from '../steps.ts'
import { accepted, isTakenOver, leftIn, levelIn, order, shop } from './shop.ts'

type Copy = ReturnType<SimulatedCluster['backUp']>
type Copies = Readonly<Record<string, Copy>>

const copiesOf = (cluster: SimulatedCluster): Copies =>
  Object.fromEntries([ap, eu].map((id) => [id, cluster.backUp(id)]))

/** us sells on and hears of nothing while the two others retire it and take it over; then it knows, too. */
async function retired(seed: number) {
  const watch = new Watch(members)
  const cluster = await shop(seed, { ...short, archiveMs: 2_000 }, { onDurable: watch.durable })
  const old = copiesOf(cluster)
  for (const region of members) {
    await accepted(ask(cluster, region, placeOrder, order(`heard-from-${region}`, 1)))
    await cluster.time.runFor(4_000)
  }
  await cluster.time.runFor(8_000)
  for (const other of [ap, eu]) cluster.network.cut(us, other)
  await accepted(ask(cluster, us, placeOrder, order('alone', 4)))
  const newer = copiesOf(cluster)
  await accepted(ask(cluster, ap, retireRegion, { region: us }))
  await isTakenOver(cluster, us, [ap, eu])
  await accepted(ask(cluster, ap, placeOrder, order('of-what-was-taken-over', 40)))
  cluster.network.healAll()
  await cluster.time.runUntil('us knows', () => cluster.region(us)?.unready() !== null, 60_000)
  const restore = (id: string, copy: Copy | undefined) => {
    if (copy === undefined) throw new Error(`there is no copy of ${id}`)
    cluster.crash(id)
    cluster.restore(id, copy)
    watch.restored(id, cluster.database(id))
    void cluster.start(id)
  }
  return { cluster, watch, old, newer, restore }
}

async function isMemberAgain(cluster: SimulatedCluster, watch: Watch): Promise<void> {
  await cluster.time.runUntil('us is a member again', () => cluster.region(us)?.unready() === null, 60_000)
  await converged(cluster)
  await cluster.time.runFor(20_000)
  await converged(cluster)
  await checkConverged(cluster)
  watch.throwFailure()
  for (const id of members) {
    expect([id, leftIn(cluster, id).includes(us)]).toEqual([id, false])
    const has = (name: string) => cluster.database(id).documents.has(`order/${name}`)
    const heard = members.map((region) => `heard-from-${region}`)
    expect([...heard, 'alone', 'of-what-was-taken-over'].map(has)).toEqual([true, true, true, true, false])
    expect(levelIn(cluster, id)).toMatchObject({ available: 83, reserved: 7, onHand: 90 })
  }
}

describe('a retired region that alone knows its end, and can tell it to nobody', () => {
  it('S7 W8 C10: is a member again, and all that it has goes on in those that were restored', async () => {
    const { cluster, watch, old, restore } = await retired(91)
    for (const id of [ap, eu]) restore(id, old[id])
    await isMemberAgain(cluster, watch)
    const told = [...cluster.database(us).incidents.values()].map(({ kind, entityIds }) => [kind, entityIds])
    expect(told).toEqual([['salvage', [us]]])
    await accepted(ask(cluster, us, placeOrder, order('sold-as-a-member', 2)))
    await converged(cluster)
  })

  it('S7 W8 C10: tells of it nobody any more, though one is restored once more from a newer copy that its log would have reached', async () => {
    const { cluster, watch, old, newer, restore } = await retired(92)
    for (const id of [ap, eu]) restore(id, old[id])
    await cluster.time.runUntil('us is a member again', () => cluster.region(us)?.unready() === null, 60_000)
    // Before its log would be dropped as any other.
    restore(ap, newer[ap])
    await isMemberAgain(cluster, watch)
  })

  it('S7 W8: stays retired while its log reaches back to one of them, and is taken over as far as its end when it is retired again', async () => {
    const { cluster, watch, old, newer, restore } = await retired(93)
    restore(ap, newer[ap])
    restore(eu, old[eu])
    await cluster.time.runFor(30_000)
    expect(cluster.region(us)?.unready()).toContain('retired')
    await accepted(ask(cluster, ap, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    const isThere = () => [ap, eu].every((id) => cluster.database(id).documents.has('order/alone'))
    await cluster.time.runUntil('what it sold alone is placed again', isThere, 60_000)
    watch.throwFailure()
    for (const id of [ap, eu]) expect(levelIn(cluster, id)).toMatchObject({ available: 83, reserved: 7, onHand: 90 })
  })

  it('S7 W8: stays retired while one of them is away', async () => {
    const { cluster, watch, old, restore } = await retired(94)
    cluster.network.cut(us, eu)
    for (const id of [ap, eu]) restore(id, old[id])
    await cluster.time.runFor(30_000)
    expect(cluster.region(us)?.unready()).toContain('retired')
    cluster.network.healAll()
    await isMemberAgain(cluster, watch)
  })

  it('S7 W8: is retired anew where an operator wants so, as far as all have heard of it', async () => {
    const { cluster, watch, old, restore } = await retired(95)
    for (const id of [ap, eu]) restore(id, old[id])
    await isMemberAgain(cluster, watch)
    const end = cluster.database(us).head.frontier[us]
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    await cluster.time.runFor(5_000)
    watch.throwFailure()
    for (const id of [ap, eu]) {
      expect(cluster.database(id).head.frontier[us]).toBeGreaterThanOrEqual(end ?? 0)
      expect(levelIn(cluster, id)).toMatchObject({ available: 83, reserved: 7, onHand: 90 })
    }
  })
})
