// What orders cost on the wire between three regions oceans apart: bytes and messages of each kind, for a fixed number of orders
// at a fixed pace. Nothing stalls, and nobody is timed.

import { setTimeout as delay } from 'node:timers/promises'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { until } from '../development.ts'
import { LinkedRegions } from './linked-regions.ts'
import { oceans, Wan } from './wan.ts'
import { type Carried, WireTap } from './wire-tap.ts'

export const members = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const
const skus = 100
const equalWithinMs = 60_000
/** Until the last acknowledgements have come. */
const quietMs = 2_000

export interface OrderTraffic {
  readonly secondLines: 'never' | 'always'
  /** A second, in each region. */
  readonly orders: number
  readonly seconds: number
  /** From one comparison of tables to the next; none while it is counted where left out. */
  readonly divergenceRoundMs?: number
  readonly newOrder: (skus: number) => object
}

export interface Counted {
  readonly orders: number
  /** By what it was for. */
  readonly carried: ReadonlyMap<string, Carried>
  /** Of all that was carried, for each order and each region that it went to. */
  readonly bytesPerEvent: number
}

export async function countOrders(setting: OrderTraffic): Promise<Counted> {
  const tap = new WireTap()
  const wan = new Wan({ ...oceans, stallShare: 0, tap })
  const regions = new LinkedRegions()
  const { secondLines, divergenceRoundMs = 3_600_000 } = setting
  try {
    await regions.start({ members, wan, secondLines, divergenceRoundMs })
    await stock(regions)
    // Connections remember what was said on them: the first orders cost more.
    await sell(regions, { ...setting, seconds: 2 })
    const before = await tap.carried()
    await sell(regions, setting)
    return countedBetween(before, await tap.carried(), setting.orders * setting.seconds * members.length)
  } finally {
    await regions.stop()
    wan.close()
  }
}

async function stock(regions: LinkedRegions): Promise<void> {
  const [first] = members
  const price = { amount: '12.50', currencyCode: 'GBP' }
  for (let index = 0; index < skus; index += 1) {
    const variants = [{ sku: `sku-${index}`, title: 'one', price }]
    await regions.run(first, upsertProduct, { id: `product-${index}`, title: `Product ${index}`, variants })
  }
  await equal(regions)
  for (const id of members)
    for (let index = 0; index < skus; index += 1)
      await regions.run(id, receiveStock, { sku: `sku-${index}`, quantity: 10_000 })
  await equal(regions)
}

async function sell(regions: LinkedRegions, { orders, seconds, newOrder }: OrderTraffic): Promise<void> {
  const placed: Promise<void>[] = []
  const place = async (id: string) => {
    const answer = await regions.run(id, placeOrder, newOrder(skus))
    if (answer.status !== 'accepted') throw new Error(`an order was not accepted: ${JSON.stringify(answer)}`)
  }
  for (let index = 0; index < orders * seconds; index += 1) {
    for (const id of members) {
      placed.push(place(id))
      await delay(1_000 / orders / members.length)
    }
  }
  await Promise.all(placed)
  await equal(regions)
  await delay(quietMs)
}

async function equal(regions: LinkedRegions): Promise<void> {
  await until('all hold the same', equalWithinMs, async () => {
    const frontiers = regions.all.map((region) => JSON.stringify(Object.entries(region.frontier()).sort()))
    return frontiers.every((each) => each === frontiers[0])
  })
}

function countedBetween(
  before: ReadonlyMap<string, Carried>,
  after: ReadonlyMap<string, Carried>,
  orders: number,
): Counted {
  const carried = new Map<string, Carried>()
  let total = 0
  for (const [name, { messages, bytes }] of after) {
    const was = before.get(name) ?? { messages: 0, bytes: 0 }
    if (messages > was.messages) carried.set(name, { messages: messages - was.messages, bytes: bytes - was.bytes })
    total += bytes - was.bytes
  }
  return { orders, carried, bytesPerEvent: total / orders / (members.length - 1) }
}
