// All that is checked while a simulated cluster runs, in one: told of every transaction the moment it is durable and of
// every answer before it leaves its node. Keeps the first failure, for who runs the cluster to throw.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import { decodeToken } from '@causeway/schema/clock/causal-token'
import type { RegionId } from '@causeway/schema/clock/origin'
import { covers } from '@causeway/schema/clock/version-vector'
import type { Reply } from '../callers/door.ts'
import { FenceWatch } from './fence-watch.ts'
import { History, type Written } from './history.ts'
import { LogWatch } from './log-watch.ts'
import { OnceWatch } from './once-watch.ts'
import { StockWatch } from './stock-watch.ts'
import { Violation } from './violation.ts'

export class Watch {
  readonly #history = new History()
  readonly #logs = new LogWatch(this.#history)
  readonly #stock = new StockWatch()
  readonly #fences: FenceWatch
  readonly #once: OnceWatch
  readonly #restored = new Set<RegionId>()
  #failure: unknown = null

  constructor(members: readonly RegionId[]) {
    this.#fences = new FenceWatch(this.#history, members)
    this.#once = new OnceWatch(this.#history, (commit) => this.#fences.awaitedBy(commit))
  }

  get failure(): unknown {
    return this.#failure
  }

  /** Regions that went on with an older copy. */
  get restoredRegions(): ReadonlySet<RegionId> {
    return this.#restored
  }

  get history(): History {
    return this.#history
  }

  readonly isUndone = (said: Written, about: string): boolean => this.#fences.isUndone(said, about)

  report(fault: unknown): void {
    this.#failure ??= fault
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure
  }

  readonly durable = (region: RegionId, database: MemoryDatabase): void => {
    try {
      const { applied, fresh, beginsAnew } = this.#logs.look(region, database)
      if (beginsAnew) this.#once.restored(region)
      this.#fences.look(region, applied, fresh)
      this.#stock.look(region, database, applied, fresh)
      this.#once.look(region, applied, fresh)
    } catch (error) {
      this.report(error)
    }
  }

  /** W2: what an answer tells is durable where it was given. */
  readonly answered = (region: RegionId, { data }: Reply): void => {
    if (data !== null && !covers(this.#history.everHeld(region), decodeToken(data.token)))
      this.report(new Violation('W2', `${region} answers with what it has not made durable: ${data.token}`))
  }

  /** What the copy holds is known at once, and not with the region's next transaction: until then it is all that is left of a disk. */
  restored(region: RegionId, copy: MemoryDatabase): void {
    this.#restored.add(region)
    this.#history.restored(region)
    this.#logs.restored(region)
    this.#once.restored(region)
    this.durable(region, copy)
  }

  /** All that a region has applied, as its origins wrote it, whether its log still reaches back so far or not. */
  logOf(database: MemoryDatabase): readonly Written[] {
    return this.#history.within({}, database.head.frontier)
  }
}
