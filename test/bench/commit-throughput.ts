// How many events a second one region makes durable, against the plainest way of doing the same on the same Postgres.

import postgres from 'postgres'
import { asFastAsPossible, Caller } from './caller.ts'
import { startCluster } from './cluster.ts'
import { print } from './figure.ts'
import { randomMovements, recordStockMovements, skuOf, stockShop } from './shop.ts'

const skus = 1_000
const listSize = 1_000
const lanes = 8
const warmUpMs = 2_000
const measureMs = 10_000

export async function commitThroughput(): Promise<void> {
  const cluster = await startCluster({ regions: ['us-east-1'] })
  const caller = new Caller(cluster.regions[0]?.url ?? '')
  try {
    await stockShop(caller, skus, 1_000_000)
    let events = 0
    const call = async () => {
      const movements = randomMovements(skus, listSize)
      const data = await caller.call(recordStockMovements, { input: { movements } })
      events += (data.recordStockMovements as { accepted: number }).accepted
    }
    await asFastAsPossible(lanes, warmUpMs, call)
    events = 0
    const tookMs = await asFastAsPossible(lanes, measureMs, call)
    const baseline = await transactionsPerSecond(cluster.scratchDatabase)
    print({
      bench: 'commit-throughput',
      figure: 'recordStockMovements into one region',
      unit: 'events/s',
      value: (events * 1_000) / tookMs,
      baseline,
      note: `lists of ${listSize} over ${lanes} connections, load generator on the same machine; baseline: one transaction per movement (INSERT a row, UPDATE the stock where it suffices) over ${lanes} connections to the same Postgres`,
    })
  } finally {
    await caller.close()
    await cluster.stop()
  }
}

async function transactionsPerSecond(url: string): Promise<number> {
  const sql = postgres(url, { max: lanes, onnotice: () => {} })
  try {
    await sql`create table movement (id bigserial primary key, sku text not null, kind text not null, quantity int not null, at timestamptz not null default now())`
    await sql`create table stock (sku text primary key, units bigint not null check (units >= 0))`
    await sql`insert into stock select 'sku-' || n, 1000000 from generate_series(0, ${skus - 1}::int) n`
    let done = 0
    const one = async () => {
      const sku = skuOf(Math.floor(Math.random() * skus))
      await sql.begin(async (transaction) => {
        await transaction`insert into movement (sku, kind, quantity) values (${sku}, 'SALE', 1)`
        await transaction`update stock set units = units - 1 where sku = ${sku} and units >= 1`
      })
      done += 1
    }
    await asFastAsPossible(lanes, warmUpMs / 2, one)
    done = 0
    const tookMs = await asFastAsPossible(lanes, measureMs / 2, one)
    return (done * 1_000) / tookMs
  } finally {
    await sql.end()
  }
}
