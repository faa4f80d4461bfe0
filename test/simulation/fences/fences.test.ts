// Regions that are retired, by whom and whenever, in the whole cluster on virtual time: what operators do when a region is
// lost, and what must hold of the stock all the while.

import { placeOrder } from '@causeway/schema/documents/order/place'
import { cancelOrder } from '@causeway/schema/documents/order/transitions'
import { retireRegion } from '@causeway/schema/fence/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import { checkConverged } from '../checkers/converged.ts'
import { rowsOf } from '../checkers/stock-watch.ts'
import { ap, ask, converged, eu, members, short, us } from '../steps.ts'
import { accepted, isTakenOver, leftIn, levelIn, order, rightsIn, shop } from './shop.ts'

describe('regions that are retired', () => {
  it('S7: two that are cut off from each other retire each other: one of them stays, and nothing is sold twice', async () => {
    for (const seed of [1, 2, 3]) {
      const cluster = await shop(seed)
      cluster.network.cut(us, eu)
      await Promise.all([
        ask(cluster, us, retireRegion, { region: eu }),
        ask(cluster, eu, retireRegion, { region: us }),
      ])
      await cluster.time.runUntil('the third has decided', () => leftIn(cluster, ap).length > 0, 60_000)
      const [gone] = leftIn(cluster, ap)
      const stays = gone === us ? eu : us
      await isTakenOver(cluster, gone ?? '', [ap, stays])
      cluster.network.heal(us, eu)
      await cluster.time.runFor(10_000)
      for (const id of [ap, stays]) expect(leftIn(cluster, id)).toEqual([gone])
      expect(levelIn(cluster, ap)).toMatchObject({ available: 90, onHand: 90 })
      expect(cluster.database(ap).head.frontier).toEqual(cluster.database(stays).head.frontier)
      expect(await cluster.region(ap)?.digest()).toBe(await cluster.region(stays)?.digest())
    }
  })

  it('S7: one that is lost with sales that only one other has heard of: they stand, for the third fetches them', async () => {
    const cluster = await shop(4)
    cluster.network.cut(us, eu)
    cluster.network.cut(ap, eu)
    await accepted(ask(cluster, us, placeOrder, order('heard-in-ap', 7)))
    await cluster.time.runFor(1_000)
    cluster.crash(us)
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    await cluster.time.runFor(5_000)
    expect(leftIn(cluster, eu)).toEqual([])
    cluster.network.heal(ap, eu)
    await isTakenOver(cluster, us, [ap, eu])
    for (const id of [ap, eu]) {
      expect(levelIn(cluster, id)).toMatchObject({ available: 83, reserved: 7, onHand: 90 })
      expect(cluster.database(id).documents.has('order/heard-in-ap')).toBe(true)
    }
  })

  it('S7: what it sold alone is placed again where it came while the others were still deciding, too', async () => {
    const cluster = await shop(7)
    for (const other of [ap, eu]) cluster.network.cut(us, other)
    await accepted(ask(cluster, us, placeOrder, order('alone', 3)))
    cluster.network.cut(ap, eu)
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    cluster.network.heal(us, eu)
    await cluster.time.runFor(5_000)
    expect(leftIn(cluster, eu)).toEqual([])
    cluster.network.heal(ap, eu)
    await isTakenOver(cluster, us, [ap, eu])
    const isThere = () => [ap, eu].every((id) => cluster.database(id).documents.has('order/alone'))
    await cluster.time.runUntil('it is placed again', isThere, 60_000)
    for (const id of [ap, eu]) expect(levelIn(cluster, id)).toMatchObject({ available: 87, reserved: 3, onHand: 90 })
  })

  it('S7 W8: what it sold from an old copy, alone and after it was retired, is placed again, too', async () => {
    const cluster = await shop(8)
    const copy = cluster.backUp(us)
    cluster.crash(us)
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    cluster.restore(us, copy)
    for (const other of [ap, eu]) cluster.network.cut(us, other)
    void cluster.start(us)
    await cluster.time.runUntil('us is back', () => cluster.region(us)?.origin === `${us}@2`, 20_000)
    // Nobody who stays has heard of this incarnation, and it has no units but of what comes in.
    await accepted(ask(cluster, us, receiveStock, { sku: 'mug-sku', quantity: 30 }))
    await accepted(ask(cluster, us, placeOrder, order('under-a-new-origin', 3)))
    for (const other of [ap, eu]) cluster.network.heal(us, other)
    const isThere = () => [ap, eu].every((id) => cluster.database(id).documents.has('order/under-a-new-origin'))
    await cluster.time.runUntil('it is placed again', isThere, 60_000)
    const told = () => [...cluster.database(eu).incidents.values()].map(({ kind, entityIds }) => `${kind} ${entityIds}`)
    await cluster.time.runUntil('the receipt is told', () => told().length > 0, 60_000)
    expect(told()).toEqual(['salvage stock:mug-sku'])
    for (const id of [ap, eu]) expect(levelIn(cluster, id)).toMatchObject({ available: 87, reserved: 3, onHand: 90 })
  })

  it('S7 C10: what a retired region brings back it keeps, and an heir that was restored since is told of it again', async () => {
    const cluster = await shop(9, { ...short, archiveMs: 10_000 })
    await accepted(ask(cluster, us, placeOrder, order('unwanted', 3)))
    await cluster.time.runFor(2_000)
    const reach = (change: 'cut' | 'heal') => {
      for (const other of [ap, eu]) cluster.network[change](us, other)
    }
    reach('cut')
    await accepted(ask(cluster, us, cancelOrder, { id: 'unwanted' }))
    const { sequence } = cluster.database(us).head
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    const copy = cluster.backUp(eu)
    const told = () => [...cluster.database(eu).incidents.values()].map(({ kind, entityIds }) => `${kind} ${entityIds}`)
    reach('heal')
    await cluster.time.runUntil('the cancellation is told', () => told().length > 0, 60_000)
    reach('cut')
    // The log of what the others write meanwhile is gone when it reaches them again.
    for (let count = 0; count < 3; count += 1) {
      await accepted(ask(cluster, eu, receiveStock, { sku: 'mug-sku', quantity: 1 }))
      await cluster.time.runFor(20_000)
    }
    reach('heal')
    await cluster.time.runFor(20_000)
    cluster.crash(eu)
    cluster.restore(eu, copy)
    expect(told()).toEqual([])
    void cluster.start(eu)
    await cluster.time.runUntil('it is told again', () => told().length > 0, 60_000)
    expect(told()).toEqual(['salvage unwanted'])
    expect(cluster.database(us).head).toMatchObject({ origin: us, sequence })
    expect([...cluster.database(us).incidents.values()]).toEqual([])
  })

  it('S7 C10: one that no log tells of its end any more learns it with a snapshot, and keeps what it brings back as it is', async () => {
    const cluster = await shop(66, { ...short, archiveMs: 2_000 })
    for (const other of [ap, eu]) cluster.network.cut(us, other)
    await accepted(ask(cluster, us, placeOrder, order('alone', 4)))
    await accepted(ask(cluster, ap, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    await cluster.time.runFor(20_000)
    const held = () => {
      const { head, stock, documents } = cluster.database(us)
      return { frontier: head.frontier, rows: [...stock.values()], documents: [...documents.keys()].sort() }
    }
    const before = held()
    cluster.network.healAll()
    await cluster.time.runUntil('it knows', () => cluster.region(us)?.unready()?.includes('retired') === true, 60_000)
    await cluster.time.runFor(10_000)
    expect(held()).toEqual(before)
    const isThere = () => [ap, eu].every((id) => cluster.database(id).documents.has('order/alone'))
    await cluster.time.runUntil('it is placed again', isThere, 60_000)
    for (const id of [ap, eu]) expect(levelIn(cluster, id)).toMatchObject({ available: 86, reserved: 4, onHand: 90 })
  })

  it('S7: the one that takes it over is killed meanwhile, and goes on where it was', async () => {
    const cluster = await shop(5)
    cluster.crash(us)
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    await cluster.time.runUntil('it is decided', () => leftIn(cluster, eu).length > 0, 60_000)
    cluster.crash(eu)
    void cluster.start(eu)
    await cluster.time.runUntil('eu is back', () => cluster.region(eu) !== undefined, 20_000)
    await isTakenOver(cluster, us, [ap, eu])
    expect(rightsIn(cluster, ap)).toMatchObject({ [us]: 0 })
    expect(levelIn(cluster, eu).available).toBe(90)
  })

  it('S7 W8: a restored region takes over what it wrote before, and sells what was its share', async () => {
    const cluster = await shop(6)
    const backup = cluster.backUp(us)
    await accepted(ask(cluster, us, placeOrder, order('after-the-backup', 4)))
    await cluster.time.runFor(2_000)
    cluster.crash(us)
    cluster.restore(us, backup)
    void cluster.start(us)
    await cluster.time.runUntil('us is back', () => cluster.region(us) !== undefined, 20_000)
    expect(cluster.region(us)?.origin).toBe(`${us}@2`)
    const isOver = () =>
      members.every((id) => {
        const old = rowsOf(cluster.database(id), 'mug-sku').find(({ holder }) => holder === us)
        return old !== undefined && (old.cells.given[`${us}@2`] ?? 0) > 0
      })
    await cluster.time.runUntil('its old rows are taken over', isOver, 60_000)
    for (const other of [ap, eu]) cluster.network.cut(us, other)
    await accepted(ask(cluster, us, placeOrder, order('from-its-share', 10)))
    for (const other of [ap, eu]) cluster.network.heal(us, other)
    await converged(cluster)
    await checkConverged(cluster)
    expect(levelIn(cluster, ap)).toMatchObject({ available: 76, reserved: 14 })
  })
})
