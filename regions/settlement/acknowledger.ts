// Lets stability advance while nobody writes: a region that has applied something and has nothing of its own to commit
// commits an acknowledgement, once, after a short wait in which an ordinary commit may carry it instead.

import type { Head } from '@causeway/db/store'
import type { Timers } from '../ports.ts'
import { owesAcknowledgement } from './stability.ts'

export interface AcknowledgerSetting {
  readonly timers: Timers
  readonly head: () => Promise<Head>
  readonly acknowledge: () => Promise<void>
}

/** How long an ordinary commit may take to make an acknowledgement unnecessary. */
const idleMs = 100
const retryMs = 1_000

export class Acknowledger {
  readonly #setting: AcknowledgerSetting
  #cancel: (() => void) | null = null
  #stopped = false

  constructor(setting: AcknowledgerSetting) {
    this.#setting = setting
  }

  /** To be called after every apply. */
  nudge(): void {
    this.#schedule(idleMs)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #schedule(delayMs: number): void {
    if (this.#stopped || this.#cancel) return
    this.#cancel = this.#setting.timers.after(delayMs, () => {
      this.#cancel = null
      void this.#check()
    })
  }

  async #check(): Promise<void> {
    try {
      if (owesAcknowledgement(await this.#setting.head())) await this.#setting.acknowledge()
    } catch {
      // The store is away; what is owed stays owed.
      this.#schedule(retryMs)
    }
  }
}
