// An origin signs two logs, the honest regions stand on different ones, and an operator retires it: what must become one again.

import { openCommit } from '@causeway/schema/commit/codec'
import { actorOf } from '@causeway/schema/documents/actor'
import { applyEdits, closeDocument, openDocument } from '@causeway/schema/documents/automerge'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { productKind } from '@causeway/schema/documents/product/kind'
import { retireRegion } from '@causeway/schema/fence/commands'
import { emptyCells, type StockCells } from '@causeway/schema/stock/row'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../checkers/stock-watch.ts'
import { short } from '../steps.ts'
import { ap, eu, Honest, us } from './honest.ts'
import { type Branch, beginning, type Liar } from './liar.ts'

/** A commit that leaves the liar's row of the rare mug so. */
function row(cells: Partial<StockCells>, id = 'rare') {
  const events = [{ type: 'stock.moved', entityId: `stock:${id}`, data: {}, placement: 'everywhere' as const }]
  return { events, stock: [{ sku: id, location: 'main', cells: { ...emptyCells, received: 10, ...cells } }] }
}

/** The liar has ten rare mugs, gives `units` of them to eu in one log and to us in the other. */
async function forked(seed: number, units: number) {
  const honest = await Honest.open(seed)
  const { liar } = honest
  const variants = [{ sku: 'rare', title: 'Rare', price: { amount: '9.00', currencyCode: 'GBP' } }]
  await honest.ask(eu, upsertProduct, { id: 'rare-product', title: 'Rare', variants })
  await honest.agree()
  const [same, branch] = liar.write(beginning, row({}))
  for (const peer of [eu, us]) liar.tell(peer, same.bytes)
  await honest.pass(1_000)
  const [left, leftBranch] = liar.write(branch, row({ given: { [eu]: units } }))
  const [right, rightBranch] = liar.write(branch, row({ given: { [us]: units } }))
  liar.tell(eu, left.bytes)
  liar.tell(us, right.bytes)
  await honest.pass(1_000)
  return { honest, liar, leftBranch, rightBranch }
}

/** Both who are left have decided where the forked origin ends. */
function isRetired(honest: Honest): boolean {
  return [eu, us].every((id) => {
    const { decided } = honest.region(id).fencing().fences
    return decided.some(({ key }) => key === ap)
  })
}

const rare = (id: string, quantity: number) => ({ id, lines: [{ sku: 'rare', quantity }] })

const hashOf = (bytes: Uint8Array | undefined, { liar }: Honest) =>
  bytes === undefined ? beginning.hash : openCommit(bytes, liar.crypto).hash

/** What a member that is to be fenced says of a product and of an order, one commit each, on top of one log or the other. */
function telling(honest: Honest, branch: Branch, name: string, lengths: readonly number[], before = 0) {
  const { liar } = honest
  const told: Uint8Array[] = []
  let end = branch
  for (const [index, length] of lengths.entries()) {
    const events = Array.from({ length }, (_, event) => ({
      type: 'cart.updated',
      entityId: `${name}-${index}-${event}`,
      data: {},
      placement: 'everywhere' as const,
    }))
    const units = before + index + 1
    const given = { [eu]: name === 'right' ? before : units, [us]: name === 'left' ? before : units }
    const [commit, after] = liar.write(end, {
      ...row({ received: 40, sold: units, given }),
      ...productOf(liar, name, index),
      events,
    })
    told.push(commit.bytes)
    end = after
  }
  return told
}

function productOf(liar: Liar, name: string, index: number) {
  const id = `${name}-product-${index}`
  const actor = actorOf(liar.id, Buffer.from(`${name}${index}`.padEnd(16, '-')).toString('hex'), liar.crypto.sha256)
  const handle = openDocument(productKind, null, actor)
  try {
    const edit = { map: 'fields', key: 'title', value: `${name} ${index}` } as const
    const change = applyEdits(handle, [edit], liar.now(), liar.id)
    if (change === null) throw new Error('a change that changes nothing')
    const documents = [{ kind: 'product', id, placement: 'everywhere' as const, bytes: change.bytes }]
    const outcome = {
      key: 'a key of both',
      inputDigest: '0'.repeat(64),
      accepted: true,
      command: 'upsertProduct',
      resent: false,
    }
    return { documents, outcomes: [{ ...outcome, result: { id } }] }
  } finally {
    closeDocument(handle)
  }
}

