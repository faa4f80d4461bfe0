// A region's disk and database server, which its nodes share and which can be slow, away, full, or stop a process at any
// step of a transaction. Knows no node by more than its process.

import { copyDatabase, createMemoryDatabase, type MemoryDatabase } from '@causeway/db/memory/database'
import { StoreError } from '@causeway/db/store'
import type { Clock, Timers } from '@causeway/regions/ports'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { SeededRandom } from '../random.ts'
import type { VirtualProcess } from '../virtual-process.ts'

/** `writing`: nothing of it is durable yet; `answering`: all of it is, and the node has not heard so. */
export type Step = 'writing' | 'answering'

export interface DiskSetting {
  readonly region: RegionId
  readonly time: Clock & Timers
  readonly random: SeededRandom
  /** Called right after a transaction became durable, before anybody hears of it. */
  readonly onDurable: (region: RegionId, database: MemoryDatabase) => void
}

/** Chance that a write takes its time, and that its answer does. */
const slowChance = 0.3
const slowMs = 4

export class Disk {
  readonly #setting: DiskSetting
  #database: MemoryDatabase
  /** Called when a process has come to a step: kills it there, as often as was asked for. */
  #trap: { readonly step: Step; readonly spring: (process: VirtualProcess) => void } | null = null
  #isFull = false
  #awayUntilMs = 0
  #doubts = 0
  #slowness = 0
  readonly #drops = new Set<() => void>()

  constructor(setting: DiskSetting) {
    this.#setting = setting
    this.#database = createMemoryDatabase(setting.region)
    this.#watch()
  }

  get database(): MemoryDatabase {
    return this.#database
  }

  backUp(): MemoryDatabase {
    return copyDatabase(this.#database)
  }

  /** An older copy takes the database's place; as after Postgres's recovery, it lives under the next timeline. */
  restore(backup: MemoryDatabase): void {
    const { systemIdentifier } = backup.identity
    const timeline = this.#database.identity.timeline + 1
    this.#database = { ...copyDatabase(backup), identity: { systemIdentifier, timeline } }
    this.#watch()
  }

  /** The same with nothing that tells the copy from the database whose place it takes: its files, put back by hand. */
  replace(copy: MemoryDatabase): void {
    this.#database = { ...copyDatabase(copy), identity: this.#database.identity }
    this.#watch()
  }

  /** The next transaction that comes to `step` ends its node there. */
  setTrap(step: Step, spring: (process: VirtualProcess) => void): void {
    this.#trap = { step, spring }
  }

  setFull(isFull: boolean): void {
    this.#isFull = isFull
  }

  /** 1 is usual, more is slower; 0, before it is set, takes no time at all. */
  setSlowness(slowness: number): void {
    this.#slowness = slowness
  }

  /** Connections break now, and none can be made for a while. */
  goAway(forMs: number): void {
    this.#awayUntilMs = this.#setting.time.now() + forMs
    for (const drop of [...this.#drops]) drop()
  }

  /** Of the next writes so many are durable, and their node is told that this is not known. */
  doubt(writes: number): void {
    this.#doubts += writes
  }

  /** Calls once when the connections break. */
  onDrop(call: () => void): () => void {
    this.#drops.add(call)
    return () => this.#drops.delete(call)
  }

  heal(): void {
    this.#trap = null
    this.#isFull = false
    this.#awayUntilMs = 0
    this.#doubts = 0
    this.#slowness = 1
  }

  /** Throws where the database cannot be asked, or cannot write. */
  check(isWriting: boolean): void {
    if (this.#setting.time.now() < this.#awayUntilMs)
      throw new StoreError('UNREACHABLE', 'the database is away', { retry: true })
    if (isWriting && this.#isFull) throw new StoreError('DISK_FULL', 'the disk is full', { retry: true })
  }

  /** Between the work of a transaction and its being durable, and between that and its answer. */
  async pass(step: Step, process: VirtualProcess): Promise<void> {
    const trap = this.#trap
    if (trap?.step === step) {
      this.#trap = null
      trap.spring(process)
    }
    const { random, time } = this.#setting
    if (this.#slowness > 0 && random.chance(slowChance)) {
      const delayMs = random.unit() * slowMs * this.#slowness
      await new Promise<void>((resolve) => time.after(delayMs, resolve))
    }
    if (!process.isRunning) await process.turn()
    if (step === 'writing') this.check(true)
    else if (this.#doubts > 0) {
      this.#doubts -= 1
      throw new StoreError('UNREACHABLE', 'the database went away while it committed', { retry: false })
    }
  }

  /** The first of the database's listeners, so that nothing happens between a write and the look at it. */
  #watch(): void {
    const { region, onDurable } = this.#setting
    const database = this.#database
    database.listeners.add(() => onDurable(region, database))
  }
}
