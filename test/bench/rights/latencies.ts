// How long a shopper waits over real distances: for a sale within the region's rights, and for one whose units lie in
// another region; beside one central Postgres over the same network.

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { oceans, Wan } from '../../support/wan/wan.ts'
import { asFastAsPossible, atRate, Caller } from '../caller.ts'
import { type BenchCluster, startCluster } from '../cluster.ts'
import { percentile, print } from '../figure.ts'
import { placeOrder, recordStockMovements, skuOf, stockShop } from '../shop.ts'
import { CentralStock } from './central.ts'
import { throughWan } from './through-wan.ts'

export interface LatencyOptions {
  readonly seconds: number
  readonly perSecond: number
}

const [here, there, far] = ['eu-west-1', 'us-east-1', 'ap-south-1'] as const
const localSkus = 100
const unitsEach = 1_000_000
/** For what was written in one region to be known in the others. */
const settleMs = 3_000
/** A node is as fast as it becomes only after some thousands of calls. */
const warmUpMs = 5_000
const warmUpCalls = 32
const centralWarmUpMs = 2_000
const shares = [0.5, 0.99]

export async function saleLatencies({ seconds, perSecond }: LatencyOptions): Promise<void> {
  const wan = new Wan(oceans)
  const cluster = await startCluster({
    regions: [here, there, far],
    postgres: 'each',
    via: (...way) => wan.replicationUrl(...way),
  })
  const caller = new Caller(urlOf(cluster, here), 32)
  const forMs = seconds * 1_000
  const rareSkus = seconds * perSecond
  try {
    await fill(cluster, localSkus + rareSkus)
    const url = await throughWan(wan, here, there, cluster.scratchDatabase)
    const central = await CentralStock.open({ url, skus: localSkus, connections: 32 })
    const anySku = () => skuOf(Math.floor(Math.random() * localSkus))
    const sell = async (sku: string) =>
      void (await caller.call(placeOrder, { input: { id: randomUUID(), lines: [{ sku, quantity: 1 }] } }))
    await asFastAsPossible(warmUpCalls, warmUpMs, () => sell(anySku()))
    const local = await atRate(perSecond, forMs, () => sell(anySku()))
    let next = localSkus
    const remote = await atRate(perSecond, forMs, () => sell(skuOf(next++)))
    await atRate(perSecond, centralWarmUpMs, () => central.sell(anySku()))
    const locked = await atRate(perSecond, forMs, () => central.sell(anySku()))
    const atOnce = await atRate(perSecond, forMs, () => central.sellAtOnce(anySku()))
    await central.close()
    const how = `one unit, ${perSecond}/s for ${seconds} s in ${here}, from when each was due; 80 ms from there to ${there}, one chunk in a hundred stalls 200 ms`
    const line = (figure: string, measured: readonly number[], baseline: readonly number[], what: string) => {
      for (const share of shares)
        print({
          bench: 'rights',
          figure: `${figure}, p${share * 100}`,
          unit: 'ms',
          value: percentile(measured, share),
          baseline: percentile(baseline, share),
          note: `${how}; baseline: ${what} on one Postgres in ${there}`,
        })
    }
    const statements = 'BEGIN, SELECT … FOR UPDATE, UPDATE, INSERT, COMMIT'
    const [within, beyond] = ['a sale within the rights of the region', `a sale whose units lie in ${there}`]
    line(within, local, locked, statements)
    line(`${within}, against one statement`, local, atOnce, 'all of it in one statement')
    line(beyond, remote, locked, statements)
    line(`${beyond}, against one statement`, remote, atOnce, 'all of it in one statement')
  } finally {
    await caller.close()
    await cluster.stop()
    wan.close()
  }
}

/** The first have rights everywhere; those after them only in `there`: returns are not shared as receipts are. */
async function fill(cluster: BenchCluster, skus: number): Promise<void> {
  const [ours, theirs] = [new Caller(urlOf(cluster, here)), new Caller(urlOf(cluster, there))]
  try {
    await stockShop(ours, skus, 0)
    await delay(settleMs)
    const kindOf = (index: number) => (index < localSkus ? 'RECEIPT' : 'RETURN')
    const movements = Array.from({ length: skus }, (_, index) => ({
      id: `fill-${index}`,
      sku: skuOf(index),
      kind: kindOf(index),
      quantity: unitsEach,
    }))
    for (let start = 0; start < movements.length; start += 1_000)
      await theirs.call(recordStockMovements, { input: { movements: movements.slice(start, start + 1_000) } })
    await delay(settleMs)
  } finally {
    await ours.close()
    await theirs.close()
  }
}

function urlOf(cluster: BenchCluster, id: string): string {
  const region = cluster.regions.find((one) => one.id === id)
  if (region === undefined) throw new Error(`no region ${id}`)
  return region.url
}
