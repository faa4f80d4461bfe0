// What an event costs on the wire between regions: every byte of every replication connection, both ways, WebSocket frames
// and acknowledgements included, against one plain JSON event per message.

import { Wan } from '../support/wan/wan.ts'
import { asFastAsPossible, atRate, Caller } from './caller.ts'
import { startCluster } from './cluster.ts'
import { print } from './figure.ts'
import { FrontierWatcher } from './measure/frontiers.ts'
import { plainEventBytes } from './measure/plain-event.ts'
import { placeOrder, randomMovements, randomOrder, recordStockMovements, stockShop } from './shop.ts'

const skus = 500
const [first, second, third] = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const
const ids = [first, second, third] as const
const quietWithinMs = 30_000

/** Each runs until it is answered and says how many events it made. */
const workloads = [
  {
    name: 'orders at 50/s',
    type: 'order.placed',
    async run(caller: Caller): Promise<number> {
      const place = async () => void (await caller.call(placeOrder, { input: randomOrder(skus, 3) }))
      return (await atRate(50, 10_000, place)).length
    },
  },
  {
    name: 'stock movements in lists of 1,000',
    type: 'stock.moved',
    async run(caller: Caller): Promise<number> {
      let events = 0
      await asFastAsPossible(2, 5_000, async () => {
        const data = await caller.call(recordStockMovements, { input: { movements: randomMovements(skus, 1_000) } })
        events += (data.recordStockMovements as { accepted: number }).accepted
      })
      return events
    },
  },
]

export async function linkBytes(): Promise<void> {
  const wan = new Wan({ roundTripsMs: { [first]: { [second]: 0, [third]: 0 }, [second]: { [third]: 0 } } })
  const cluster = await startCluster({ regions: ids, via: (...way) => wan.replicationUrl(...way) })
  const watcher = new FrontierWatcher(cluster.regions)
  const caller = new Caller(cluster.regions[0]?.url ?? '')
  try {
    await stockShop(caller, skus, 1_000_000)
    for (const { name, type, run } of workloads) {
      await watcher.untilEqual(quietWithinMs)
      const before = wan.bytes
      const events = await run(caller)
      await watcher.untilEqual(quietWithinMs)
      const bytes = wan.bytes - before
      // Each event travels to every other region once.
      const deliveries = events * (ids.length - 1)
      print({
        bench: 'link-bytes',
        figure: name,
        unit: 'bytes/event',
        value: bytes / deliveries,
        baseline: await plainEventBytes(caller, type),
        note: `all bytes of all six replication connections, both ways, acknowledgements and heartbeats included, over ${deliveries} deliveries; baseline: up to 100 of these events as uncompressed JSON with all fields of Event, one per message, without frames`,
      })
    }
  } finally {
    await caller.close()
    await watcher.close()
    await cluster.stop()
    wan.close()
  }
}
