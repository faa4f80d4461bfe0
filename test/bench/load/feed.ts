// A cluster under load: its shops filled, and the load generator told how far the regions are behind one another.

import { setTimeout as delay } from 'node:timers/promises'
import { Caller } from '../caller.ts'
import type { BenchCluster } from '../cluster.ts'
import { backlogOf, type FrontierWatcher } from '../measure/frontiers.ts'
import { addStock, stockShop } from '../shop.ts'
import type { LoadProcess } from './channel.ts'

export const units = 1_000_000
export const sampleMs = 250
/** For whatever is left to be applied once nothing is sent any more. */
export const quietWithinMs = 180_000

/** Tells the generator of the backlog until `isOver`; answers the sum over all origins at each look. */
export async function feed(
  cluster: BenchCluster,
  watcher: FrontierWatcher,
  load: LoadProcess,
  isOver: () => boolean | Promise<boolean>,
): Promise<readonly number[]> {
  const backlogs: number[] = []
  while (!(await isOver())) {
    const frontiers = await watcher.sample()
    const events = Object.fromEntries(cluster.regions.map(({ id }) => [id, backlogOf(frontiers, id)]))
    load.backlog(events)
    backlogs.push(Object.values(events).reduce((sum, each) => sum + each, 0))
    await delay(sampleMs)
  }
  return backlogs
}

/** For `feed`. */
export function after(ms: number): () => boolean {
  const until = performance.now() + ms
  return () => performance.now() >= until
}

/** `skus` products known everywhere, with stock of every region's own, so that no call waits for another's rights. */
export async function fillShops(cluster: BenchCluster, watcher: FrontierWatcher, skus: number): Promise<void> {
  const callers = cluster.regions.map(({ url }) => new Caller(url, 2))
  const [first, ...others] = callers
  if (first === undefined) return
  await stockShop(first, skus, units)
  await watcher.untilEqual(quietWithinMs)
  for (const caller of others) await addStock(caller, skus, units)
  await watcher.untilEqual(quietWithinMs)
  for (const caller of callers) await caller.close()
}
