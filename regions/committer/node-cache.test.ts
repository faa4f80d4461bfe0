// What a node remembers while another node of its region writes or puts rows right, and what it never takes for written.

import { createMemoryDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { LoadRequest, Store } from '@causeway/db/store'
import { accept, type CommandDefinition } from '@causeway/schema/documents/command'
import { skuAlias } from '@causeway/schema/documents/ids'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { acknowledge } from '@causeway/schema/stock/acknowledge'
import { receiveStock } from '@causeway/schema/stock/commands'
import { emptyCells, mainLocation } from '@causeway/schema/stock/row'
import { expect, it } from 'vitest'
import { createCrypto, generateSigningKey } from '../crypto.ts'
import { nothingToRepair } from '../divergence/rebuild.ts'
import { ports } from '../http/cluster.testing.ts'
import { regionPrincipal } from './executor.ts'
import { noReads } from './flush.ts'
import { maximumMissed, NodeCache } from './node-cache.ts'
import { Writer } from './writer.ts'

it('C9, W4: a node forgets what it remembers once another node has put a row right', async () => {
  const database = createMemoryDatabase('eu')
  const [left, right] = [createMemoryStore({ region: 'eu', database }), createMemoryStore({ region: 'eu', database })]
  const row = (received: number) => ({
    sku: 'mug',
    location: mainLocation,
    holder: 'eu',
    cells: { ...emptyCells, received },
    givenIn: 0,
  })
  const cache = new NodeCache()
  const read = (store: Store) =>
    store.transact(async (transaction) => {
      await cache.catchUp(transaction)
      return (await cache.load(transaction, { ...noReads, skus: ['mug'] })).stock
    })
  await right.transact((transaction) => transaction.repair({ ...nothingToRepair, stock: [row(1_000)] }))
  expect(await read(left)).toEqual([row(1_000)])
  await right.transact((transaction) => transaction.repair({ ...nothingToRepair, stock: [row(10)] }))
  expect(await read(left)).toEqual([row(10)])
})

it('W4: a node keeps what it remembers of rows and names that another node’s commits have not touched', async () => {
  const setting = { region: 'eu', database: createMemoryDatabase('eu') }
  const [left, right] = [createMemoryStore(setting), createMemoryStore(setting)]
  const other = writerOn(right)
  for (const sku of ['mug', 'hat']) {
    await shelve(other, sku)
  }
  const cache = new NodeCache()
  const skus = ['hat', 'mug']
  const look = () =>
    left.transact(async (transaction) => {
      await cache.catchUp(transaction)
      const asked: LoadRequest[] = []
      const load: typeof transaction.load = (request) => {
        asked.push(request)
        return transaction.load(request)
      }
      const loaded = await cache.load({ load }, { ...noReads, skus, aliases: skus.map(skuAlias) })
      const sold = loaded.stock.map(({ sku, cells }) => [sku, cells.sold]).sort()
      return { asked, sold, found: loaded.aliases.length }
    })
  expect(await look()).toMatchObject({
    sold: [
      ['hat', 0],
      ['mug', 0],
    ],
    found: 2,
  })
  await run(other, placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 3 }] })
  const after = await look()
  expect(after).toMatchObject({
    sold: [
      ['hat', 0],
      ['mug', 3],
    ],
    found: 2,
  })
  expect(after.asked).toEqual([{ ...noReads, skus: ['mug'] }])
  await run(other, upsertProduct, { id: 'product-mug', title: 'A mug' })
  expect((await look()).asked).toEqual([{ ...noReads, aliases: skus.map(skuAlias) }])
})

