// A device's storage: the memory implementation behind a disk that takes its time, fills up, is thrown away by the platform, or
// ends its process in the middle of a write. Knows nothing of what is stored.

import { type ClientStorage, memoryStorage, StorageError } from '@causeway/client'
import type { StorageWrite, UserStorage } from '@causeway/client/storage/port'
import type { SeededRandom } from '../random.ts'
import type { VirtualProcess } from '../virtual-process.ts'
import type { VirtualTime } from '../virtual-time.ts'

/** Writes to go until the process dies in one, and whether all of that one is there afterwards. */
interface Trap {
  left: number
  readonly isWritten: boolean
  readonly spring: () => void
}

const slowestMs = 8

export class Flash {
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  #ground: ClientStorage = memoryStorage()
  #trap: Trap | null = null
  #wasEvicted = false
  isFull = false

  constructor(time: VirtualTime, random: SeededRandom) {
    this.#time = time
    this.#random = random
  }

  setTrap(left: number, isWritten: boolean, spring: () => void): void {
    this.#trap ??= { left, isWritten, spring }
  }

  heal(): void {
    this.#trap = null
    this.isFull = false
  }

  /** As a browser that needs room does, between two visits. */
  evict(): void {
    this.#ground = memoryStorage()
    this.#wasEvicted = true
  }

  /** What is there, for a look from outside. */
  async contents(user: string): Promise<ReadonlyMap<string, unknown>> {
    const opened = await this.#ground.open(user)
    const all = await opened.load({ from: '\u0000', before: '\uffff' })
    return new Map(all.map(({ key, value }) => [key, typeof value === 'string' ? parsed(value) : value]))
  }

  storageFor(process: VirtualProcess): ClientStorage {
    return {
      open: async (user): Promise<UserStorage> => {
        const opened = await this.#ground.open(user)
        const wasEvicted = this.#wasEvicted
        this.#wasEvicted = false
        return {
          wasEvicted,
          load: async (range, limit) => {
            await process.turn()
            return await opened.load(range, limit)
          },
          commit: (writes) => this.#commit(opened, process, writes),
          close: () => opened.close(),
        }
      },
    }
  }

  async #commit(opened: UserStorage, process: VirtualProcess, writes: readonly StorageWrite[]): Promise<void> {
    await process.turn()
    if (this.isFull && writes.some((write) => 'put' in write)) throw new StorageError('FULL', 'no room')
    if (this.#random.chance(0.3)) {
      await new Promise<void>((resolve) => this.#time.after(this.#random.unit() * slowestMs, resolve))
      await process.turn()
    }
    const trap = this.#trap
    if (trap === null || --trap.left > 0) return await opened.commit(writes)
    this.#trap = null
    if (trap.isWritten) await opened.commit(writes)
    trap.spring()
    // Nobody is there to hear of it.
    await process.turn()
  }
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
