// Looks at every log at every step, the moment a transaction is durable: dense, causal, nothing known before its cause,
// clocks that tell the truth, times that go on. Knows no event by its meaning.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import { compareTimes, type HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import { advance, compareVectors, covers, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { History, Written } from './history.ts'
import { Violation } from './violation.ts'

interface Log {
  position: number
  frontier: VersionVector
  latest: HybridTime | null
}

export class LogWatch {
  readonly #history: History
  readonly #logs = new Map<RegionId, Log>()

  constructor(history: History) {
    this.#history = history
  }

  /** What is new in the region's log; those that were written just now, apart. */
  look(
    region: RegionId,
    database: MemoryDatabase,
  ): { readonly applied: readonly Written[]; readonly fresh: readonly Written[] } {
    const log = this.#logs.get(region) ?? { position: 0, frontier: {}, latest: null }
    this.#logs.set(region, log)
    const applied: Written[] = []
    const fresh: Written[] = []
    for (; log.position < database.commits.length; log.position++) {
      const stored = database.commits[log.position]
      if (stored === undefined) break
      const { written, isNew } = this.#history.learn(region, stored)
      this.#follow(region, log, written, isNew)
      applied.push(written)
      if (isNew) fresh.push(written)
    }
    if (compareVectors(log.frontier, database.head.frontier) !== 'equal')
      throw new Violation('C2', `the frontier of ${region} is not what its log holds`)
    this.#history.held(region, log.frontier)
    return { applied, fresh }
  }

  /** The region's database is another one now: its log is read from the beginning. */
  restored(region: RegionId): void {
    this.#logs.delete(region)
  }

  #follow(region: RegionId, log: Log, { sealed }: Written, isNew: boolean): void {
    const { origin, firstSequence, lastSequence, clock, time } = sealed
    const held = sequenceOf(log.frontier, origin)
    const name = `${origin}:${firstSequence}..${lastSequence}`
    if (firstSequence !== held + 1 || lastSequence < firstSequence)
      throw new Violation(isNew ? 'W1' : 'C2', `${region} has ${name} in its log after ${held}`)
    if (!covers(log.frontier, clock)) throw new Violation('C1', `${region} has applied ${name} before its causes`)
    if (isNew && !covers(clock, log.frontier))
      throw new Violation('C1', `the clock of ${name} does not tell all that ${region} had applied`)
    if (isNew && log.latest !== null && compareTimes(time, log.latest) <= 0)
      throw new Violation('C1', `the time of ${name} is not after that of its causes`)
    log.frontier = advance(log.frontier, origin, lastSequence)
    if (log.latest === null || compareTimes(time, log.latest) > 0) log.latest = time
  }
}
