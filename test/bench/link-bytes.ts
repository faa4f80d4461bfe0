// What an event costs on the wire between regions: every byte of every replication connection, both ways, WebSocket frames
// and acknowledgements included, against one plain JSON event per message.

import { connect, createServer, type Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { asFastAsPossible, atRate, Caller, type Json } from './caller.ts'
import { type BenchCluster, startCluster } from './cluster.ts'
import { print } from './figure.ts'
import { placeOrder, randomMovements, randomOrder, recordStockMovements, stockShop } from './shop.ts'

const skus = 500
const ids = ['us-east-1', 'eu-west-1', 'ap-south-1']

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
  const meter = new Meter()
  const cluster = await startCluster({ regions: ids, via: (_from, _to, port) => meter.proxyTo(port) })
  const caller = new Caller(cluster.regions[0]?.url ?? '')
  try {
    await stockShop(caller, skus, 1_000_000)
    for (const { name, type, run } of workloads) {
      const before = await quietBytes(cluster, meter)
      const events = await run(caller)
      const bytes = (await quietBytes(cluster, meter)) - before
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
    await cluster.stop()
    meter.close()
  }
}

/** Counts the bytes of every connection that runs through it. */
class Meter {
  bytes = 0
  readonly #servers: Server[] = []

  async proxyTo(port: number): Promise<string> {
    const server = createServer((inner) => {
      const outer = connect(port, '127.0.0.1')
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        from.on('data', (part) => {
          this.bytes += part.length
        })
        from.pipe(to)
        from.on('error', () => to.destroy())
        from.on('close', () => to.destroy())
      }
    })
    this.#servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    return `ws://127.0.0.1:${address.port}/replication`
  }

  close(): void {
    for (const server of this.#servers) server.close()
  }
}

/** The meter once every region holds the same. */
async function quietBytes(cluster: BenchCluster, meter: Meter): Promise<number> {
  const callers = cluster.regions.map((region) => new Caller(region.url, 1))
  try {
    for (let attempt = 0; attempt < 300; attempt += 1) {
      const frontiers = await Promise.all(
        callers.map(async (caller) => JSON.stringify(sorted(await frontierOf(caller)))),
      )
      if (frontiers.every((frontier) => frontier === frontiers[0])) return meter.bytes
      await delay(100)
    }
    throw new Error('the regions did not converge within 30 s')
  } finally {
    for (const caller of callers) await caller.close()
  }
}

async function frontierOf(caller: Caller): Promise<Json> {
  const data = await caller.call('{ regionStatus { frontier } }')
  return (data.regionStatus as { frontier: Json }).frontier
}

function sorted(frontier: Json): [string, unknown][] {
  return Object.entries(frontier).sort(([left], [right]) => (left < right ? -1 : 1))
}

async function plainEventBytes(caller: Caller, type: string): Promise<number> {
  const fields = 'id type entityId data originRegion sequence vectorClock at checksum'
  const query = `query ($type: String) { events(first: 100, type: $type) { edges { node { ${fields} } } } }`
  const data = await caller.call(query, { type })
  const { edges } = data.events as { edges: { node: Json }[] }
  const sizes = edges.map(({ node }) => Buffer.byteLength(JSON.stringify(node)))
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length
}