describe('a member that has signed two logs is retired', () => {
  it('C3 C6 S7: whoever had applied how much of which, what any of them stands on is held by all', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 })
    const world = fc.record({
      seed: fc.integer({ min: 1, max: 10_000 }),
      same: lengths,
      left: lengths,
      right: lengths,
      crossed: fc.boolean(),
      restart: fc.boolean(),
      by: fc.constantFrom(eu, us),
    })
    const property = fc.asyncProperty(world, async ({ seed, same, left, right, crossed, restart, by }) => {
      const honest = await Honest.open(seed)
      const { liar } = honest
      const tell = (peer: string, told: readonly Uint8Array[]) => liar.tell(peer, ...told)
      const common = telling(honest, beginning, 'same', same)
      for (const peer of [eu, us]) tell(peer, common)
      const end = { sequence: same.reduce((sum, length) => sum + length, 0), hash: hashOf(common.at(-1), honest) }
      await honest.pass(500)
      const [toEu, toUs] = [
        telling(honest, end, 'left', left, same.length),
        telling(honest, end, 'right', right, same.length),
      ]
      tell(eu, toEu)
      tell(us, toUs)
      await honest.pass(500)
      await honest.sell()
      if (crossed) tell(us, toEu)
      await honest.pass(2_000)
      if (restart) await honest.restart()
      await honest.ask(by, retireRegion, { region: ap })
      await honest.cluster.time.runUntil('it is retired', () => isRetired(honest), 60_000)
      await honest.agree()
      await honest.pass(3_000)
      await honest.trade()
      const kept = [
        ...left.map((_, index) => `left-product-${index}`),
        ...right.map((_, index) => `right-product-${index}`),
      ]
      for (const id of [eu, us])
        for (const product of kept) expect(honest.cluster.database(id).documents.has(`product/${product}`)).toBe(true)
      await honest.restart()
      await honest.trade()
    })
    await fc.assert(property, { numRuns: 12 })
  }, 120_000)

  for (const seed of [501, 502, 503]) {
    it(`C6 S7: the regions that stood on different ones become one, with the sales of both (seed ${seed})`, async () => {
      const { honest } = await forked(seed, 8)
      await honest.ask(eu, placeOrder, rare('of-the-left', 8))
      await honest.ask(us, placeOrder, rare('of-the-right', 8))
      await honest.pass(5_000)
      await honest.ask(eu, retireRegion, { region: ap })
      const isOver = () => isRetired(honest) && honest.incidents(eu).some(({ kind }) => kind === 'debt')
      await honest.cluster.time.runUntil('it is retired and taken over', isOver, 60_000)
      await honest.agree()
      for (const id of [eu, us]) {
        for (const order of ['of-the-left', 'of-the-right'])
          expect(honest.cluster.database(id).documents.has(`order/${order}`)).toBe(true)
        const rows = rowsOf(honest.cluster.database(id), 'rare')
        expect(rows.find(({ holder }) => holder === ap)?.cells.given).toEqual({ [eu]: 8, [us]: 8 })
      }
      expect(honest.incidents(eu).find(({ kind }) => kind === 'debt')?.detail).toContain('6 of rare')
      for (let day = 0; day < 3; day += 1) await honest.trade()
      await honest.restart()
      await honest.trade()
      expect(honest.frontier(eu)[ap]).toBe(2)
    })
  }

  it('C6 S7: a region that takes the longer log for the one of the name shows at once that it holds it', async () => {
    const honest = await Honest.open(521)
    const { liar } = honest
    const [left] = liar.write(beginning, productOf(liar, 'left', 0))
    const [right, rightBranch] = liar.write(beginning, productOf(liar, 'right', 0))
    const [longer] = liar.write(rightBranch, {})
    liar.tell(eu, left.bytes)
    liar.tell(us, right.bytes, longer.bytes)
    await honest.pass(500)
    await honest.sell()
    await honest.pass(3_000)
    await honest.ask(eu, retireRegion, { region: ap })
    await honest.cluster.time.runUntil('eu has the longer one', () => honest.frontier(eu)[ap] === 2, 20_000)
    await honest.pass(10)
    expect(honest.region(eu).frontier()[ap]).toBe(2)
  })

  it('C6 S7 C11: so they do where the log of one no longer reaches back to where the two part', async () => {
    const honest = await Honest.open(511, { ...short, archiveMs: 4_000 })
    const { liar } = honest
    // It acknowledges what the others have written, so that what it writes itself is stable once they know of each other's.
    const acknowledging = () => {
      const { frontier, chainHashes } = honest.cluster.database(eu).head
      const of = <Value>(values: Readonly<Record<string, Value>>) =>
        Object.fromEntries([eu, us].flatMap((id) => (values[id] === undefined ? [] : [[id, values[id]]])))
      return [{ clock: of(frontier) }, of(chainHashes)] as const
    }
    const [clock, hashes] = acknowledging()
    const [same, branch] = liar.write(beginning, clock, hashes)
    for (const peer of [eu, us]) liar.tell(peer, same.bytes)
    await honest.pass(3_000)
    const [later, laterHashes] = acknowledging()
    const [left] = liar.write(branch, { ...productOf(liar, 'left', 0), ...later }, laterHashes)
    const [right] = liar.write(branch, { ...productOf(liar, 'right', 0), ...later }, laterHashes)
    liar.tell(eu, left.bytes)
    liar.tell(us, right.bytes)
    await honest.pass(500)
    await honest.sell()
    await honest.pass(2_000)
    await honest.sell()
    await honest.pass(20_000)
    const gone = [eu, us].map((id) => honest.cluster.database(id).floor.vector[ap])
    expect(gone).toEqual([2, 2])
    await honest.ask(eu, retireRegion, { region: ap })
    await honest.cluster.time.runUntil('it is retired', () => isRetired(honest), 60_000)
    await honest.agree()
    for (let day = 0; day < 3; day += 1) await honest.trade()
    const ends = [eu, us].map((id) =>
      Buffer.from(honest.cluster.database(id).head.chainHashes[ap] ?? []).toString('hex'),
    )
    expect(new Set(ends).size).toBe(1)
    for (const id of [eu, us])
      for (const name of ['left', 'right'])
        expect(honest.cluster.database(id).documents.has(`product/${name}-product-0`)).toBe(true)
  })
})
