// A region that is restored from an older copy has shown others to know what it does not know any more, and they have acted on
// that: units are for sale again that it could ship, or hand to a device, a second time.

import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { cancelOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { restorationOf } from '@causeway/schema/fence/fencing'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import type { SimulatedCluster } from '../cluster.ts'
import { ap, ask, converged, eu, members, us } from '../steps.ts'
import { accepted, lend, levelIn, order, shop } from './shop.ts'

const late = 'was restored from an older copy and does not know again all that this hangs on'

/** eu goes on with the copy, out of reach. */
async function restoreAlone(cluster: SimulatedCluster, copy: ReturnType<SimulatedCluster['backUp']>): Promise<void> {
  cluster.crash(eu)
  cluster.restore(eu, copy)
  for (const other of [ap, us]) cluster.network.cut(eu, other)
  void cluster.start(eu)
  await cluster.time.runUntil('eu is back', () => cluster.region(eu)?.origin === `${eu}@2`, 60_000)
}

/** It is heard again, and all that stay have said how far they hold what it had written. */
async function heal(cluster: SimulatedCluster): Promise<void> {
  for (const other of [ap, us]) cluster.network.heal(eu, other)
  await cluster.time.runFor(10_000)
  await converged(cluster)
}

/** As its operators are told. */
function restoration(cluster: SimulatedCluster) {
  const region = cluster.region(eu)
  return region && restorationOf(region.fencing(), region.origin)
}

function everywhere(cluster: SimulatedCluster, level: Partial<ReturnType<typeof levelIn>>): void {
  for (const id of members) expect(levelIn(cluster, id)).toMatchObject(level)
}

/** Sent again, for an attempt in another region was not answered. */
function askAgain(cluster: SimulatedCluster, quantity: number, idempotencyKey: string) {
  const principal = { subject: 'staff', roles: ['operator' as const], region: null }
  const deadlineAt = cluster.time.clockOf(eu).now() + 5_000
  return cluster
    .region(eu)
    ?.execute(receiveStock, { sku: 'mug-sku', quantity }, { principal, resent: true, idempotencyKey, deadlineAt })
}

describe('a region that is restored from an older copy, until the others have said what it had shown them', () => {
  it('W8 S8: ships and takes back nothing, for what was cancelled meanwhile is for sale again', async () => {
    const cluster = await shop(41)
    for (const id of ['all', 'part', 'none']) await accepted(ask(cluster, us, placeOrder, order(id, 4)))
    await cluster.time.runFor(1_000)
    const copy = cluster.backUp(eu)
    await accepted(ask(cluster, us, cancelOrder, { id: 'all' }))
    const part = { id: 'part', lines: [{ lineId: '1', quantity: 3, restock: true }] }
    await accepted(ask(cluster, us, returnOrderLines, part))
    const isReleased = () => levelIn(cluster, us).available === 85
    await cluster.time.runUntil('what was cancelled is for sale', isReleased, 60_000)
    await restoreAlone(cluster, copy)
    for (const id of ['all', 'part', 'none']) await expect(ask(cluster, eu, shipOrder, { id })).rejects.toThrow(late)
    await expect(ask(cluster, eu, returnOrderLines, part)).rejects.toThrow(late)
    // Nobody can have counted on it that these would not come.
    await accepted(ask(cluster, eu, receiveStock, { sku: 'mug-sku', quantity: 9 }))
    await accepted(ask(cluster, eu, placeOrder, order('alone', 2)))
    await accepted(ask(cluster, eu, cancelOrder, { id: 'none' }))

    await heal(cluster)
    everywhere(cluster, { available: 96, reserved: 3, onHand: 99 })
    expect(await ask(cluster, eu, shipOrder, { id: 'all' })).toMatchObject({ status: 'refused' })
    await accepted(ask(cluster, eu, shipOrder, { id: 'part' }))
    await accepted(ask(cluster, eu, shipOrder, { id: 'alone' }))
    await converged(cluster)
    everywhere(cluster, { available: 96, reserved: 0, onHand: 96 })
  })

  it('W8 S6: takes no sale of a device, for what was left of its lease may be back', async () => {
    const cluster = await shop(42)
    const device = await lend(cluster)
    device.sell('o1', 4)
    const sale = { ...order('o1', 4), leases: [device.chain()] }
    const copy = cluster.backUp(eu)
    await accepted(ask(cluster, us, closeLease, { id: device.lease.terms.id, withoutDevice: true }))
    await cluster.time.runUntil('the units are back', () => levelIn(cluster, us).available === 90, 60_000)
    await restoreAlone(cluster, copy)
    await expect(ask(cluster, eu, placeOrder, sale)).rejects.toThrow(late)
    await heal(cluster)
    expect(await ask(cluster, eu, placeOrder, sale)).toMatchObject({ status: 'refused' })
    everywhere(cluster, { available: 90, reserved: 0, leased: 0, onHand: 90 })
  })

  it('W8 I3: answers nothing that another region was asked before, for it may have been told the answer', async () => {
    const cluster = await shop(43)
    const copy = cluster.backUp(eu)
    await accepted(ask(cluster, us, receiveStock, { sku: 'mug-sku', quantity: 6 }, 'receipt'))
    await cluster.time.runFor(1_000)
    expect(restoration(cluster)).toBeNull()
    await restoreAlone(cluster, copy)
    await expect(askAgain(cluster, 6, 'receipt')).rejects.toThrow(late)
    expect(restoration(cluster)).toMatchObject({ waitsFor: [ap, us] })
    await heal(cluster)
    expect(restoration(cluster)).toBeNull()
    expect(await askAgain(cluster, 6, 'receipt')).toMatchObject({ status: 'accepted' })
    everywhere(cluster, { available: 96, onHand: 96 })
  })
})
