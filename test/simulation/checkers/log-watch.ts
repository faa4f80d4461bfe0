// Looks at every log at every step, the moment a transaction is durable: dense, causal, nothing known before its cause,
// clocks that tell the truth, times that go on. Knows no event by its meaning.

import type { LogFloor } from '@causeway/db/history'
import type { MemoryDatabase } from '@causeway/db/memory/database'
import { compareTimes, type HybridTime } from '@causeway/schema/clock/hybrid-clock'
import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import {
  advance,
  compareVectors,
  covers,
  meetVectors,
  sequenceOf,
  type VersionVector,
} from '@causeway/schema/clock/version-vector'
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
  ): { readonly applied: readonly Written[]; readonly fresh: readonly Written[]; readonly beginsAnew: boolean } {
    const beginsAnew = this.#beginsAnew(region, database)
    if (beginsAnew) this.#logs.delete(region)
    const log = this.#logs.get(region) ?? { position: 0, frontier: {}, latest: null }
    this.#logs.set(region, log)
    const applied: Written[] = []
    const fresh: Written[] = []
    const before = log.frontier
    if (log.position < database.floor.position) applied.push(...this.#jump(region, log, database.floor))
    for (; log.position < database.head.position; log.position++) {
      const stored = database.commits[log.position - database.floor.position]
      if (stored === undefined) throw new Violation('C2', `${region} has no commit at ${log.position + 1}`)
      const { written, isNew } = this.#history.learn(region, stored)
      this.#follow(region, log, written, isNew)
      applied.push(written)
      if (isNew) fresh.push(written)
    }
    if (compareVectors(log.frontier, database.head.frontier) !== 'equal')
      throw new Violation('C2', `the frontier of ${region} is not what its log holds`)
    if (!covers(log.frontier, before)) throw new Violation('C10', `${region} has lost to a snapshot what it held`)
    this.#history.held(region, log.frontier, database.floor.vector)
    return { applied, fresh, beginsAnew }
  }

  /**
   * A region that holds more of its own log than the others agreed on leaves that behind with a snapshot, and all that it wrote on
   * top of it, and writes under another origin from then on (S7, W8). No other region has ever held any of that.
   */
  #beginsAnew(region: RegionId, { head, floor }: MemoryDatabase): boolean {
    const log = this.#logs.get(region)
    if (log === undefined || log.position >= floor.position) return false
    const lost = Object.keys(log.frontier).filter(
      (origin) => sequenceOf(head.frontier, origin) < sequenceOf(log.frontier, origin),
    )
    for (const origin of lost) {
      const isItsOwn = regionOf(origin) === region && sequenceOf(log.frontier, head.origin) === 0
      if (!isItsOwn || this.#history.everHeldBeside(region, origin) > sequenceOf(head.frontier, origin))
        throw new Violation('C10', `${region} has lost to a snapshot what it held of ${origin}`)
    }
    return lost.length > 0
  }

  /** The region's database is another one now: its log is read from the beginning. */
  restored(region: RegionId): void {
    this.#logs.delete(region)
  }

  /**
   * A snapshot has come in place of a log that no peer had any more (C10): all that it stands for was written. What the
   * region itself had written and told nobody stands behind it in its log, and is followed as any other commit.
   */
  #jump(region: RegionId, log: Log, { position, vector }: LogFloor): readonly Written[] {
    const jumped = this.#history.within(log.frontier, vector)
    let reached: VersionVector = meetVectors(log.frontier, vector)
    for (const { sealed } of jumped) {
      reached = advance(reached, sealed.origin, sealed.lastSequence)
      if (log.latest === null || compareTimes(sealed.time, log.latest) > 0) log.latest = sealed.time
    }
    if (compareVectors(reached, vector) !== 'equal')
      throw new Violation('C10', `${region} has taken in a snapshot of what nobody has made durable`)
    log.frontier = vector
    log.position = position
    return jumped
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
