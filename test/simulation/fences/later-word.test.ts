// A restored region that has said a word about the region which stays, and hears from the one which leaves that this one does.

import { regionSources } from '@causeway/regions/graphql/resolvers/cluster'
import { defaultRetention } from '@causeway/regions/history/retention'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { retireRegion } from '@causeway/schema/fence/commands'
import { describe, expect, it } from 'vitest'
import { ap, ask, eu, us } from '../steps.ts'
import { accepted, isTakenOver, leftIn, levelIn, order, shop } from './shop.ts'

/**
 * us retires ap and is away. eu is restored, and an operator, who sees nothing of that, has it retire us; then it hears ap. With the
 * last it is to say its word about ap, and us has not said its own about that yet.
 */
async function retiredByBoth(seed: number) {
  const cluster = await shop(seed, { ...defaultRetention })
  const copy = cluster.backUp(eu)
  await accepted(ask(cluster, eu, placeOrder, order('forgotten', 1)))
  await cluster.time.runFor(2_000)
  cluster.crash(eu)
  await accepted(ask(cluster, us, retireRegion, { region: ap }))
  await cluster.time.runFor(20_000)
  await accepted(ask(cluster, us, placeOrder, order('alone', 4)))
  cluster.crash(us)
  cluster.restore(eu, copy)
  for (const other of [ap, us]) cluster.network.cut(eu, other)
  void cluster.start(eu)
  await cluster.time.runUntil('eu is back', () => cluster.region(eu)?.origin === `${eu}@2`, 60_000)
  await accepted(ask(cluster, eu, retireRegion, { region: us }))
  cluster.network.healAll()
  await cluster.time.runUntil('eu puts off its word', () => cluster.region(eu)?.putOff() !== null, 60_000)
  await cluster.time.runFor(30_000)
  expect(cluster.region(eu)?.putOff()).toEqual({ waitsFor: [us], through: [ap] })
  return cluster
}

describe('a restored region that was made to retire the one that stays', () => {
  it('S7 W8: hears the word of that one before it says its own', async () => {
    const cluster = await retiredByBoth(71)
    void cluster.start(us)
    await isTakenOver(cluster, ap, [eu, us])
    await cluster.time.runFor(10_000)
    expect(cluster.region(eu)?.putOff()).toBeNull()
    expect(cluster.database(us).head.frontier).toEqual(cluster.database(eu).head.frontier)
    for (const id of [eu, us]) {
      expect(leftIn(cluster, id)).not.toContain(us)
      expect(levelIn(cluster, id)).toMatchObject({ available: 85, reserved: 5, onHand: 90 })
    }
  })

  it('S7 W8: goes on without that one where it can hear it no more and an operator says so, and places its orders again', async () => {
    const cluster = await retiredByBoth(72)
    cluster.crash(ap)
    void cluster.start(us)
    await cluster.time.runFor(30_000)
    expect([eu, us].map((id) => leftIn(cluster, id))).toEqual([[], []])
    const reasonOf = (asked: string, id: string) => {
      const region = cluster.region(asked)
      return region && regionSources(region, 0).find((one) => one.id === id)?.reason
    }
    const what = `start ${ap}, or, if that is lost for good, retire ${us} in ${eu} with override`
    expect(reasonOf(eu, ap)).toContain(
      `${eu} says its word after that of ${us}, which ${ap} alone can bring it: ${what}`,
    )
    expect(reasonOf(us, ap)).toContain(`waiting for ${eu}.`)
    const again = await ask(cluster, eu, retireRegion, { region: ap, override: true })
    expect(again).toMatchObject({ status: 'refused', errors: [{ code: 'INVALID' }] })
    expect(JSON.stringify(again)).toContain(`retire ${us} in ${eu}`)
    await accepted(ask(cluster, eu, retireRegion, { region: us, override: true }))
    const isThere = () => cluster.database(eu).documents.has('order/alone')
    await cluster.time.runUntil('what us sold alone is placed again', isThere, 60_000)
    expect(leftIn(cluster, eu)).toEqual(expect.arrayContaining([ap, us]))
    expect(cluster.region(us)?.unready()).toContain('retired')
    expect(levelIn(cluster, eu)).toMatchObject({ available: 85, reserved: 5, onHand: 90 })
  })
})
