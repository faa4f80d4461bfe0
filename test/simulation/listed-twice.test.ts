// A till's list whose answer did not come, asked for once more in a region that has other units: each may take what the other cannot.

import type { CommandAnswer } from '@causeway/regions/region'
import { recordStockMovements } from '@causeway/schema/stock/commands'
import { expect, it } from 'vitest'
import type { SimulatedCluster } from './cluster.ts'
import { accepted, levelIn, shop } from './fences/shop.ts'
import { ap, ask, eu, us } from './steps.ts'

const movements = ['a', 'b'].map((id) => ({ id, sku: 'mug-sku', kind: 'SALE' as const, quantity: 20 }))

/** 30 units of each region, 20 more in eu: there is enough for the list in eu alone. */
async function till(seed: number): Promise<SimulatedCluster> {
  const cluster = await shop(seed)
  const back = { movements: [{ id: 'back', sku: 'mug-sku', kind: 'RETURN', quantity: 20 }] }
  await accepted(ask(cluster, eu, recordStockMovements, back, 'back'))
  await cluster.time.runFor(2_000)
  for (const [left, right] of [
    [ap, eu],
    [ap, us],
    [eu, us],
  ] as const)
    cluster.network.cut(left, right)
  return cluster
}

async function again(cluster: SimulatedCluster, id: string): Promise<CommandAnswer | undefined> {
  const call = {
    principal: { subject: 'staff', roles: ['operator' as const], region: null },
    idempotencyKey: 'list',
    resent: true,
    deadlineAt: cluster.time.clockOf(id).now() + 3_000,
  }
  let answer: CommandAnswer | undefined
  void cluster
    .region(id)
    ?.execute(recordStockMovements, { movements }, call)
    .then((value) => {
      answer = value
    })
  await cluster.time.runUntil('the answer', () => answer !== undefined, 20_000)
  return answer
}

it('I2: a sale that the region which answered first had no units for, and the second took, stands in every region', async () => {
  const cluster = await till(43)
  expect(await ask(cluster, us, recordStockMovements, { movements }, 'list')).toMatchObject({ result: { accepted: 1 } })
  await cluster.time.runFor(500)
  expect(await again(cluster, eu)).toMatchObject({ status: 'accepted', result: { accepted: 2, rejected: [] } })
  cluster.network.healAll()
  await cluster.time.runFor(15_000)
  for (const region of [ap, eu, us]) {
    expect(levelIn(cluster, region)).toMatchObject({ onHand: 70, reserved: 0, available: 70 })
    expect(await again(cluster, region)).toMatchObject({ result: { accepted: 2, rejected: [] } })
  }
})

it('I3: a sale that is refused where it was sent again is not refused for good while another region may have taken it', async () => {
  const cluster = await till(44)
  await accepted(ask(cluster, eu, recordStockMovements, { movements }, 'list'))
  await cluster.time.runFor(500)
  expect(await again(cluster, us)).toMatchObject({ status: 'pending' })
  cluster.network.healAll()
  await cluster.time.runFor(15_000)
  expect(await again(cluster, us)).toMatchObject({ status: 'accepted', result: { accepted: 2, rejected: [] } })
  for (const region of [ap, eu, us])
    expect(levelIn(cluster, region)).toMatchObject({ onHand: 70, reserved: 0, available: 70 })
})
