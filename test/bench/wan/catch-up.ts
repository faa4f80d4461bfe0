// How soon a region that was cut off has caught up, and the others with it: a backlog is written on both sides of the
// cut, then the network heals.

import { setTimeout as delay } from 'node:timers/promises'
import type { Wan } from '../../support/wan/wan.ts'
import type { BenchCluster } from '../cluster.ts'
import { print } from '../figure.ts'
import { LoadProcess } from '../load/channel.ts'
import { after, feed, quietWithinMs } from '../load/feed.ts'
import type { Frontier, FrontierWatcher } from '../measure/frontiers.ts'

const bench = 'wan'
/** Small lists over many connections: commits as small as callers who come one by one make them. */
const listSize = 10
const lanes = 16
const healedWithinMs = 600_000
/** Over all regions, where they are apart for a given time. */
const eventsPerSecond = 500

export interface CatchUpOptions {
  readonly cutOff: string
  /** Events over all regions, written as fast as they are taken; or for how long the regions stay apart at 500 events/s. */
  readonly backlog: { readonly events: number } | { readonly seconds: number }
  readonly skus: number
}

export async function catchUp(
  cluster: BenchCluster,
  wan: Wan,
  watcher: FrontierWatcher,
  options: CatchUpOptions,
): Promise<void> {
  const { cutOff, backlog, skus } = options
  const others = cluster.regions.map(({ id }) => id).filter((id) => id !== cutOff)
  await watcher.untilEqual(quietWithinMs)
  for (const other of others) wan.cut(cutOff, other)
  const written = await writeBacklog(cluster, watcher, backlog, skus)
  await untilSame(watcher, others, written)
  const before = await watcher.sample()
  const bytesBefore = wan.bytes
  const healedAt = performance.now()
  wan.heal()
  const firstMs = await untilMoved(watcher, before, healedAt)
  await watcher.untilEqual(healedWithinMs)
  const tookMs = performance.now() - healedAt
  const moved = cluster.regions.map(({ id }) => missing(before, id))
  print({
    bench,
    figure: `catch-up of ${cutOff} after a cut, ${written} events written meanwhile`,
    unit: 's',
    value: tookMs / 1_000,
    baseline: null,
    note: `${sayBacklog(backlog)}; from the end of the cut until every region holds the same; the first commit came ${(firstMs / 1_000).toPrecision(3)} s after it; ten minutes at ${eventsPerSecond} events/s make 300000. Lists of ${listSize} over ${lanes} connections to each region wrote them, a third in each`,
  })
  const most = Math.max(...moved)
  print({
    bench,
    figure: 'catch-up, events applied by the region with most to apply',
    unit: 'events/s',
    value: (most * 1_000) / tookMs,
    baseline: eventsPerSecond,
    note: `${most} events, over the whole time from the end of the cut, while the others apply theirs on the same machine; ${((wan.bytes - bytesBefore) / moved.reduce((sum, each) => sum + each, 0)).toPrecision(3)} bytes per event applied; baseline: ${eventsPerSecond} events/s`,
  })
}

async function writeBacklog(
  cluster: BenchCluster,
  watcher: FrontierWatcher,
  backlog: CatchUpOptions['backlog'],
  skus: number,
): Promise<number> {
  const regions = cluster.regions.map(({ id, url }) => ({ id, url }))
  const load = new LoadProcess({
    ...{ regions, skus, listSize, lanes },
    perSecond: 'seconds' in backlog ? eventsPerSecond / regions.length : null,
    backlogLimit: Number.MAX_SAFE_INTEGER,
  })
  const isOver =
    'seconds' in backlog ? after(backlog.seconds * 1_000) : async () => (await load.ask()).accepted >= backlog.events
  try {
    await feed(cluster, watcher, load, isOver)
    return (await load.stop()).accepted
  } finally {
    load.end()
  }
}

function sayBacklog(backlog: CatchUpOptions['backlog']): string {
  return 'seconds' in backlog
    ? `written at ${eventsPerSecond}/s in ${backlog.seconds} s of the cut`
    : 'written as fast as they were taken'
}

/** The regions on one side of the cut hold the same of each other's. */
async function untilSame(watcher: FrontierWatcher, ids: readonly string[], written: number): Promise<void> {
  const deadline = performance.now() + healedWithinMs
  for (;;) {
    const frontiers = await watcher.sample()
    const side = new Map(ids.map((id) => [id, frontiers.get(id) ?? {}]))
    if (ids.every((origin) => ids.every((id) => side.get(id)?.[origin] === side.get(origin)?.[origin]))) return
    if (performance.now() > deadline) throw new Error(`the near side did not settle after ${written} events`)
    await delay(250)
  }
}

async function untilMoved(
  watcher: FrontierWatcher,
  before: ReadonlyMap<string, Frontier>,
  since: number,
): Promise<number> {
  for (;;) {
    const now = await watcher.sample()
    for (const [id, frontier] of now) {
      const known = before.get(id) ?? {}
      if (Object.keys(frontier).some((origin) => origin !== id && (frontier[origin] ?? 0) > (known[origin] ?? 0)))
        return performance.now() - since
    }
    if (performance.now() - since > healedWithinMs) throw new Error('nothing passed after the cut was over')
    await delay(10)
  }
}

/** Events that `id` has still to apply. */
function missing(frontiers: ReadonlyMap<string, Frontier>, id: string): number {
  const own = frontiers.get(id) ?? {}
  const origins = new Set([...frontiers.values()].flatMap((frontier) => Object.keys(frontier)))
  return [...origins].reduce((sum, origin) => {
    const most = Math.max(...[...frontiers.values()].map((frontier) => frontier[origin] ?? 0))
    return sum + most - (own[origin] ?? 0)
  }, 0)
}
