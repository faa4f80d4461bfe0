// What a device that follows a whole shop is sent in a day of it: everything that is sold, received and priced anew. Counts what goes
// through its sockets, compression left out.

import { setTimeout as delay } from 'node:timers/promises'
import { type CausewayClient, createClient, memoryStorage } from '@causeway/client'
import { WebSocket } from 'ws'
import type { Caller } from '../caller.ts'
import { print } from '../figure.ts'
import { randomOrder, skuOf } from '../shop.ts'

const skus = 1_000
/** A price in thirty, a delivery in ten, for every order. */
const ordersPerPrice = 30
const ordersPerDelivery = 10
const withinMs = 30_000
const user = 'ada'
const lastTitle = 'The last of the day'

const upsertProduct =
  'mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { code message } } }'
const upsertCustomer =
  'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { userErrors { code message } } }'
const receiveStock =
  'mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { userErrors { code message } } }'
const placeOrder =
  'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { causalToken userErrors { code message } } }'

/** Bytes of every message, either way. */
function countingSocket(count: (bytes: number) => void): typeof WebSocket {
  return class extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols)
      this.on('message', (data: Buffer) => count(data.length))
    }

    override send(data: string): void {
      count(Buffer.byteLength(data))
      super.send(data)
    }
  } as typeof WebSocket
}

export async function dayOfShop(url: string, caller: Caller, orders: number): Promise<void> {
  await caller.call(upsertCustomer, { input: { id: user, name: 'Ada' } })
  let bytes = 0
  const webSocket = countingSocket((more) => {
    bytes += more
  })
  const client = await createClient({ url: `${url}/graphql`, storage: memoryStorage(), user, webSocket })
  try {
    const stock = Array.from({ length: skus }, (_, index) => skuOf(index))
    await (await client.follow({ products: true, stock, orders: { customerId: user } })).caughtUp
    const loaded = bytes
    await trade(caller, orders)
    await closed(client, Math.floor(orders / 2))
    say(orders, bytes - loaded, loaded)
  } finally {
    await client.close()
  }
}

async function trade(caller: Caller, orders: number): Promise<void> {
  for (let index = 0; index < orders; index += 1) {
    const order = randomOrder(skus, 2)
    await caller.call(placeOrder, { input: index % 2 === 0 ? order : { ...order, customerId: user } })
    const product = index % skus
    if (index % ordersPerDelivery === 0)
      await caller.call(receiveStock, { input: { sku: skuOf(product), quantity: 5 } })
    if (index % ordersPerPrice === 0) await price(caller, product, `Product ${product}`, `${13 + (index % 5)}.00`)
  }
  await price(caller, 0, lastTitle, '12.50')
}

async function price(caller: Caller, product: number, title: string, amount: string): Promise<void> {
  const variants = [{ sku: skuOf(product), title: 'one', price: { amount, currencyCode: 'GBP' } }]
  await caller.call(upsertProduct, { input: { id: `product-${product}`, title, variants } })
}

/** What is sent comes in the order in which it was done, so nothing of the day is still to come once its last change is here. */
async function closed(client: CausewayClient, orders: number): Promise<void> {
  const end = performance.now() + withinMs
  while (client.product('product-0').get()?.title !== lastTitle) {
    if (performance.now() > end) throw new Error(`the last change of the day is not here after ${withinMs / 1_000} s`)
    await delay(20)
  }
  const arrived = client.orders().get().length
  if (arrived !== orders) throw new Error(`${arrived} of ${orders} orders arrived`)
}

function say(orders: number, day: number, loaded: number): void {
  const note =
    `${orders} orders of two lines, half of them its user's, on ${skus} SKUs that it follows whole, ` +
    'with deliveries and prices; uncompressed, both ways'
  print({
    ...{ bench: 'devices', figure: 'bytes of a day of a shop', unit: 'bytes', value: day, baseline: loaded },
    note: `${note}; baseline: loading all of it once`,
  })
  print({
    ...{ bench: 'devices', figure: 'bytes for each order of the shop', unit: 'bytes', value: day / orders },
    ...{ baseline: null, note },
  })
}
