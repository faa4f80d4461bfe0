// Where the region stands, and who waits for it to get somewhere: a frontier, or the stability of a position. Holds the
// newest head this node has seen; knows nothing of how it came about.

import type { Head } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { covers, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Clock, Timers } from '../ports.ts'
import { isStable } from '../settlement/stability.ts'

interface Waiter {
  readonly isMet: (head: Head) => boolean
  readonly settle: (met: boolean) => void
}

/** Waiters at once; beyond it a wait fails at once, as if its deadline had passed. */
const maximumWaiters = 10_000

export class Progress {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #members: readonly RegionId[]
  readonly #waiters = new Set<Waiter>()
  #head: Head

  constructor(head: Head, members: readonly RegionId[], ports: { clock: Clock; timers: Timers }) {
    this.#head = head
    this.#members = members
    this.#clock = ports.clock
    this.#timers = ports.timers
  }

  get head(): Head {
    return this.#head
  }

  /** Heads may come out of turn from the lane and the bell: the higher position stands; a new incarnation always does. */
  moved(head: Head): void {
    if (head.origin === this.#head.origin && head.position < this.#head.position) return
    this.#head = head
    for (const waiter of [...this.#waiters]) if (waiter.isMet(head)) waiter.settle(true)
  }

  /** Whether it tells more: what is known of fences may grow without a commit. */
  lacks({ position, fences }: Head): boolean {
    return position > this.#head.position || (position === this.#head.position && fences !== this.#head.fences)
  }

  /** False where the frontier does not cover `vector` by `deadlineAt`. */
  reach(vector: VersionVector, deadlineAt: number): Promise<boolean> {
    return this.#wait((head) => covers(head.frontier, vector), deadlineAt)
  }

  /** False where the position is not stable by `deadlineAt`. */
  stable(position: { readonly origin: string; readonly sequence: number }, deadlineAt: number): Promise<boolean> {
    return this.#wait((head) => isStable(head, this.#members, position), deadlineAt)
  }

  stop(): void {
    for (const waiter of [...this.#waiters]) waiter.settle(false)
  }

  #wait(isMet: (head: Head) => boolean, deadlineAt: number): Promise<boolean> {
    if (isMet(this.#head)) return Promise.resolve(true)
    const remainingMs = deadlineAt - this.#clock.now()
    if (remainingMs <= 0 || this.#waiters.size >= maximumWaiters) return Promise.resolve(false)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        isMet,
        settle: (met) => {
          if (!this.#waiters.delete(waiter)) return
          cancel()
          resolve(met)
        },
      }
      const cancel = this.#timers.after(remainingMs, () => waiter.settle(false))
      this.#waiters.add(waiter)
    })
  }
}
