// Does what this origin owes: obligations that are due become internal commands, each removed in the transaction that
// settles it, so nothing is done twice however often it is tried. Runs on the one node that holds the background lease.

import type { Head, Obligation, SeenObligations, Store } from '@causeway/db/store'
import { noneSeen } from '@causeway/db/write-set'
import type { RegionId } from '@causeway/schema/clock/origin'
import { covers } from '@causeway/schema/clock/version-vector'
import type { Ports } from '../ports.ts'
import { stableVector } from './stability.ts'

export interface SettlerSetting {
  readonly store: Pick<Store, 'obligations'>
  readonly members: readonly RegionId[]
  readonly ports: Ports
  /** As this node knows it. */
  readonly head: () => Head
  /** Runs the internal command; false where it could not be settled yet (rights are lacking). */
  readonly settle: (obligation: Obligation) => Promise<boolean>
}

/** Obligations that are settled together. */
const roundSize = 200
/** How long what has become stable may wait to be looked at, so that a busy log is not asked at every commit. */
const stableMs = 50
/** A debt is tried again after this long: rights may have come. */
const debtRetryMs = 2_000

export class Settler {
  readonly #setting: SettlerSetting
  /** Due, and not to be settled yet: they are tried again together. */
  readonly #debts = new Set<number>()
  /** Settled or a debt by now. */
  #seen: SeenObligations = noneSeen
  /** How often all has been looked at anew: a round that was under way by then has not. */
  #begun = 0
  #running = false
  #again = false
  #stopped = false
  /** Until the store has said that nothing waits to become stable. */
  #mayWait = true
  #cancelStable: (() => void) | null = null
  #cancelRetry: (() => void) | null = null

  constructor(setting: SettlerSetting) {
    this.#setting = setting
  }

  /** All that is due is looked at anew: another node may have done what this one has seen, or have left what it has not. */
  begin(): void {
    this.#debts.clear()
    this.#seen = noneSeen
    this.#begun += 1
    this.owed()
  }

  /** Something new is owed, or may be. */
  owed(): void {
    this.#mayWait = true
    this.#nudge()
  }

  /** To be called after every commit or apply: more may have become stable. */
  moved(): void {
    if (!this.#mayWait || this.#cancelStable || this.#stopped) return
    this.#cancelStable = this.#setting.ports.timers.after(stableMs, () => {
      this.#cancelStable = null
      this.#nudge()
    })
  }

  #nudge(): void {
    if (this.#stopped) return
    if (this.#running) {
      this.#again = true
      return
    }
    this.#running = true
    void this.#run()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelStable?.()
    this.#cancelRetry?.()
  }

  async #run(): Promise<void> {
    const { ports } = this.#setting
    try {
      do {
        this.#again = false
        await this.#round()
      } while (this.#again && !this.#stopped)
    } catch (error) {
      ports.logger.warn({ error: String(error) }, 'obligations could not be settled; trying again')
      this.#retryLater()
    } finally {
      this.#running = false
    }
  }

  async #round(): Promise<void> {
    const { store, members } = this.#setting
    const head = this.#setting.head()
    const begun = this.#begun
    const stable = stableVector(head, members)
    this.#mayWait = false
    let { number } = this.#seen
    let found = 0
    for (let page = 0; !this.#stopped; ) {
      const due = await store.obligations(stable, roundSize, { ...this.#seen, page })
      found += due.length
      const fresh = due.filter((obligation) => !this.#debts.has(obligation.number))
      const settled = await Promise.all(fresh.map((obligation) => this.#settle(obligation)))
      fresh.forEach((obligation, index) => {
        if (!settled[index]) this.#debts.add(obligation.number)
      })
      for (const obligation of due) if (obligation.waitsFor === null) number = Math.max(number, obligation.number)
      page = due.at(-1)?.number ?? page
      if (due.length < roundSize) break
    }
    if (begun === this.#begun) this.#seen = { stable, number, page: 0 }
    // Where all is stable and nothing was due, nothing is owed at all: until `owed` is called there is nothing to ask.
    const standing = { ...head.significant, [head.origin]: head.sequence }
    if (found > 0 || !covers(stable, standing)) this.#mayWait = true
    if (this.#debts.size > 0) this.#retryLater()
  }

  /** One that cannot be settled must not keep the others waiting: it is tried again later, as a debt is. */
  async #settle(obligation: Obligation): Promise<boolean> {
    const { settle, ports } = this.#setting
    try {
      return await settle(obligation)
    } catch (error) {
      ports.logger.warn({ ...obligation, error: String(error) }, 'an obligation could not be settled; trying again')
      return false
    }
  }

  #retryLater(): void {
    if (this.#cancelRetry || this.#stopped) return
    this.#cancelRetry = this.#setting.ports.timers.after(debtRetryMs, () => {
      this.#cancelRetry = null
      this.begin()
    })
  }
}
