// A region that is restored from a copy from before it said its word about a retired region does not know of it any more: what
// it takes in, whom it hears first, and for whom it waits.

import { defaultRetention } from '@causeway/regions/history/retention'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { retireRegion } from '@causeway/schema/fence/commands'
import { heightOf } from '@causeway/schema/fence/fences'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import { checkConverged } from '../checkers/converged.ts'
import { rowsOf } from '../checkers/stock-watch.ts'
import type { SimulatedCluster } from '../cluster.ts'
import { ap, ask, converged, eu, short, us } from '../steps.ts'
import { accepted, isTakenOver, leftIn, levelIn, order, rightsIn, shop } from './shop.ts'

type Change = 'cut' | 'heal'

/** eu goes on with the copy and hears only what `reach` lets it. */
async function restore(cluster: SimulatedCluster, copy: ReturnType<SimulatedCluster['backUp']>, reach: () => void) {
  cluster.crash(eu)
  cluster.restore(eu, copy)
  reach()
  void cluster.start(eu)
  await cluster.time.runUntil('eu is back', () => cluster.region(eu)?.origin === `${eu}@2`, 60_000)
}

const heldIn = (cluster: SimulatedCluster, id: string, origin: string) =>
  cluster.database(id).head.frontier[origin] ?? 0

/** us has sold alone what nobody who stays has heard of, and is retired by the two others, in a moment that eu forgets. */
async function retired(seed: number, retention = { ...defaultRetention }) {
  const cluster = await shop(seed, retention)
  const copy = cluster.backUp(eu)
  await accepted(ask(cluster, us, placeOrder, order('heard', 2)))
  await cluster.time.runFor(2_000)
  const reach = (change: Change, one: string, other: string) => cluster.network[change](one, other)
  for (const other of [ap, eu]) reach('cut', us, other)
  await accepted(ask(cluster, us, placeOrder, order('alone', 4)))
  await accepted(ask(cluster, ap, retireRegion, { region: us }))
  await isTakenOver(cluster, us, [ap, eu])
  const fences = cluster.region(ap)?.fencing().fences
  const end = (fences && heightOf(fences, us)) ?? 0
  expect(heldIn(cluster, us, us)).toBeGreaterThan(end)
  return { cluster, copy, reach, end }
}

async function endsWell(cluster: SimulatedCluster, end: number, received = 0) {
  cluster.network.healAll()
  const isThere = () => [ap, eu].every((id) => cluster.database(id).documents.has('order/alone'))
  await cluster.time.runUntil('it is placed again', isThere, 60_000)
  await isTakenOver(cluster, us, [ap, eu])
  await cluster.time.runFor(10_000)
  expect(cluster.database(ap).head.frontier).toEqual(cluster.database(eu).head.frontier)
  expect(await cluster.region(ap)?.digest()).toBe(await cluster.region(eu)?.digest())
  for (const id of [ap, eu]) {
    expect(heldIn(cluster, id, us)).toBe(end)
    expect(levelIn(cluster, id)).toMatchObject({ available: 84 + received, reserved: 6, onHand: 90 + received })
    expect([...cluster.database(id).incidents.values()]).toEqual([])
  }
}

