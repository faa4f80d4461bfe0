// What a lost region still owed when it was retired: the one that takes it over does it, and once.

import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { cancelOrder } from '@causeway/schema/documents/order/transitions'
import type { SmallDevice } from '@causeway/schema/documents/testing/small-device'
import { retireRegion } from '@causeway/schema/fence/commands'
import { isWhole } from '@causeway/schema/fence/fencing'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import type { SimulatedCluster } from '../cluster.ts'
import { ap, ask, eu, us } from '../steps.ts'
import { accepted, isTakenOver, leftIn, lend, levelIn, order, rightsIn, shop } from './shop.ts'

const isWholeAgain = (cluster: SimulatedCluster, id: string) => {
  const region = cluster.region(id)
  return region !== undefined && isWhole(region.fencing(), region.origin)
}

const close = (device: SmallDevice) => ({ id: device.lease.terms.id, entries: device.chain().entries })

/** Until both that stay show this, and then still. */
async function settled(cluster: SimulatedCluster, level: Partial<ReturnType<typeof levelIn>>): Promise<void> {
  const isShown = (id: string) =>
    Object.entries(level).every(([name, units]) =>
      Object.entries(levelIn(cluster, id)).some(([n, u]) => n === name && u === units),
    )
  await cluster.time.runUntil(`the stock is ${JSON.stringify(level)}`, () => [ap, eu].every(isShown), 60_000)
  await cluster.time.runFor(10_000)
  for (const id of [ap, eu]) expect(levelIn(cluster, id)).toMatchObject(level)
  expect(cluster.database(ap).head.frontier).toEqual(cluster.database(eu).head.frontier)
  expect(await cluster.region(ap)?.digest()).toBe(await cluster.region(eu)?.digest())
}

async function lose(cluster: SimulatedCluster, gone: string, by: string, left: readonly string[]): Promise<void> {
  cluster.crash(gone)
  await accepted(ask(cluster, by, retireRegion, { region: gone, override: left.length < 2 }))
  await isTakenOver(cluster, gone, left)
}

