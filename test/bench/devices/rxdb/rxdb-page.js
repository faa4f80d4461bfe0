// In the page: RxDB on its free storage, Dexie, set up as its documentation advises for production: no dev-mode, no validator,
// eventReduce on. What it needs is installed in this folder alone, so nothing but the bench's bundle imports this file, and it is
// JavaScript: the types of RxDB are not there where the repository is checked.

import { createRxDatabase } from 'rxdb/plugins/core'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import { readProducts, runPage } from '../browser/page.ts'

const changesPerCart = 10
/** Its default is 100. Of 100, 500, 1,000 and 5,000 this one stored ten thousand products the soonest, by a sixth. */
const batchSize = 5_000
/** Still shown when the page is measured. */
const shown = []

const id = { type: 'string', maxLength: 100 }
const text = { type: 'string' }
const product = {
  ...{ version: 0, primaryKey: 'id', type: 'object', required: ['id', 'title', 'variants'] },
  properties: {
    ...{ id, title: text },
    variants: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          ...{ sku: text, title: text },
          price: { type: 'object', properties: { amount: text, currencyCode: text } },
        },
      },
    },
  },
}
const cart = {
  ...{ version: 0, primaryKey: 'id', type: 'object', required: ['id', 'lines'] },
  properties: { id, lines: { type: 'object', additionalProperties: true } },
}

async function open(way, schemas) {
  const storage = getRxStorageDexie(way.durability === 'strict' ? { chromeTransactionDurability: 'strict' } : {})
  const database = await createRxDatabase({ name: 'bench', storage, eventReduce: true })
  return database.addCollections(schemas)
}

async function fetchProducts(from, start, limit) {
  const response = await fetch(`${from}/products?start=${start}&limit=${limit}`)
  return response.json()
}

async function load({ from, documents, way }) {
  const { products } = await open(way, { products: { schema: product } })
  if (way.by === 'insert') {
    const { error } = await products.bulkInsert(await fetchProducts(from, 0, documents))
    if (error.length > 0) throw new Error(`${error.length} products were not inserted`)
  } else {
    const replication = replicateRxCollection({
      ...{ collection: products, replicationIdentifier: 'products', live: true, waitForLeadership: false },
      pull: {
        batchSize,
        async handler(checkpoint, limit) {
          const start = checkpoint?.start ?? 0
          const found = await fetchProducts(from, start, limit)
          for (const one of found) one._deleted = false
          return { documents: found, checkpoint: { start: start + found.length } }
        },
      },
    })
    await replication.awaitInitialReplication()
    shown.push(replication)
  }
  const ms = performance.now()
  const all = await products.find().exec()
  shown.push(all)
  return { ms, documents: readProducts(all) }
}

async function render({ way }) {
  const { products } = await open(way, { products: { schema: product } })
  const first = await products.find({ sort: [{ id: 'asc' }], limit: 20 }).exec()
  readProducts(first)
  const firstMs = performance.now()
  const all = await products.find().exec()
  const documents = readProducts(all)
  const allMs = performance.now()
  shown.push(first, all)
  return { firstMs, allMs, documents }
}

async function write({ count, way }) {
  const { carts } = await open(way, { carts: { schema: cart } })
  const made = Array.from({ length: Math.ceil(count / changesPerCart) }, (_, index) => `cart-${index}`)
  const { success } = await carts.bulkInsert(made.map((name) => ({ id: name, lines: {} })))
  const byId = new Map(success.map((one) => [one.primary, one]))
  const times = []
  for (let index = 0; index < count; index += 1) {
    const start = performance.now()
    await byId.get(`cart-${Math.floor(index / changesPerCart)}`).incrementalModify((document) => {
      document.lines[`sku-${index % changesPerCart}`] = { quantity: 1 + (index % 7) }
      return document
    })
    times.push(performance.now() - start)
  }
  const last = await carts.findOne(made.at(-1)).exec()
  const expected = count - changesPerCart * (made.length - 1)
  if (Object.keys(last.lines).length !== expected) throw new Error('the last cart lacks changes')
  return { times, documents: made.length }
}

runPage((task) => {
  if (task.do === 'load') return load(task)
  return task.do === 'render' ? render(task) : write(task)
})