describe('a region that is restored from before it said its word about a retired one', () => {
  it('S7 W8: hears of its end from the retired region itself, which comes back and reaches it first', async () => {
    const { cluster, copy, reach, end } = await retired(61)
    reach('heal', us, ap)
    await cluster.time.runUntil('us knows', () => cluster.region(us)?.unready() !== null, 60_000)
    await restore(cluster, copy, () => {
      reach('cut', eu, ap)
      reach('heal', us, eu)
    })
    await cluster.time.runFor(10_000)
    expect(heldIn(cluster, eu, us)).toBeLessThanOrEqual(end)
    await endsWell(cluster, end)
  })

  it('S7 W8: takes nothing new from one that does not know its end, while who knows is cut off', async () => {
    const { cluster, copy, reach, end } = await retired(62)
    await restore(cluster, copy, () => {
      reach('cut', eu, ap)
      reach('heal', us, eu)
    })
    await cluster.time.runFor(10_000)
    expect(heldIn(cluster, eu, us)).toBeLessThanOrEqual(end)
    expect(cluster.region(eu)?.unready()).toBeNull()
    await endsWell(cluster, end)
  })

  it('S7 W8 S3: gives nothing to anybody, for who was retired meanwhile would keep it for good', async () => {
    const { cluster, copy, reach, end } = await retired(67)
    await restore(cluster, copy, () => {
      reach('cut', eu, ap)
      reach('heal', us, eu)
    })
    await accepted(ask(cluster, eu, receiveStock, { sku: 'mug-sku', quantity: 9 }))
    const given = rowsOf(cluster.database(eu), 'mug-sku').find(({ holder }) => holder === `${eu}@2`)?.cells.given
    expect(given).toEqual({})
    await endsWell(cluster, end, 9)
    await accepted(ask(cluster, eu, receiveStock, { sku: 'mug-sku', quantity: 9 }))
    await cluster.time.runFor(5_000)
    expect(rightsIn(cluster, ap)).toMatchObject({ [us]: 0 })
  })

  it('S7 W8 C10: takes no snapshot of the retired region, where the log of nobody reaches back to the copy', async () => {
    const { cluster, copy, reach, end } = await retired(63, { ...short, archiveMs: 2_000 })
    await cluster.time.runFor(20_000)
    await restore(cluster, copy, () => {
      reach('cut', eu, ap)
      reach('heal', us, eu)
    })
    await cluster.time.runFor(20_000)
    expect(heldIn(cluster, eu, us)).toBeLessThanOrEqual(end)
    await endsWell(cluster, end)
  })
})

