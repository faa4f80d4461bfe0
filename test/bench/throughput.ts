// How many events a second three regions take together, each made durable where it was sent and applied in the two
// others, over real links, with fsync and signatures on; and the processor time that an event costs in each process.

import { type BenchCluster, startCluster } from './cluster.ts'
import { percentile, print } from './figure.ts'
import { LoadProcess } from './load/channel.ts'
import { after, feed, fillShops, quietWithinMs, sampleMs } from './load/feed.ts'
import { FrontierWatcher } from './measure/frontiers.ts'
import { ProcessorMeter } from './measure/processor-meter.ts'
import { Profiler } from './measure/profiler.ts'
import { printStages } from './measure/stage-table.ts'
import { readOptions } from './options.ts'
import { plainTransactionsPerSecond } from './plain-transactions.ts'

const bench = 'throughput'
const ids = ['us-east-1', 'eu-west-1', 'ap-south-1']
const listSize = 1_000
const warmUpMs = 5_000

interface Options {
  readonly seconds: number
  readonly skus: number
  /** Events a second over all regions; null: as many as they can take. */
  readonly rate: number | null
  readonly backlog: number
  /** Connections to each region, each with one list on its way. */
  readonly lanes: number
  readonly profile: boolean
}

function optionsOf(words: readonly string[]): Options {
  const { numbers, on } = readOptions(words, { seconds: 60, skus: 10_000, rate: 0, backlog: 60_000, lanes: 8 }, [
    'profile',
  ])
  return { ...numbers, rate: numbers.rate || null, profile: on.has('profile') }
}

export async function throughput(words: readonly string[]): Promise<void> {
  const options = optionsOf(words)
  const cluster = await startCluster({ regions: ids, postgres: 'each', inspect: options.profile })
  const watcher = new FrontierWatcher(cluster.regions)
  let load: LoadProcess | null = null
  try {
    await fillShops(cluster, watcher, options.skus)
    load = new LoadProcess({
      regions: cluster.regions.map(({ id, url }) => ({ id, url })),
      skus: options.skus,
      listSize,
      lanes: options.lanes,
      perSecond: options.rate === null ? null : options.rate / ids.length,
      backlogLimit: options.backlog / ids.length,
    })
    await feed(cluster, watcher, load, after(warmUpMs))
    await measure(cluster, watcher, load, options)
  } finally {
    load?.end()
    await watcher.close()
    await cluster.stop()
  }
}

async function measure(
  cluster: BenchCluster,
  watcher: FrontierWatcher,
  load: LoadProcess,
  options: Options,
): Promise<void> {
  const { regions } = cluster
  const profilers = options.profile
    ? await Promise.all(regions.map(({ inspectorPort }) => Profiler.start(inspectorPort ?? 0)))
    : []
  const meter = await ProcessorMeter.start(regions)
  const before = await load.ask()
  const startedAt = performance.now()
  const backlogs = await feed(cluster, watcher, load, after(options.seconds * 1_000))
  const loadMs = performance.now() - startedAt
  const last = await load.stop()
  await watcher.untilEqual(quietWithinMs)
  const tookMs = performance.now() - startedAt
  const used = await meter.read()
  const profiles = await Promise.all(profilers.map((profiler) => profiler.stop()))
  await watcher.equalDigest(quietWithinMs)

  const events = last.accepted - before.accepted
  const how = `${options.rate === null ? `as fast as a backlog of at most ${options.backlog} events allows` : `at ${options.rate} events/s`}, recordStockMovements in lists of ${listSize} over ${options.lanes} connections to each of three regions, ${options.skus} SKUs by Zipf's law, a Postgres for each region, fsync and signatures on${options.profile ? ', WITH PROFILERS' : ''}`
  const plain = await plainTransactionsPerSecond(cluster.scratchDatabase, {
    lanes: 2 * options.lanes,
    skus: options.skus,
    forMs: 5_000,
  })
  print({
    bench,
    figure: 'accepted, durable and applied in all three regions',
    unit: 'events/s',
    value: (events * 1_000) / tookMs,
    baseline: plain,
    note: `${events} events accepted in ${seconds(loadMs)} s, applied in every region ${seconds(tookMs - loadMs)} s later (the time counts), digests equal; ${how}; baseline: one transaction per movement over ${2 * options.lanes} connections to one Postgres, not replicated`,
  })
  print({
    bench,
    figure: 'accepted while the load was on',
    unit: 'events/s',
    value: (events * 1_000) / loadMs,
    baseline: null,
    note: how,
  })
  print({
    bench,
    figure: 'backlog, mean over the last third of the load',
    unit: 'events',
    value: meanOf(backlogs.slice(Math.floor((backlogs.length * 2) / 3))),
    baseline: meanOf(backlogs.slice(0, Math.ceil(backlogs.length / 3))),
    note: `events that one region has and another lacks, over all origins, sampled every ${sampleMs} ms; baseline: the mean over the first third, so a ratio near 1 says that it does not grow`,
  })
  for (const share of [0.5, 0.99]) {
    print({
      bench,
      figure: `answer to a list of ${listSize}, p${share * 100}`,
      unit: 'ms',
      value: percentile(last.latenciesMs, share),
      baseline: null,
      note: `under the full load, the time that callers hold back left out; ${how}`,
    })
  }
  const perEvent = (ms: number) => (ms * 1_000) / events
  const processor = (figure: string, ms: number, note: string) =>
    print({ bench, figure: `processor time of ${figure}`, unit: 'µs/event', value: perEvent(ms), baseline: null, note })
  const everywhere = 'per event of any region, what the two others do with it included, until it is applied everywhere'
  for (const { id, nodeMs, firstThreadMs, postgresMs } of used.regions) {
    processor(
      `the node of ${id}`,
      nodeMs,
      `${everywhere}; ${perEvent(firstThreadMs).toPrecision(3)} of it in its first thread`,
    )
    processor(`Postgres of ${id}`, postgresMs, everywhere)
  }
  const total = used.regions.reduce((sum, { nodeMs, postgresMs }) => sum + nodeMs + postgresMs, 0)
  processor(
    'all regions',
    total,
    `${everywhere}; ${(total / tookMs).toPrecision(3)} cores busy of what the machine has`,
  )
  processor('the load generator', last.processorMs - before.processorMs, 'on the same machine, apart from the regions')
  processor('the bench itself', used.ownMs, 'mostly asking for frontiers, on the same machine')
  if (options.profile)
    printStages(
      regions.map(({ id }, index) => ({ id, profiles: profiles[index] ?? [] })),
      used,
      events,
    )
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function seconds(ms: number): string {
  return (ms / 1_000).toPrecision(3)
}
