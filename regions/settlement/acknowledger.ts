// Lets stability advance while nobody writes: a region that has applied something and has nothing of its own to commit
// commits an acknowledgement, once, after a short wait in which an ordinary commit may carry it instead.

import type { Head } from '@causeway/db/store'
import type { Ports } from '../ports.ts'
import { owesAcknowledgement } from './stability.ts'

export interface AcknowledgerSetting {
  readonly ports: Pick<Ports, 'timers' | 'logger'>
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
  #said = ''

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
    this.#cancel = this.#setting.ports.timers.after(delayMs, () => {
      this.#cancel = null
      void this.#check()
    })
  }

  async #check(): Promise<void> {
    try {
      if (owesAcknowledgement(await this.#setting.head())) await this.#setting.acknowledge()
      this.#said = ''
    } catch (error) {
      // Mostly the store is away; what is owed stays owed. Each new reason is said once.
      if (String(error) !== this.#said)
        this.#setting.ports.logger.warn(
          { error: String(error) },
          'what others wrote cannot be acknowledged; trying again',
        )
      this.#said = String(error)
      this.#schedule(retryMs)
    }
  }
}
