// The SDK in a process of its own, with its storage in files, which are durable when a promise resolves.

import { setTimeout as delay } from 'node:timers/promises'
import { type CausewayClient, createClient } from '@causeway/client'
import { fileStorage } from '@causeway/client/node'
import { WebSocket } from 'ws'
import { percentile } from '../figure.ts'
import { skuOf } from '../shop.ts'
import { type Figures, givenTask, peakMegabytes, say, type Task } from './task.ts'

/** Changes of one cart are some, as a shopper makes them. */
const changesPerCart = 10
const waitMs = 5

function open(url: string, directory: string): Promise<CausewayClient> {
  return createClient({
    url: `${url}/graphql`,
    storage: fileStorage(directory),
    webSocket: WebSocket,
    user: 'ada',
    deviceId: 'till',
  })
}

async function load(url: string, directory: string): Promise<Figures> {
  const start = performance.now()
  const client = await open(url, directory)
  await (await client.follow({ products: true })).caughtUp
  const ms = performance.now() - start
  const documents = client.products().get().length
  await client.close()
  return { ms, documents, megabytes: peakMegabytes() }
}

/** The first answer of a list, and of all of it, from what is on the device alone. */
async function render(directory: string): Promise<Figures> {
  const start = performance.now()
  // Nobody listens there.
  const client = await open('http://127.0.0.1:9', directory)
  const first = client.products({ first: 20 }).get().length
  const firstMs = performance.now() - start
  const documents = client.products().get().length
  const allMs = performance.now() - start
  await client.close()
  return { firstMs, allMs, first, documents, megabytes: peakMegabytes() }
}

/** How long a change takes until it is durable and shown, one after another, in a cart that grows. */
async function write(directory: string, count: number): Promise<Figures> {
  const client = await open('http://127.0.0.1:9', directory)
  client.disconnect()
  const times: number[] = []
  for (let index = 0; index < count; index += 1) {
    const start = performance.now()
    await change(client, index)
    times.push(performance.now() - start)
  }
  await client.close()
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), megabytes: peakMegabytes() }
}

async function change(client: CausewayClient, index: number): Promise<void> {
  await client.cart(`cart-${Math.floor(index / changesPerCart)}`).change((cart) => {
    cart.lines[skuOf(index % changesPerCart)] = { quantity: 1 + (index % 7) }
  })
}

async function queue({ url, directory, changes, commands, skus }: Extract<Task, { do: 'queue' }>): Promise<Figures> {
  const client = await open(url, directory)
  const carts = Array.from({ length: Math.ceil(changes / changesPerCart) }, (_, index) => `cart-${index}`)
  for (let start = 0; start < carts.length; start += 1_000)
    await client.follow({ carts: carts.slice(start, start + 1_000) })
  const stock = Array.from({ length: skus }, (_, index) => skuOf(index))
  await (await client.follow({ products: true, stock })).caughtUp
  client.disconnect()
  const start = performance.now()
  for (let index = 0; index < changes; index += 1) await change(client, index)
  for (let index = 0; index < commands; index += 1)
    await client.placeOrder({ id: `queued-${index}`, lines: [{ sku: skuOf(index % skus), quantity: 1 }] })
  const ms = performance.now() - start
  await client.close()
  return { ms, megabytes: peakMegabytes() }
}

/** From a new start of the app until everything that was queued has its outcome. */
async function reconnect(url: string, directory: string): Promise<Figures> {
  const start = performance.now()
  const client = await open(url, directory)
  const openedMs = performance.now() - start
  const queued = client.status().pending
  while (client.status().pending > 0) await delay(waitMs)
  const ms = performance.now() - start
  const { refused } = client.status()
  await client.close()
  return { ms, openedMs, queued, refused, megabytes: peakMegabytes() }
}

function figuresOf(task: Task): Promise<Figures> {
  switch (task.do) {
    case 'load':
      return load(task.url, task.directory)
    case 'render':
      return render(task.directory)
    case 'write':
      return write(task.directory, task.count)
    case 'queue':
      return queue(task)
    case 'reconnect':
      return reconnect(task.url, task.directory)
    default:
      throw new Error(`this process does not ${task.do}`)
  }
}

say(await figuresOf(givenTask()))