it('W4: a node asks ahead for what it lacks, and for what others have changed meanwhile once it knows', async () => {
  const setting = { region: 'eu', database: createMemoryDatabase('eu') }
  const [left, other] = [createMemoryStore(setting), writerOn(createMemoryStore(setting))]
  await shelve(other, 'mug')
  await shelve(other, 'hat')
  const cache = new NodeCache()
  const wanted = { ...noReads, skus: ['mug', 'hat'], ids: ['o1'] }
  const look = () => {
    const ahead = cache.missing(wanted)
    const asked: LoadRequest[] = []
    return left.transact(async (transaction) => {
      await cache.catchUp(transaction)
      const load = (request: LoadRequest) => {
        asked.push(request)
        return transaction.load(request)
      }
      const { stock } = await cache.load({ load }, wanted)
      return { ahead, asked, sold: stock.map(({ sku, cells }) => [sku, cells.sold]).sort() }
    }, ahead)
  }
  expect(await look()).toMatchObject({ ahead: wanted, asked: [wanted] })
  expect(await look()).toMatchObject({ ahead: { skus: [], ids: ['o1'] }, asked: [{ skus: [], ids: ['o1'] }] })
  await run(other, placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 3 }] })
  expect(await look()).toMatchObject({
    ahead: { skus: [] },
    asked: [{ skus: ['mug'], ids: ['o1'] }],
    sold: [
      ['hat', 0],
      ['mug', 3],
    ],
  })
})

it('W4: a node that has missed thousands of commits forgets everything, and reads none of them under the lock', async () => {
  const setting = { region: 'eu', database: createMemoryDatabase('eu') }
  const [left, other] = [createMemoryStore(setting), writerOn(createMemoryStore(setting))]
  await shelve(other, 'mug')
  const cache = new NodeCache()
  const look = (mayRead: boolean) =>
    left.transact(async (transaction) => {
      const touchedSince: typeof transaction.touchedSince = (position) => {
        expect(mayRead).toBe(true)
        return transaction.touchedSince(position)
      }
      await cache.catchUp({ head: transaction.head, touchedSince })
      return (await cache.load(transaction, { ...noReads, skus: ['mug'] })).stock.map(({ cells }) => cells.received)
    })
  expect(await look(false)).toEqual([100])
  await run(other, receiveStock, { sku: 'mug', quantity: 1 })
  expect(await look(true)).toEqual([101])
  await run(other, receiveStock, { sku: 'mug', quantity: 1 })
  for (let missed = 0; missed < maximumMissed; missed += 1) await run(other, acknowledge, {})
  expect(await look(false)).toEqual([102])
})

it('W4: a node that remembers a document otherwise than it stands fails once, and then reads it', async () => {
  const database = createMemoryDatabase('eu')
  const writer = writerOn(createMemoryStore({ region: 'eu', database }))
  await shelve(writer, 'mug')
  const before = database.documents.get('product/product-mug')
  await run(writer, upsertProduct, { id: 'product-mug', title: 'A mug' })
  if (before !== undefined) database.documents.set('product/product-mug', before)
  const rename = () => run(writer, upsertProduct, { id: 'product-mug', title: 'The mug' })
  await expect(rename()).rejects.toMatchObject({ code: 'STALE_HEADS' })
  await rename()
})

it('W3: what a command owes and tells by no event is not answered as done: nothing would carry it', async () => {
  const writer = writerOn(createMemoryStore({ region: 'eu' }))
  const silent: CommandDefinition<object> = {
    ...acknowledge,
    run: () => accept({ result: {}, obligations: [{ subject: 'key', id: 'k', item: '', when: 'now' }] }),
  }
  await expect(run(writer, silent, {})).rejects.toThrow('no event tells')
  await run(writer, acknowledge, {})
})

async function shelve(writer: Writer, sku: string): Promise<void> {
  const variants = [{ sku, title: sku, price: { amount: '1.00', currencyCode: 'GBP' } }]
  await run(writer, upsertProduct, { id: `product-${sku}`, title: sku, variants })
  await run(writer, receiveStock, { sku, quantity: 100 })
}

function writerOn(store: Store): Writer {
  const { privateKeyPem } = generateSigningKey()
  const crypto = createCrypto({ region: 'eu', privateKeyPem, publicKeys: new Map(), random: ports.random })
  return new Writer({ store, ports, crypto, members: ['eu'], durable: () => {} })
}

async function run<Input>(writer: Writer, definition: CommandDefinition<Input>, raw: unknown): Promise<void> {
  const parsed = definition.parse(raw)
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  const { input } = parsed
  const name = { key: null, naturalKey: null, inputDigest: '', commandId: definition.name }
  const call = { principal: regionPrincipal, resent: false, final: true, settles: null }
  const ruled = await writer.submit({ definition: definition as CommandDefinition<unknown>, input, ...name, ...call })
  expect(ruled.status).toBe('accepted')
}
