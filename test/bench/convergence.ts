// How long after a region has answered an order another region shows it to a subscriber, against one round trip to that
// region: the network is the loopback, so what is left is our own.

import { atRate, Caller } from './caller.ts'
import { type BenchRegion, startCluster } from './cluster.ts'
import { percentile, print } from './figure.ts'
import { OrderWatcher } from './measure/order-watcher.ts'
import { placeOrder, randomOrder, stockShop } from './shop.ts'

const skus = 300
const perSecond = 30
const warmUpMs = 3_000
const measureMs = 20_000

export async function convergence(): Promise<void> {
  const cluster = await startCluster({ regions: ['us-east-1', 'eu-west-1', 'ap-south-1'] })
  const [origin, ...others] = cluster.regions
  const caller = new Caller(origin?.url ?? '')
  const watchers = others.map((region) => new OrderWatcher(region))
  try {
    await stockShop(caller, skus, 1_000_000)
    const answeredAt = new Map<string, number>()
    const place = async () => {
      const order = randomOrder(skus, 2) as { id: string }
      await caller.call(placeOrder, { input: order })
      answeredAt.set(order.id, performance.now())
    }
    await atRate(perSecond, warmUpMs, place)
    answeredAt.clear()
    await atRate(perSecond, measureMs, place)
    const delays: number[] = []
    for (const watcher of watchers) {
      for (const [id, at] of answeredAt) delays.push(Math.max(0, (await watcher.seen(id)) - at))
    }
    const baseline = await roundTrips(others)
    for (const share of [0.5, 0.99]) {
      print({
        bench: 'convergence',
        figure: `an order of one region seen in the others, p${share * 100}`,
        unit: 'ms',
        value: percentile(delays, share),
        baseline: percentile(baseline, share),
        note: `three regions on one machine and one Postgres, ${perSecond} orders/s, from the answer to the subscriber of the events of each other region (0 where it was first); baseline: an HTTP round trip to those regions over the loopback, whose one-way delay is next to nothing`,
      })
    }
  } finally {
    for (const watcher of watchers) await watcher.close()
    await caller.close()
    await cluster.stop()
  }
}

async function roundTrips(regions: readonly BenchRegion[]): Promise<number[]> {
  const latencies: number[] = []
  for (const region of regions) {
    const caller = new Caller(region.url, 1)
    const ask = async () => void (await caller.call('{ __typename }'))
    await atRate(perSecond, 1_000, ask)
    latencies.push(...(await atRate(perSecond, 3_000, ask)))
    await caller.close()
  }
  return latencies
}