describe('a region that is restored while another one is away', () => {
  it('W8 S7: waits for what that one knows, until an operator retires it anywhere', async () => {
    const cluster = await shop(64, { ...defaultRetention })
    const copy = cluster.backUp(eu)
    await accepted(ask(cluster, us, placeOrder, order('before', 2)))
    await cluster.time.runFor(2_000)
    await accepted(ask(cluster, eu, placeOrder, order('upon-that', 1)))
    await cluster.time.runFor(2_000)
    cluster.crash(ap)
    await restore(cluster, copy, () => undefined)
    await accepted(ask(cluster, us, placeOrder, order('after', 3)))
    await cluster.time.runFor(10_000)
    const has = (name: string) => cluster.database(eu).documents.has(`order/${name}`)
    // What it had known itself it knows again.
    expect(['before', 'upon-that', 'after'].map(has)).toEqual([true, true, false])
    await accepted(ask(cluster, us, retireRegion, { region: ap }))
    await cluster.time.runUntil('it goes on', () => has('after') && leftIn(cluster, eu).includes(ap), 60_000)
    await isTakenOver(cluster, ap, [eu, us])
  })

  it('W8 S7: two that are restored at once hear each other out, and go on', async () => {
    const cluster = await shop(65, { ...defaultRetention })
    const copies = [ap, eu].map((id) => [id, cluster.backUp(id)] as const)
    for (const [id] of copies) await accepted(ask(cluster, id, placeOrder, order(`lost-in-${id}`, 2)))
    await accepted(ask(cluster, us, placeOrder, order('kept', 3)))
    await cluster.time.runFor(20_000)
    for (const [id, copy] of copies) {
      cluster.crash(id)
      cluster.restore(id, copy)
      void cluster.start(id)
    }
    const isBack = () => copies.every(([id]) => cluster.region(id)?.origin === `${id}@2`)
    await cluster.time.runUntil('both are back', isBack, 60_000)
    await cluster.time.runFor(20_000)
    await converged(cluster)
    await checkConverged(cluster)
    expect(levelIn(cluster, us)).toMatchObject({ available: 83, reserved: 7, onHand: 90 })
  })

  it('W8 S7 C10: takes a snapshot of one that was restored itself, where no other one is left', async () => {
    const cluster = await shop(66, { ...short, archiveMs: 2_000 })
    const old = cluster.backUp(eu)
    cluster.crash(us)
    await accepted(ask(cluster, ap, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    await accepted(ask(cluster, ap, placeOrder, order('after', 3)))
    await cluster.time.runFor(20_000)
    const newer = cluster.backUp(ap)
    cluster.crash(ap)
    cluster.restore(ap, newer)
    await restore(cluster, old, () => undefined)
    void cluster.start(ap)
    const hasIt = () => cluster.database(eu).documents.has('order/after')
    await cluster.time.runUntil('it is up to date', hasIt, 60_000)
    await isTakenOver(cluster, us, [ap, eu])
    await cluster.time.runFor(20_000)
    expect(cluster.database(ap).head.frontier).toEqual(cluster.database(eu).head.frontier)
    expect(levelIn(cluster, eu)).toMatchObject({ available: 87, reserved: 3, onHand: 90 })
  })

  it('W8 S7 C10: takes a snapshot of the one that stays, where the two others retire each other', async () => {
    const cluster = await shop(68, { ...short, archiveMs: 2_000 })
    const copy = cluster.backUp(eu)
    await accepted(ask(cluster, eu, placeOrder, order('forgotten', 1)))
    await cluster.time.runFor(2_000)
    cluster.crash(eu)
    cluster.network.cut(ap, us)
    await accepted(ask(cluster, ap, retireRegion, { region: us }))
    await accepted(ask(cluster, us, retireRegion, { region: ap }))
    await accepted(ask(cluster, ap, placeOrder, order('after', 3)))
    await accepted(ask(cluster, us, placeOrder, order('alone', 4)))
    await cluster.time.runFor(20_000)
    await restore(cluster, copy, () => cluster.network.healAll())
    await isTakenOver(cluster, us, [ap, eu])
    await cluster.time.runFor(20_000)
    expect(cluster.database(ap).head.frontier).toEqual(cluster.database(eu).head.frontier)
    expect(await cluster.region(ap)?.digest()).toBe(await cluster.region(eu)?.digest())
    expect(leftIn(cluster, eu)).not.toContain(ap)
    expect(levelIn(cluster, eu)).toMatchObject({ available: 82, reserved: 8, onHand: 90 })
  })

  it.each(['retire each other', 'do not'])(
    'W8 S7 C10: takes a snapshot of the other one, where an operator has it retire the one that would stay: both %s',
    async (both) => {
      const isMutual = both === 'retire each other'
      const cluster = await shop(69, { ...short, archiveMs: 2_000 })
      const copy = cluster.backUp(eu)
      await accepted(ask(cluster, eu, placeOrder, order('forgotten', 1)))
      await cluster.time.runFor(2_000)
      cluster.crash(eu)
      if (isMutual) cluster.network.cut(ap, us)
      else await accepted(ask(cluster, us, placeOrder, order('after', 4)))
      await accepted(ask(cluster, ap, retireRegion, { region: us }))
      if (isMutual) {
        await accepted(ask(cluster, us, retireRegion, { region: ap }))
        await accepted(ask(cluster, us, placeOrder, order('after', 4)))
      }
      await accepted(ask(cluster, ap, placeOrder, order('alone', 3)))
      await cluster.time.runFor(20_000)
      await restore(cluster, copy, () => {
        for (const other of [ap, us]) cluster.network.cut(eu, other)
      })
      await accepted(ask(cluster, eu, retireRegion, { region: ap }))
      cluster.network.healAll()
      const [gone, stays] = isMutual ? [ap, us] : [us, ap]
      await isTakenOver(cluster, gone, [eu, stays])
      await cluster.time.runFor(20_000)
      expect(cluster.database(stays).head.frontier).toEqual(cluster.database(eu).head.frontier)
      expect(await cluster.region(stays)?.digest()).toBe(await cluster.region(eu)?.digest())
      expect(leftIn(cluster, eu)).not.toContain(stays)
      expect(levelIn(cluster, eu)).toMatchObject({ available: 82, reserved: 8, onHand: 90 })
    },
  )
})
