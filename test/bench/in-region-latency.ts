// How long a caller waits for placeOrder in the region, against the least that a durable answer can take.

import postgres from 'postgres'
import { atRate, Caller } from './caller.ts'
import { startCluster } from './cluster.ts'
import { percentile, print } from './figure.ts'
import { placeOrder, randomOrder, stockShop } from './shop.ts'

const skus = 500
const perSecond = 100
const warmUpMs = 3_000
const measureMs = 15_000

export async function inRegionLatency(): Promise<void> {
  const cluster = await startCluster({ regions: ['us-east-1'] })
  const caller = new Caller(cluster.regions[0]?.url ?? '')
  try {
    await stockShop(caller, skus, 1_000_000)
    const place = async () => void (await caller.call(placeOrder, { input: randomOrder(skus, 3) }))
    await atRate(perSecond, warmUpMs, place)
    const latencies = await atRate(perSecond, measureMs, place)
    const baseline = await insertLatencies(cluster.scratchDatabase)
    for (const share of [0.5, 0.99]) {
      print({
        bench: 'in-region-latency',
        figure: `placeOrder p${share * 100}`,
        unit: 'ms',
        value: percentile(latencies, share),
        baseline: percentile(baseline, share),
        note: `orders of 3 lines at ${perSecond}/s over HTTP, from when each was due; baseline: a single-row INSERT, committed, at the same rate on the same Postgres`,
      })
    }
  } finally {
    await caller.close()
    await cluster.stop()
  }
}

async function insertLatencies(url: string): Promise<number[]> {
  const sql = postgres(url, { max: 16, onnotice: () => {} })
  try {
    await sql`create table placed (id bigserial primary key, body text not null)`
    const body = JSON.stringify(randomOrder(skus, 3))
    const insert = async () => void (await sql`insert into placed (body) values (${body})`)
    await atRate(perSecond, warmUpMs, insert)
    return await atRate(perSecond, measureMs / 3, insert)
  } finally {
    await sql.end()
  }
}
