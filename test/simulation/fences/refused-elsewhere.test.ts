// An order that a region took before it was lost, and that was refused to whoever asked again elsewhere, when the region comes
// back: what stands then, and what the simulator's checker lets pass of it.

import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { retireRegion } from '@causeway/schema/fence/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import { Told } from '../callers/told.ts'
import { checkTold, placesOf } from '../checkers/acknowledged.ts'
import type { Departures } from '../checkers/departures.ts'
import { Watch } from '../checkers/watch.ts'
import { SimulatedCluster } from '../cluster.ts'
import { ap, ask, eu, members, product, short, us } from '../steps.ts'
import { accepted, isTakenOver, order } from './shop.ts'

interface Scene {
  readonly cluster: SimulatedCluster
  readonly watch: Watch
  readonly departures: Departures
}

/** us takes an order alone and is retired; eu refuses it meanwhile, and places it again when us is back. */
async function refusedAndPlacedAgain(key?: string): Promise<Scene> {
  const watch = new Watch(members)
  const cluster = new SimulatedCluster(41, members, short, { onDurable: watch.durable })
  await cluster.startAll()
  await accepted(ask(cluster, eu, upsertProduct, product('mug')))
  await accepted(ask(cluster, eu, receiveStock, { sku: 'mug-sku', quantity: 90 }))
  await cluster.time.runFor(2_000)
  for (const other of [ap, eu]) cluster.network.cut(us, other)
  await accepted(ask(cluster, us, placeOrder, order('asked-twice', 10), key))
  cluster.crash(us)
  await accepted(ask(cluster, eu, placeOrder, order('large', 55)))
  expect(await ask(cluster, eu, placeOrder, order('asked-twice', 10))).toMatchObject({ status: 'refused' })
  await accepted(ask(cluster, eu, retireRegion, { region: us }))
  await isTakenOver(cluster, us, [ap, eu])
  for (const other of [ap, eu]) cluster.network.heal(us, other)
  void cluster.start(us)
  const isThere = () => [ap, eu].every((id) => cluster.database(id).documents.has('order/asked-twice'))
  await cluster.time.runUntil('it is placed again', isThere, 60_000)
  watch.throwFailure()
  const databaseOf = (region: string) => cluster.database(region)
  const departures = { members, staying: [ap, eu], returned: [us], restored: new Set<string>(), databaseOf }
  return { cluster, watch, departures: { ...departures, history: watch.history, isUndone: watch.isUndone } }
}

function judge({ watch, departures }: Scene, id: string, customer: { readonly customerId?: string } = {}): () => void {
  const told = new Told()
  const input = { ...order(id, 10), ...customer }
  const asked = told.ask({ name: 'placeOrder', input, key: null, careful: true })
  asked.answer = { status: 'refused', codes: ['STOCK_UNREACHABLE'], token: {} }
  return () => checkTold({ region: eu, told, departures }, placesOf(watch.history.all))
}

describe('an order that was refused elsewhere, and comes again with the region that took it', () => {
  it('I3 S7: of an order for nobody without a key it is not known who was refused it: that one case is let pass', async () => {
    const scene = await refusedAndPlacedAgain()
    expect(judge(scene, 'asked-twice')).not.toThrow()
    expect(judge(scene, 'asked-twice', { customerId: 'ada' })).toThrow('refused for good')
    // Placed by eu itself: no copy of anything.
    expect(judge(scene, 'large')).toThrow('refused for good')
    // What somebody who stays can still bring is no lost commit.
    const { departures } = scene
    expect(judge({ ...scene, departures: { ...departures, staying: members } }, 'asked-twice')).toThrow()
  })

  it('I3 S7: one that was placed with a key is no such case', async () => {
    expect(judge(await refusedAndPlacedAgain('key'), 'asked-twice')).toThrow('refused for good')
  })
})
