// In the page: the SDK with its storage on IndexedDB, as an app would open it. Every transaction of it is strict.

import { type CausewayClient, createClient, indexedDbStorage } from '@causeway/client'
import { readProducts, runPage } from './page.ts'
import type { PageFigures } from './page-task.ts'

const changesPerCart = 10
/** Still shown when the page is measured. */
const shown: unknown[] = []

function open(url: string): Promise<CausewayClient> {
  const storage = indexedDbStorage('bench')
  return createClient({ url: `${url}/graphql`, storage, user: 'ada', deviceId: 'till', wasm: '/automerge.wasm' })
}

async function load(from: string): Promise<PageFigures> {
  const client = await open(from)
  await (await client.follow({ products: true })).caughtUp
  const ms = performance.now()
  const products = client.products().get()
  shown.push(client, products)
  return { ms, documents: readProducts(products) }
}

async function render(): Promise<PageFigures> {
  // The page's own server answers no GraphQL.
  const client = await open(location.origin)
  const first = client.products({ first: 20 }).get()
  readProducts(first)
  const firstMs = performance.now()
  const products = client.products().get()
  const documents = readProducts(products)
  const allMs = performance.now()
  shown.push(client, first, products)
  return { firstMs, allMs, documents }
}

async function write(count: number): Promise<PageFigures> {
  const client = await open(location.origin)
  client.disconnect()
  const times: number[] = []
  for (let index = 0; index < count; index += 1) {
    const start = performance.now()
    await client.cart(`cart-${Math.floor(index / changesPerCart)}`).change((cart) => {
      cart.lines[`sku-${index % changesPerCart}`] = { quantity: 1 + (index % 7) }
    })
    times.push(performance.now() - start)
  }
  shown.push(client)
  return { times, documents: Math.ceil(count / changesPerCart) }
}

runPage((task) => {
  if (task.do === 'load') return load(task.from)
  return task.do === 'render' ? render() : write(task.count)
})