describe('what a retired region owed', () => {
  it('S7 S6: units that it had lent come back once, where the till closes its lease after the region is gone', async () => {
    const cluster = await shop(21)
    const device = await lend(cluster)
    device.sell('o1', 4)
    await lose(cluster, us, eu, [ap, eu])
    const sale = { ...order('o1', 4), leases: [device.chain()] }
    await accepted(ask(cluster, ap, placeOrder, sale))
    await settled(cluster, { available: 80, leased: 6, reserved: 4, onHand: 90 })
    device.close()
    await accepted(ask(cluster, ap, closeLease, close(device)))
    await settled(cluster, { available: 86, leased: 0, reserved: 4, onHand: 90 })
    await accepted(ask(cluster, ap, cancelOrder, { id: 'o1' }))
    await settled(cluster, { available: 90, leased: 0, reserved: 0, onHand: 90 })
  })

  it('S7 S6: a lease that had been closed before, and whose units the lost region had yet to take back', async () => {
    const cluster = await shop(22)
    const device = await lend(cluster)
    // While ap is away nothing is stable, and nothing comes back.
    cluster.network.cut(ap, us)
    cluster.network.cut(ap, eu)
    device.close()
    await accepted(ask(cluster, us, closeLease, close(device)))
    await cluster.time.runFor(3_000)
    expect(levelIn(cluster, eu)).toMatchObject({ leased: 10 })
    cluster.crash(us)
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    cluster.network.heal(ap, eu)
    await isTakenOver(cluster, us, [ap, eu])
    await settled(cluster, { available: 90, leased: 0, onHand: 90 })
  })

  it('S7 S6 S8: of an order that stands though its till has taken it back, what the lost region had yet to sell anew', async () => {
    const cluster = await shop(29)
    const device = await lend(cluster)
    device.sell('o1', 4)
    await accepted(ask(cluster, eu, placeOrder, { ...order('o1', 4), leases: [device.chain()] }))
    await cluster.time.runFor(1_000)
    cluster.network.cut(ap, us)
    cluster.network.cut(ap, eu)
    device.takeBack('o1')
    device.close()
    await accepted(ask(cluster, us, closeLease, close(device)))
    await cluster.time.runFor(3_000)
    cluster.crash(us)
    await accepted(ask(cluster, eu, retireRegion, { region: us }))
    cluster.network.heal(ap, eu)
    await isTakenOver(cluster, us, [ap, eu])
    await settled(cluster, { available: 86, leased: 0, reserved: 4, onHand: 90 })
  })

  it('S7 I2: a receipt that counted twice, and whose loser was the lost region, is taken back once', async () => {
    for (const learnsFirst of [true, false]) {
      const cluster = await shop(23)
      cluster.network.cut(us, eu)
      cluster.network.cut(ap, eu)
      await accepted(ask(cluster, eu, receiveStock, { sku: 'mug-sku', quantity: 30 }, 'once'))
      await accepted(ask(cluster, us, receiveStock, { sku: 'mug-sku', quantity: 30 }, 'once'))
      await cluster.time.runFor(1_000)
      cluster.crash(us)
      // eu hears of the outcome that lost before it takes over what is left, or after.
      if (learnsFirst) {
        cluster.network.heal(ap, eu)
        await cluster.time.runFor(2_000)
        expect(levelIn(cluster, eu).onHand).toBe(150)
      }
      await accepted(ask(cluster, learnsFirst ? eu : ap, retireRegion, { region: us }))
      cluster.network.heal(ap, eu)
      await isTakenOver(cluster, us, [ap, eu])
      await settled(cluster, { available: 120, onHand: 120 })
    }
  })

  it('S7 I4: a receipt that was sent again and waited in the lost region is credited once', async () => {
    const cluster = await shop(24)
    // While eu is away nothing is stable.
    cluster.network.cut(us, eu)
    cluster.network.cut(ap, eu)
    const resent = { principal: { subject: 'staff', roles: ['operator' as const], region: null }, resent: true }
    const call = { ...resent, idempotencyKey: 'again', deadlineAt: cluster.time.clockOf(us).now() + 5_000 }
    void cluster.region(us)?.execute(receiveStock, { sku: 'mug-sku', quantity: 30 }, call)
    await cluster.time.runFor(2_000)
    expect(levelIn(cluster, ap).onHand).toBe(90)
    cluster.crash(us)
    cluster.network.heal(ap, eu)
    await accepted(ask(cluster, ap, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    await settled(cluster, { available: 120, onHand: 120 })
  })

  it('S7 S8: an order that two regions reserved, of which the lost one is the loser, is released once', async () => {
    const cluster = await shop(25)
    cluster.network.cut(us, eu)
    cluster.network.cut(ap, eu)
    await accepted(ask(cluster, eu, placeOrder, order('twice', 5), 'k'))
    await accepted(ask(cluster, us, placeOrder, order('twice', 5), 'k'))
    await cluster.time.runFor(1_000)
    cluster.crash(us)
    cluster.network.heal(ap, eu)
    await accepted(ask(cluster, ap, retireRegion, { region: us }))
    await isTakenOver(cluster, us, [ap, eu])
    await settled(cluster, { available: 85, reserved: 5, onHand: 90 })
  })

  it('S7 S6 S8: the one that had taken it over is lost, too: whoever is left takes over both, and does each thing once', async () => {
    const cluster = await shop(26)
    const device = await lend(cluster)
    await accepted(ask(cluster, us, placeOrder, order('o1', 3)))
    await accepted(ask(cluster, us, placeOrder, order('o2', 2)))
    await cluster.time.runFor(1_000)
    await lose(cluster, us, ap, [ap, eu])
    await accepted(ask(cluster, ap, cancelOrder, { id: 'o1' }))
    await settled(cluster, { available: 78, reserved: 2, leased: 10, onHand: 90 })
    await lose(cluster, ap, eu, [eu])
    device.close()
    await accepted(ask(cluster, eu, closeLease, close(device)))
    await accepted(ask(cluster, eu, cancelOrder, { id: 'o2' }))
    const isBack = () => levelIn(cluster, eu).available === 90
    await cluster.time.runUntil('all units are back', isBack, 60_000)
    await cluster.time.runFor(10_000)
    expect(levelIn(cluster, eu)).toMatchObject({ available: 90, reserved: 0, leased: 0, onHand: 90 })
    expect(rightsIn(cluster, eu)).toEqual({ [ap]: 0, [eu]: 90, [us]: 0 })
  })

  it('S7 W8 S6 S8: the one that took it over is restored from before that, and does all of it once, under its new origin', async () => {
    const cluster = await shop(27)
    const device = await lend(cluster)
    await accepted(ask(cluster, us, placeOrder, order('o1', 3)))
    await cluster.time.runFor(1_000)
    const before = cluster.backUp(eu)
    await lose(cluster, us, eu, [ap, eu])
    await accepted(ask(cluster, ap, cancelOrder, { id: 'o1' }))
    await settled(cluster, { available: 80, reserved: 0, leased: 10, onHand: 90 })
    cluster.crash(eu)
    cluster.restore(eu, before)
    void cluster.start(eu)
    await cluster.time.runUntil('eu is back', () => cluster.region(eu)?.origin === `${eu}@2`, 60_000)
    device.close()
    await cluster.time.runUntil(
      'eu knows the end',
      () => leftIn(cluster, eu).includes(us) && isWholeAgain(cluster, eu),
      60_000,
    )
    await accepted(ask(cluster, eu, closeLease, close(device)))
    await settled(cluster, { available: 90, reserved: 0, leased: 0, onHand: 90 })
    expect(rightsIn(cluster, ap)[us]).toBe(0)
  })

  it('S7 S8: the one that takes it over is killed at each step of it, and does each thing once', async () => {
    // The retire itself, and the commit that takes the rows over.
    for (const step of [1, 2]) {
      const cluster = await shop(30 + step)
      for (const id of ['o1', 'o2', 'o3']) await accepted(ask(cluster, us, placeOrder, order(id, 2)))
      await cluster.time.runFor(1_000)
      cluster.crash(us)
      const start = cluster.database(eu).head.sequence
      await accepted(ask(cluster, eu, retireRegion, { region: us }))
      const isThere = () => cluster.database(eu).head.sequence >= start + step
      await cluster.time.runUntil(`step ${step}`, isThere, 60_000)
      cluster.crash(eu)
      await accepted(ask(cluster, ap, cancelOrder, { id: 'o1' }))
      void cluster.start(eu)
      await cluster.time.runUntil('eu is back', () => cluster.region(eu) !== undefined, 60_000)
      await isTakenOver(cluster, us, [ap, eu])
      await settled(cluster, { available: 86, reserved: 4, onHand: 90 })
    }
  })
})
