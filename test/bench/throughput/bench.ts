// How many events a second three regions take together, each made durable where it was sent and applied in the two
// others, over real links, with fsync and signatures on; and the processor time that an event costs in each process.

import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Caller } from '../caller.ts'
import { type BenchCluster, startCluster } from '../cluster.ts'
import { percentile, print } from '../figure.ts'
import { backlogOf, FrontierWatcher } from '../measure/frontiers.ts'
import { ProcessorMeter } from '../measure/processor-meter.ts'
import { Profiler } from '../measure/profiler.ts'
import { plainTransactionsPerSecond } from '../plain-transactions.ts'
import { addStock, stockShop } from '../shop.ts'
import { LoadProcess } from './channel.ts'
import { printStages } from './stage-table.ts'

const bench = 'throughput'
const ids = ['us-east-1', 'eu-west-1', 'ap-south-1']
const listSize = 1_000
const lanes = 4
const units = 1_000_000
const warmUpMs = 5_000
const sampleMs = 250
const quietWithinMs = 180_000

interface Options {
  readonly seconds: number
  readonly skus: number
  /** Events a second over all regions; null: as many as they can take. */
  readonly rate: number | null
  readonly backlog: number
  readonly profile: boolean
}

function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seconds: { type: 'string', default: '60' },
      skus: { type: 'string', default: '10000' },
      rate: { type: 'string' },
      backlog: { type: 'string', default: '60000' },
      profile: { type: 'boolean', default: false },
    },
  })
  const number = (name: string, text: string) => {
    if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} must be a whole number above 0, not ${text}`)
    return Number(text)
  }
  return {
    seconds: number('seconds', values.seconds),
    skus: number('skus', values.skus),
    rate: values.rate === undefined ? null : number('rate', values.rate),
    backlog: number('backlog', values.backlog),
    profile: values.profile,
  }
}

export async function throughput(words: readonly string[]): Promise<void> {
  const options = readOptions(words)
  const cluster = await startCluster({ regions: ids, postgres: 'each', inspect: options.profile })
  const watcher = new FrontierWatcher(cluster.regions)
  let load: LoadProcess | null = null
  try {
    await fillShops(cluster, watcher, options.skus)
    load = new LoadProcess({
      regions: cluster.regions.map(({ id, url }) => ({ id, url })),
      skus: options.skus,
      listSize,
      lanes,
      perSecond: options.rate === null ? null : options.rate / ids.length,
      backlogLimit: options.backlog / ids.length,
    })
    await watch(watcher, load, warmUpMs)
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
  const backlogs = await watch(watcher, load, options.seconds * 1_000)
  const loadMs = performance.now() - startedAt
  const after = await load.stop()
  await watcher.untilEqual(quietWithinMs)
  const tookMs = performance.now() - startedAt
  const used = await meter.read()
  const profiles = await Promise.all(profilers.map((profiler) => profiler.stop()))
  await watcher.equalDigest(quietWithinMs)

  const events = after.accepted - before.accepted
  const how = `${options.rate === null ? `as fast as a backlog of at most ${options.backlog} events allows` : `at ${options.rate} events/s`}, recordStockMovements in lists of ${listSize} over ${lanes} connections to each of three regions, ${options.skus} SKUs by Zipf's law, a Postgres for each region, fsync and signatures on${options.profile ? ', WITH PROFILERS' : ''}`
  const plain = await plainTransactionsPerSecond(cluster.scratchDatabase, {
    lanes: 2 * lanes,
    skus: options.skus,
    forMs: 5_000,
  })
  print({
    bench,
    figure: 'accepted, durable and applied in all three regions',
    unit: 'events/s',
    value: (events * 1_000) / tookMs,
    baseline: plain,
    note: `${events} events accepted in ${seconds(loadMs)} s, applied in every region ${seconds(tookMs - loadMs)} s later (the time counts), digests equal; ${how}; baseline: one transaction per movement over ${2 * lanes} connections to one Postgres, not replicated`,
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
      value: percentile(after.latenciesMs, share),
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
  processor('the load generator', after.processorMs - before.processorMs, 'on the same machine, apart from the regions')
  processor('the bench itself', used.ownMs, 'mostly asking for frontiers, on the same machine')
  if (options.profile)
    printStages(
      regions.map(({ id }, index) => ({ id, profiles: profiles[index] ?? [] })),
      used,
      events,
    )
}

/** Tells the generator of the backlog for as long as it lasts; the sum over all origins at each look. */
async function watch(watcher: FrontierWatcher, load: LoadProcess, forMs: number): Promise<readonly number[]> {
  const until = performance.now() + forMs
  const backlogs: number[] = []
  while (performance.now() < until) {
    const frontiers = await watcher.sample()
    const events = Object.fromEntries(ids.map((id) => [id, backlogOf(frontiers, id)]))
    load.backlog(events)
    backlogs.push(Object.values(events).reduce((sum, each) => sum + each, 0))
    await delay(Math.min(sampleMs, Math.max(0, until - performance.now())))
  }
  return backlogs
}

async function fillShops(cluster: BenchCluster, watcher: FrontierWatcher, skus: number): Promise<void> {
  const callers = cluster.regions.map(({ url }) => new Caller(url, 2))
  const [first, ...others] = callers
  if (first === undefined) return
  await stockShop(first, skus, units)
  await watcher.untilEqual(quietWithinMs)
  // A region sells from what came in there, so that no call waits for rights from another region.
  for (const caller of others) await addStock(caller, skus, units)
  await watcher.untilEqual(quietWithinMs)
  for (const caller of callers) await caller.close()
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function seconds(ms: number): string {
  return (ms / 1_000).toPrecision(3)
}
