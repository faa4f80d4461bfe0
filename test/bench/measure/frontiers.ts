// What each region has applied, asked of the regions themselves: how far behind they are, and whether they hold the same.

import { setTimeout as delay } from 'node:timers/promises'
import { Caller } from '../caller.ts'
import type { BenchRegion } from '../cluster.ts'

export type Frontier = Readonly<Record<string, number>>

export class FrontierWatcher {
  readonly #callers: readonly { readonly id: string; readonly caller: Caller }[]

  constructor(regions: readonly BenchRegion[]) {
    this.#callers = regions.map(({ id, url }) => ({ id, caller: new Caller(url, 1) }))
  }

  /** By region. */
  async sample(): Promise<ReadonlyMap<string, Frontier>> {
    return new Map(
      await Promise.all(this.#callers.map(async ({ id, caller }) => [id, await frontierOf(caller)] as const)),
    )
  }

  /** Resolves with the frontier once every region has the same; throws where they have not within `withinMs`. */
  async untilEqual(withinMs: number): Promise<Frontier> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const frontiers = [...(await this.sample()).values()]
      const [first = {}] = frontiers
      if (frontiers.every((frontier) => isSame(frontier, first))) return first
      if (performance.now() > deadline) {
        throw new Error(`not the same in every region within ${withinMs} ms: ${JSON.stringify(frontiers)}`)
      }
      await delay(50)
    }
  }

  /**
   * The one digest of all regions at rest. Acknowledgements may still be under way, so digests count only where the
   * frontiers beside them are the same. Throws where equal frontiers have unequal digests.
   */
  async equalDigest(withinMs: number): Promise<string> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const all = await Promise.all(this.#callers.map(({ caller }) => digestOf(caller)))
      const [first] = all
      if (first !== undefined && all.every(({ frontier }) => isSame(frontier, first.frontier))) {
        if (all.every(({ digest }) => digest === first.digest)) return first.digest
        throw new Error(`equal frontiers, unequal digests: ${all.map(({ digest }) => digest).join(' ')}`)
      }
      if (performance.now() > deadline) throw new Error(`no equal frontiers within ${withinMs} ms`)
      await delay(500)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#callers.map(({ caller }) => caller.close()))
  }
}

/** Events of `origin` that it has and at least one other region has not. */
export function backlogOf(frontiers: ReadonlyMap<string, Frontier>, origin: string): number {
  const held = [...frontiers.values()].map((frontier) => frontier[origin] ?? 0)
  return Math.max(...held) - Math.min(...held)
}

async function frontierOf(caller: Caller): Promise<Frontier> {
  const data = await caller.call('{ regionStatus { frontier } }')
  return (data.regionStatus as { frontier: Frontier }).frontier
}

async function digestOf(caller: Caller): Promise<{ readonly frontier: Frontier; readonly digest: string }> {
  const data = await caller.call('{ regionStatus { frontier digest } }')
  return data.regionStatus as { frontier: Frontier; digest: string }
}

function isSame(left: Frontier, right: Frontier): boolean {
  const origins = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...origins].every((origin) => (left[origin] ?? 0) === (right[origin] ?? 0))
}
