// Three regions oceans apart: how long facts need beyond the distance, what they cost on the wire and in processors, at
// rest and under half the load that the machine can take, and how soon a cut is made good.

import { setTimeout as delay } from 'node:timers/promises'
import { oceans, Wan } from '../../support/wan/wan.ts'
import { Caller } from '../caller.ts'
import { type BenchCluster, startCluster } from '../cluster.ts'
import { print } from '../figure.ts'
import { LoadProcess } from '../load/channel.ts'
import { after, feed, fillShops, quietWithinMs } from '../load/feed.ts'
import { FrontierWatcher } from '../measure/frontiers.ts'
import { plainEventBytes } from '../measure/plain-event.ts'
import { ProcessorMeter } from '../measure/processor-meter.ts'
import { readOptions } from '../options.ts'
import { catchUp } from './catch-up.ts'
import { printBytes, printPassages, printProcessor } from './figures.ts'
import { type Passage, Probe } from './probe.ts'

const bench = 'wan'
const ids = ['us-east-1', 'eu-west-1', 'ap-south-1']
const listSize = 1_000
/** A node that has just been started compiles what it runs, beside what it runs. */
const warmUpMs = 10_000
/** MiB: single orders count here, and large collections stop a node for longer. */
const youngGeneration = 16
const lanes = 4
/** Under way or missing somewhere, for callers who send as fast as they can: several round trips' worth. */
const backlogLimit = 60_000

const quick = { seconds: 10, capacitySeconds: 8, backlog: 10_000, skus: 1_000 }
const full = { seconds: 60, capacitySeconds: 20, backlog: 300_000, skus: 10_000 }

interface World {
  readonly cluster: BenchCluster
  readonly wan: Wan
  readonly watcher: FrontierWatcher
  readonly probe: Probe
  readonly skus: number
  readonly forMs: number
  /** A second, in each region. */
  readonly orders: number
}

export async function wanBench(words: readonly string[]): Promise<void> {
  const { numbers, on } = readOptions(words, { load: 0, seconds: 0, backlog: 0, apart: 0, orders: 20 }, [
    'full',
    'idle',
    'cut',
  ])
  const sizes = on.has('full') ? full : quick
  const { skus, capacitySeconds } = sizes
  const { orders } = numbers
  const forMs = (numbers.seconds || sizes.seconds) * 1_000
  const setting = { skus, forMs, orders }
  const parted = async ({ cluster, wan, watcher }: World) => {
    const backlog = numbers.apart ? { seconds: numbers.apart } : { events: numbers.backlog || sizes.backlog }
    await catchUp(cluster, wan, watcher, { cutOff: 'ap-south-1', backlog, skus })
    await watcher.equalDigest(quietWithinMs)
  }
  if (on.has('cut')) {
    await within({ ...setting, secondLines: 'far' }, parted)
    return
  }
  await within({ ...setting, secondLines: 'never' }, (world) => idle(world, 'idle, one line'))
  await within({ ...setting, secondLines: 'far' }, async (world) => {
    await resting(world)
    await idle(world, 'idle')
    if (on.has('idle')) return
    await loaded(world, numbers.load || (await capacity(world, capacitySeconds * 1_000)) / 2)
    await parted(world)
  })
}

interface Setting {
  readonly secondLines: 'far' | 'never'
  readonly skus: number
  readonly forMs: number
  /** A second, in each region. */
  readonly orders: number
}

async function within(setting: Setting, measure: (world: World) => Promise<void>): Promise<void> {
  const { secondLines, ...world } = setting
  const wan = new Wan(oceans)
  const via = (from: string, to: string, port: number) => wan.replicationUrl(from, to, port)
  const cluster = await startCluster({ regions: ids, postgres: 'each', secondLines, via, youngGeneration })
  const watcher = new FrontierWatcher(cluster.regions)
  const probe = new Probe(cluster, wan)
  try {
    await fillShops(cluster, watcher, setting.skus)
    await measure({ cluster, wan, watcher, probe, ...world })
  } finally {
    await probe.close()
    await watcher.close()
    await cluster.stop()
    wan.close()
  }
}

