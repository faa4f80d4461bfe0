// How many events a second one region makes durable, against the plainest way of doing the same on the same Postgres.

import { asFastAsPossible, Caller } from './caller.ts'
import { startCluster } from './cluster.ts'
import { print } from './figure.ts'
import { plainTransactionsPerSecond } from './plain-transactions.ts'
import { randomMovements, recordStockMovements, stockShop } from './shop.ts'

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
    const baseline = await plainTransactionsPerSecond(cluster.scratchDatabase, { lanes, skus, forMs: measureMs / 2 })
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
