// A region that is retired while it retires one of those who agree on that, beyond its own end, and one or both of these were restored:
// what it says keeps the end from being decided where it is itself, and nowhere else.

import { placeOrder } from '@causeway/schema/documents/order/place'
import { retireRegion } from '@causeway/schema/fence/commands'
import { describe, expect, it } from 'vitest'
import { ap, ask, eu, short, us } from '../steps.ts'
import { accepted, isTakenOver, leftIn, levelIn, order, shop } from './shop.ts'

/**
 * ap and us go on with copies from before eu's last orders, and are cut off from eu, which sells on and retires us; then both
 * retire eu, neither of which knew of the other's restore by then, and all hear each other again.
 */
async function retiringEachOther(seed: number, retention = short) {
  const cluster = await shop(seed, retention)
  const copies = [ap, us].map((id) => ({ id, copy: cluster.backUp(id) }))
  await accepted(ask(cluster, eu, placeOrder, order('heard-and-forgotten', 2)))
  await cluster.time.runFor(10_000)
  for (const other of [ap, us]) cluster.network.cut(eu, other)
  await accepted(ask(cluster, eu, placeOrder, order('alone', 4)))
  for (const { id, copy } of copies) {
    cluster.crash(id)
    cluster.restore(id, copy)
    void cluster.start(id)
  }
  const isBack = () => [ap, us].every((id) => cluster.region(id)?.origin === `${id}@2`)
  await cluster.time.runUntil('both are back', isBack, 60_000)
  await accepted(ask(cluster, eu, retireRegion, { region: us }))
  await cluster.time.runFor(1_000)
  for (const id of [us, ap]) {
    await accepted(ask(cluster, id, retireRegion, { region: eu }))
    await cluster.time.runFor(1_000)
  }
  await isTakenOver(cluster, eu, [ap, us])
  cluster.network.healAll()
  const isThere = () => [ap, us].every((id) => cluster.database(id).documents.has('order/alone'))
  await cluster.time.runUntil('what it sold alone is placed again', isThere, 60_000)
  await cluster.time.runFor(10_000)
  expect(cluster.region(eu)?.unready()).toContain('retired')
  expect(cluster.database(ap).head.frontier).toEqual(cluster.database(us).head.frontier)
  expect(await cluster.region(ap)?.digest()).toBe(await cluster.region(us)?.digest())
  const told = [...cluster.database(us).incidents.values()].map(({ kind, entityIds }) => [kind, entityIds])
  expect(told).toEqual([['salvage', [us]]])
  expect([...cluster.database(eu).incidents.values()]).toEqual([])
  return cluster
}

const isIn = (cluster: Awaited<ReturnType<typeof shop>>, name: string) =>
  [ap, eu, us].map((id) => cluster.database(id).documents.has(`order/${name}`))

describe('a region that has retired another one beyond its own end', () => {
  it('S7 W8: learns of that end though both who agreed on it were restored, and all that it sold is placed again', async () => {
    const cluster = await retiringEachOther(81)
    expect(isIn(cluster, 'heard-and-forgotten')).toEqual([true, true, true])
    for (const id of [ap, us]) expect(levelIn(cluster, id)).toMatchObject({ available: 84, reserved: 6, onHand: 90 })
  })

  it('S7 W8: brings back what it has, though what it had told the others before they lost it is in its log no more', async () => {
    const cluster = await retiringEachOther(82, { ...short, archiveMs: 2_000 })
    expect(isIn(cluster, 'heard-and-forgotten')).toEqual([false, true, false])
    for (const id of [ap, us]) expect(levelIn(cluster, id)).toMatchObject({ available: 86, reserved: 4, onHand: 90 })
  })
})

describe('a region that is restored from before it agreed with one of two that retire each other', () => {
  it('S7 W8: waits for that one, though the other has it retired since before this one was restored', async () => {
    const cluster = await shop(83)
    const copy = cluster.backUp(us)
    for (const other of [ap, us]) cluster.network.cut(eu, other)
    await accepted(ask(cluster, ap, retireRegion, { region: eu }))
    await isTakenOver(cluster, eu, [ap, us])
    await accepted(ask(cluster, ap, placeOrder, order('of-what-was-taken-over', 40)))
    await accepted(ask(cluster, eu, placeOrder, order('alone', 4)))
    await accepted(ask(cluster, eu, retireRegion, { region: ap }))
    cluster.crash(ap)
    cluster.crash(us)
    cluster.restore(us, copy)
    cluster.network.healAll()
    void cluster.start(us)
    await cluster.time.runUntil('us is back', () => cluster.region(us)?.origin === `${us}@2`, 60_000)
    await cluster.time.runFor(20_000)
    expect([eu, us].map((id) => leftIn(cluster, id))).toEqual([[], []])
    expect(cluster.database(us).documents.has('order/alone')).toBe(false)
    void cluster.start(ap)
    await isTakenOver(cluster, eu, [ap, us])
    const isThere = () => [ap, us].every((id) => cluster.database(id).documents.has('order/alone'))
    await cluster.time.runUntil('what it sold alone is placed again', isThere, 60_000)
    await cluster.time.runFor(10_000)
    expect(cluster.database(ap).head.frontier).toEqual(cluster.database(us).head.frontier)
    for (const id of [ap, us]) {
      expect(leftIn(cluster, id)).not.toContain(ap)
      expect(levelIn(cluster, id)).toMatchObject({ available: 46, reserved: 44, onHand: 90 })
    }
  })
})
