// Where the region stands, and who waits for it to get somewhere: a frontier, or the stability of a position. Holds the
// newest head this node has seen; knows nothing of how it came about.

import type { Head } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { covers, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { toHex } from '@causeway/schema/hex'
import type { Clock, Timers } from '../ports.ts'
import { isStable } from '../settlement/stability.ts'

interface Waiter {
  readonly isMet: (head: Head) => boolean
  readonly settle: (met: boolean) => void
}

/** A log that takes the name of another one goes further, or as far and ends at the lower hash: so its fence was decided. */
function isRenamed(before: Head, after: Head): boolean {
  const endOf = ({ chainHashes }: Head, origin: Origin) => toHex(chainHashes[origin] ?? noHash)
  return Object.keys(after.frontier).some((origin) => {
    const further = sequenceOf(after.frontier, origin) - sequenceOf(before.frontier, origin)
    return further > 0 || (further === 0 && endOf(after, origin) < endOf(before, origin))
  })
}

const noHash = new Uint8Array()

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

  /** Whether it tells more: what is known of fences may grow without a commit, and one log take another's name (C6). */
  lacks(head: Head): boolean {
    const { position, fences } = this.#head
    if (head.position !== position) return head.position > position
    return head.fences !== fences || isRenamed(this.#head, head)
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
