// What one node of a region has kept of a member that lies, and the node that leads after it (W4).

import { branchName } from '@causeway/schema/commit/branch'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { retireRegion } from '@causeway/schema/fence/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { expect, it } from 'vitest'
import { ap, eu, Honest, us } from './honest.ts'
import { beginning } from './liar.ts'

const note = (id: string) => ({
  events: [{ type: 'cart.updated', entityId: id, data: {}, placement: 'everywhere' as const }],
})

/** Of us there are two nodes, and the first one leads; ap has shown us that it signs two logs. */
async function forked(seed: number) {
  const honest = await Honest.open(seed)
  const { liar } = honest
  const second = await honest.cluster.startSecondNode(us)
  const [left, leftBranch] = liar.write(beginning, note('left'))
  const [, rightBranch] = liar.write(beginning, note('right'))
  const [wrong] = liar.write(rightBranch, {})
  const [good] = liar.write(leftBranch, {})
  liar.tell(us, left.bytes, wrong.bytes)
  await honest.pass(3_000)
  expect(honest.incidents(us)).toMatchObject([{ kind: 'equivocation', resolved: null }])
  liar.forget(wrong.bytes)
  return { honest, liar, second, good }
}

it('C6 W4: a member that one node has found to sign two logs is suspended by the node that leads after it, too', async () => {
  const { honest, liar, good } = await forked(421)
  honest.cluster.crashNode(us, 0)
  await honest.pass(5_000)
  liar.tell(us, good.bytes)
  await honest.pass(5_000)
  expect(honest.frontier(us)[ap]).toBe(1)
})

it('C6 W4: it goes on once an operator has resolved the incident, whichever node he asked', async () => {
  const { honest, liar, second, good } = await forked(422)
  liar.tell(us, good.bytes)
  await honest.pass(3_000)
  expect(honest.frontier(us)[ap]).toBe(1)
  const [incident] = honest.incidents(us)
  await second.resolveIncident(incident?.id ?? '', 1, 'the region was restored from a copy')
  await honest.pass(10_000)
  expect(honest.frontier(us)[ap]).toBe(2)
})

it('C6 W4: what one node held for breaking a rule is held no longer once another one has applied it', async () => {
  const honest = await Honest.open(423)
  const { liar } = honest
  await honest.cluster.startSecondNode(us)
  const variants = [{ sku: 'rare', title: 'Rare', price: { amount: '9.00', currencyCode: 'GBP' } }]
  await honest.ask(eu, upsertProduct, { id: 'rare-product', title: 'Rare', variants })
  const cells = { received: 0, returned: 0, sold: 5, released: 0, shipped: 0, writtenOff: 0, given: {} }
  const sale = { type: 'stock.moved', entityId: 'stock:rare', data: {}, placement: 'everywhere' as const }
  const [early] = liar.write(beginning, { events: [sale], stock: [{ sku: 'rare', location: 'main', cells }] })
  liar.tell(us, early.bytes)
  await honest.pass(3_000)
  expect(honest.held(us)).toMatchObject([{ origin: ap, rule: 'S1', heldFor: 'quarantine' }])
  honest.cluster.crashNode(us, 0)
  honest.cluster.network.cut(us, ap)
  // A third of what comes in is given to ap, in the very commit of the receipt: the node that leads now never lacks it.
  await honest.ask(us, receiveStock, { sku: 'rare', quantity: 30 })
  await honest.pass(3_000)
  honest.cluster.network.heal(us, ap)
  await honest.cluster.time.runUntil('it is applied', () => honest.frontier(us)[ap] === 1, 30_000)
  await honest.pass(1_000)
  expect(honest.held(us)).toEqual([])
})

it('C6 S7 W4: a node that leads again goes by the log that took the name while another one led', async () => {
  const honest = await Honest.open(425)
  const { liar } = honest
  const [stays, goes] = [note('left'), note('right')]
    .map((words) => liar.write(beginning, words)[0])
    .toSorted((one, other) => Buffer.compare(one.hash, other.hash))
  if (stays === undefined || goes === undefined) throw new Error('no commits')
  await honest.cluster.startSecondNode(eu)
  liar.tell(eu, goes.bytes)
  liar.tell(us, stays.bytes)
  await honest.pass(500)
  await honest.sell()
  await honest.pass(3_000)
  const [first] = honest.cluster.nodes(eu)
  first?.process.pause()
  honest.cluster.disk(eu).goAway(10)
  await honest.pass(3_000)
  await honest.ask(us, retireRegion, { region: ap })
  const isRenamed = () => Buffer.from(honest.cluster.database(eu).head.chainHashes[ap] ?? []).equals(stays.hash)
  await honest.cluster.time.runUntil('the other log has the name in eu', isRenamed, 20_000)
  await honest.pass(3_000)
  honest.cluster.crashNode(eu, 1)
  first?.process.resume()
  await honest.pass(5_000)
  for (let day = 0; day < 3; day += 1) await honest.trade()
  // What has the name by now was not taken for a third log, and applied once more.
  const logs = Object.keys(honest.cluster.database(eu).head.chainHashes).filter((name) => name.startsWith(ap))
  expect(logs).toEqual([ap, branchName(ap, goes)])
  expect(honest.incidents(eu).map(({ kind }) => kind)).toEqual(['equivocation'])
})
