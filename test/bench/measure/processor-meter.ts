// The processor time of a cluster's processes over a stretch of time: of each node, of each Postgres, and of the bench.

import type { BenchRegion } from '../cluster.ts'
import { familyMs, firstThreadMs, processMs } from './processor-time.ts'

export interface RegionUse {
  readonly id: string
  readonly nodeMs: number
  /** The part of `nodeMs` that its first thread used; the rest is compression, worker threads, garbage collection. */
  readonly firstThreadMs: number
  readonly postgresMs: number
}

export interface ProcessorUse {
  readonly regions: readonly RegionUse[]
  readonly ownMs: number
}

export class ProcessorMeter {
  readonly #regions: readonly BenchRegion[]
  readonly #before: ProcessorUse

  private constructor(regions: readonly BenchRegion[], before: ProcessorUse) {
    this.#regions = regions
    this.#before = before
  }

  /** Each region needs a Postgres of its own, else each is said to have used what all have. */
  static async start(regions: readonly BenchRegion[]): Promise<ProcessorMeter> {
    return new ProcessorMeter(regions, await now(regions))
  }

  /** Since the start. */
  async read(): Promise<ProcessorUse> {
    const after = await now(this.#regions)
    const regions = after.regions.map((use, index) => {
      const before = this.#before.regions[index] ?? use
      return {
        id: use.id,
        nodeMs: use.nodeMs - before.nodeMs,
        firstThreadMs: use.firstThreadMs - before.firstThreadMs,
        postgresMs: use.postgresMs - before.postgresMs,
      }
    })
    return { regions, ownMs: after.ownMs - this.#before.ownMs }
  }
}

async function now(regions: readonly BenchRegion[]): Promise<ProcessorUse> {
  const uses = regions.map(async ({ id, pid, postgresPid }) => ({
    id,
    nodeMs: await processMs(pid),
    firstThreadMs: await firstThreadMs(pid),
    postgresMs: await familyMs(postgresPid),
  }))
  return { regions: await Promise.all(uses), ownMs: await processMs(process.pid) }
}
