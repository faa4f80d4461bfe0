// What one node of a region has kept of a member that lies, and the node that leads after it (W4).

import { upsertProduct } from '@causeway/schema/documents/product/commands'
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
