// Keeps the node that receives to what the region knows of origins that have signed two logs: they are suspended by whoever led
// when that was found, and an operator resolves the incident by way of any node (W4). Decides nothing.

import type { Custody } from '../integrity/custody.ts'
import type { Ports } from '../ports.ts'
import type { Ingest } from '../replication/ingest.ts'

export interface SuspensionWatchSetting {
  readonly custody: Pick<Custody, 'open' | 'review' | 'suspended'>
  readonly ingest: Pick<Ingest, 'suspend' | 'lift'>
  readonly ports: Pick<Ports, 'timers' | 'logger'>
}

const reviewMs = 5_000

export class SuspensionWatch {
  readonly #setting: SuspensionWatchSetting
  #isRunning = false
  /** What other nodes have kept until this one began to lead is known here. */
  #isOpen = false
  #cancel: () => void = () => {}

  constructor(setting: SuspensionWatchSetting) {
    this.#setting = setting
  }

  start(): void {
    this.#isRunning = true
    this.#isOpen = false
    void this.#look()
  }

  stop(): void {
    this.#isRunning = false
    this.#cancel()
  }

  async #look(): Promise<void> {
    const { custody, ingest, ports } = this.#setting
    try {
      if (!this.#isOpen) await custody.open()
      this.#isOpen = true
      ingest.suspend()
      for (const origin of custody.suspended.size > 0 ? await custody.review() : []) ingest.lift(origin)
    } catch (error) {
      ports.logger.debug({ error: String(error) }, 'which origins are suspended cannot be told; trying again')
    }
    if (this.#isRunning) this.#cancel = ports.timers.after(reviewMs, () => void this.#look())
  }
}
