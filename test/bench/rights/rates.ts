// Sales a second in one region, of one hot SKU and of many, on one node and on two: real processes over HTTP; beside one
// central Postgres an ocean away.

import { randomUUID } from 'node:crypto'
import { Wan } from '../../support/wan/wan.ts'
import { asFastAsPossible, Caller } from '../caller.ts'
import { startCluster } from '../cluster.ts'
import { print } from '../figure.ts'
import { placeOrder, skuOf, stockShop } from '../shop.ts'
import { CentralStock } from './central.ts'
import { throughWan } from './through-wan.ts'

export interface RateOptions {
  readonly seconds: number
  readonly skus: number
}

const region = 'eu-west-1'
const callers = 64
/** A node is as fast as it becomes only after some thousands of calls. */
const warmUpMs = 5_000
/** As many as one row can hold. */
const unitsEach = 1_000_000

export async function salesPerSecond({ seconds, skus }: RateOptions): Promise<void> {
  const forMs = seconds * 1_000
  const drawHot = () => skuOf(0)
  const drawOne = () => skuOf(Math.floor(Math.random() * skus))
  const plain = { hot: 0, many: 0 }
  for (const nodes of [1, 2]) {
    const cluster = await startCluster({ regions: [region], nodesPerRegion: nodes })
    const urls = cluster.regions[0]?.urls ?? []
    const lanes = urls.map((url) => new Caller(url, callers / nodes))
    const wan = new Wan({ roundTripsMs: { [region]: { 'us-east-1': 80 } } })
    try {
      const [first] = lanes
      if (first === undefined) throw new Error('the region has no node')
      await stockShop(first, skus, unitsEach)
      if (nodes === 1) {
        const url = await throughWan(wan, region, 'us-east-1', cluster.scratchDatabase)
        const central = await CentralStock.open({ url, skus, connections: callers })
        try {
          plain.hot = await rate(callers, forMs, () => central.sell(drawHot()))
          plain.many = await rate(callers, forMs, () => central.sell(drawOne()))
        } finally {
          await central.close()
        }
      }
      let turn = 0
      const sell = async (sku: string) => {
        turn += 1
        const caller = lanes[turn % lanes.length] ?? first
        await caller.call(placeOrder, { input: { id: randomUUID(), lines: [{ sku, quantity: 1 }] } })
      }
      const note = `placeOrder of one unit over HTTP by ${callers} callers for ${seconds} s, ${nodes} node${nodes > 1 ? 's' : ''} on one Postgres, all on this machine with the callers; baseline: BEGIN, SELECT … FOR UPDATE, UPDATE, INSERT, COMMIT on one Postgres 80 ms away, as many callers`
      const figure = (of: string) => `sales/s of ${of}, ${nodes} node${nodes > 1 ? 's' : ''}`
      const hot = await rate(callers, forMs, () => sell(drawHot()))
      print({ bench: 'rights', figure: figure('one hot SKU'), unit: '1/s', value: hot, baseline: plain.hot, note })
      const many = await rate(callers, forMs, () => sell(drawOne()))
      print({ bench: 'rights', figure: figure(`${skus} SKUs`), unit: '1/s', value: many, baseline: plain.many, note })
    } finally {
      await Promise.all(lanes.map((caller) => caller.close()))
      await cluster.stop()
      wan.close()
    }
  }
}

async function rate(lanes: number, forMs: number, work: () => Promise<void>): Promise<number> {
  await asFastAsPossible(lanes, warmUpMs, work)
  let done = 0
  const tookMs = await asFastAsPossible(lanes, forMs, async () => {
    await work()
    done += 1
  })
  return (done * 1_000) / tookMs
}
