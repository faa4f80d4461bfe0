// How long a caller waits for placeOrder and for a product in the region, against the least that such an answer can take.

import postgres from 'postgres'
import { asFastAsPossible, atRate, Caller } from './caller.ts'
import { startCluster } from './cluster.ts'
import { percentile, print } from './figure.ts'
import { placeOrder, productIdOf, randomOrder, readProduct, stockShop } from './shop.ts'

const skus = 500
/** Node's own: what a collection takes away stops every answer meanwhile, and grows with the young generation. */
const youngGeneration = 16
const perSecond = 100
/** A node is as fast as it becomes only after some thousands of calls: so many at once, before anything is measured. */
const warmUpCalls = 64
const warmUpMs = 5_000
const measureMs = 15_000

export async function inRegionLatency(): Promise<void> {
  const cluster = await startCluster({ regions: ['us-east-1'], youngGeneration })
  const caller = new Caller(cluster.regions[0]?.url ?? '')
  try {
    await stockShop(caller, skus, 1_000_000)
    let orders = 0
    const place = async () => {
      await caller.call(placeOrder, { input: randomOrder(skus, 3) })
      orders += 1
    }
    const read = async () =>
      void (await caller.call(readProduct, { id: productIdOf(Math.floor(Math.random() * skus)) }))
    await asFastAsPossible(warmUpCalls, warmUpMs, place)
    orders = 0
    const tookMs = await asFastAsPossible(warmUpCalls, warmUpMs, place)
    const fastest = (1_000 * orders) / tookMs
    await asFastAsPossible(warmUpCalls, warmUpMs, read)
    const half = Math.round(fastest / 2)
    const placed = await atRate(perSecond, measureMs, place)
    const placedAtHalf = await atRate(half, measureMs, place)
    const found = await atRate(perSecond, measureMs, read)
    print({
      bench: 'in-region-latency',
      figure: 'load',
      unit: '%',
      value: (100 * perSecond) / fastest,
      baseline: null,
      note: `${perSecond} orders of 3 lines a second, of the ${Math.round(fastest)} that ${warmUpCalls} callers at once have answered, themselves on the same processors; the target is for 50`,
    })
    for (const share of [0.5, 0.99]) {
      print({
        bench: 'in-region-latency',
        figure: `placeOrder at half load p${share * 100}`,
        unit: 'ms',
        value: percentile(placedAtHalf, share),
        baseline: null,
        note: `orders of 3 lines at ${half}/s, half of what those callers were answered, over HTTP, from when each was due; callers, node and Postgres share the processors`,
      })
    }
    const { inserts, selects } = await plainLatencies(cluster.scratchDatabase)
    for (const share of [0.5, 0.99]) {
      const figure = (what: string, measured: readonly number[], baseline: readonly number[], note: string) =>
        print({
          bench: 'in-region-latency',
          figure: `${what} p${share * 100}`,
          unit: 'ms',
          value: percentile(measured, share),
          baseline: percentile(baseline, share),
          note: `${note} at ${perSecond}/s over HTTP, from when each was due; baseline: a single-row ${what === 'placeOrder' ? 'INSERT, committed,' : 'SELECT by its key'} at the same rate on the same Postgres`,
        })
      figure('placeOrder', placed, inserts, 'orders of 3 lines')
      figure('product', found, selects, 'one product by its id')
    }
  } finally {
    await caller.close()
    await cluster.stop()
  }
}

interface Plain {
  readonly inserts: number[]
  readonly selects: number[]
}

async function plainLatencies(url: string): Promise<Plain> {
  const sql = postgres(url, { max: 16, onnotice: () => {} })
  try {
    await sql`create table placed (id bigserial primary key, body text not null)`
    const body = JSON.stringify(randomOrder(skus, 3))
    const insert = async () => void (await sql`insert into placed (body) values (${body})`)
    const select = async () =>
      void (await sql`select body from placed where id = ${1 + Math.floor(Math.random() * perSecond)}`)
    await atRate(perSecond, warmUpMs, insert)
    const inserts = await atRate(perSecond, measureMs / 3, insert)
    await atRate(perSecond, warmUpMs, select)
    return { inserts, selects: await atRate(perSecond, measureMs / 3, select) }
  } finally {
    await sql.end()
  }
}