/** What links cost that have nothing to send. */
async function resting({ wan, watcher, forMs }: World): Promise<void> {
  await watcher.untilEqual(quietWithinMs)
  const before = wan.bytes
  await delay(forMs)
  print({
    bench,
    figure: 'resting: bytes per link',
    unit: 'bytes/s',
    value: ((wan.bytes - before) * 1_000) / forMs / (ids.length * (ids.length - 1)),
    baseline: null,
    note: 'both ways of one replication connection with nothing to send: heartbeats, and what last acknowledgements there were',
  })
}

async function idle(world: World, phase: string): Promise<void> {
  const { cluster, wan, watcher, probe } = world
  await probe.orders(world.orders, warmUpMs, world.skus)
  await watcher.untilEqual(quietWithinMs)
  const meter = await ProcessorMeter.start(cluster.regions)
  const before = wan.bytes
  const orders = await probe.orders(world.orders, world.forMs, world.skus)
  await watcher.untilEqual(quietWithinMs)
  const bytes = wan.bytes - before
  const used = await meter.read()
  const bare = await probe.bytes(world.orders, world.forMs)
  const events = orders.length / (ids.length - 1)
  printPassages(phase, wan, orders, bare)
  printBytes(phase, bytes, events, ids.length - 1, await plainBytes(cluster, 'order.placed'))
  printProcessor(phase, used, events)
}

async function loaded(world: World, perSecond: number): Promise<void> {
  const { cluster, wan, watcher, probe, skus, forMs } = world
  await watcher.untilEqual(quietWithinMs)
  const meter = await ProcessorMeter.start(cluster.regions)
  const bytesBefore = wan.bytes
  let orders: readonly Passage[] = []
  let accepted = 0
  const load = startLoad(world, perSecond)
  try {
    const over = after(forMs)
    const [passages] = await Promise.all([probe.orders(world.orders, forMs, skus), feed(cluster, watcher, load, over)])
    orders = passages
    accepted = (await load.stop()).accepted
  } finally {
    load.end()
  }
  await watcher.untilEqual(quietWithinMs)
  const bytes = wan.bytes - bytesBefore
  const used = await meter.read()
  const bare = await probe.bytes(world.orders, forMs)
  const placed = orders.length / (ids.length - 1)
  const events = accepted + placed
  const phase = `at ${Number(perSecond.toPrecision(3))} events/s`
  printPassages(phase, wan, orders, bare)
  const [moved, ordered] = [await plainBytes(cluster, 'stock.moved'), await plainBytes(cluster, 'order.placed')]
  printBytes(phase, bytes, events, ids.length - 1, (moved * accepted + ordered * placed) / events)
  printProcessor(phase, used, events)
}

/** Events a second that the regions take, at this distance, without falling behind one another further and further. */
async function capacity(world: World, forMs: number): Promise<number> {
  const { cluster, watcher } = world
  const load = startLoad(world, null)
  try {
    await feed(cluster, watcher, load, after(forMs / 4))
    const before = await load.ask()
    const startedAt = performance.now()
    await feed(cluster, watcher, load, after(forMs))
    const { accepted } = await load.stop()
    await watcher.untilEqual(quietWithinMs)
    return ((accepted - before.accepted) * 1_000) / (performance.now() - startedAt)
  } finally {
    load.end()
  }
}

function startLoad({ cluster, skus }: World, perSecond: number | null): LoadProcess {
  return new LoadProcess({
    regions: cluster.regions.map(({ id, url }) => ({ id, url })),
    ...{ skus, listSize, lanes },
    perSecond: perSecond === null ? null : perSecond / ids.length,
    backlogLimit: backlogLimit / ids.length,
  })
}

async function plainBytes(cluster: BenchCluster, type: string): Promise<number> {
  const caller = new Caller(cluster.regions[0]?.url ?? '', 1)
  try {
    return await plainEventBytes(caller, type)
  } finally {
    await caller.close()
  }
}
