// Keeps the node that receives to what the region knows of origins that have signed two logs: they are suspended by whoever led
// when that was found, an operator resolves the incident by way of any node, and a fence may have given the name of one of their logs
// to the other while another node led (W4). Decides nothing.

import type { ChainIndex } from '../integrity/chain-index.ts'
import type { Custody } from '../integrity/custody.ts'
import type { Ports } from '../ports.ts'
import type { Ingest } from '../replication/ingest.ts'

export interface SuspensionWatchSetting {
  readonly custody: Pick<Custody, 'open' | 'review' | 'suspended'>
  readonly ingest: Pick<Ingest, 'suspend' | 'lift'>
  readonly chain: Pick<ChainIndex, 'clear'>
  readonly ports: Pick<Ports, 'timers' | 'logger'>
}

const reviewMs = 5_000

export class SuspensionWatch {
  readonly #setting: SuspensionWatchSetting
  /** Which time of leading this is; a look that was begun in an earlier one is not repeated. Null while another node leads. */
  #term: symbol | null = null
  /** What other nodes have kept until this one began to lead is known here. */
  #isOpen = false
  #cancel: () => void = () => {}

  constructor(setting: SuspensionWatchSetting) {
    this.#setting = setting
  }

  start(): void {
    this.#term = Symbol()
    this.#isOpen = false
    // No commit says that a log has another name: it would be taken for a third one, and applied once more.
    this.#setting.chain.clear()
    void this.#look(this.#term)
  }

  stop(): void {
    this.#term = null
    this.#cancel()
  }

  async #look(term: symbol): Promise<void> {
    const { custody, ingest, ports } = this.#setting
    try {
      if (!this.#isOpen) await custody.open()
      if (this.#term === term) this.#isOpen = true
      ingest.suspend()
      for (const origin of custody.suspended.size > 0 ? await custody.review() : []) ingest.lift(origin)
    } catch (error) {
      ports.logger.debug({ error: String(error) }, 'which origins are suspended cannot be told; trying again')
    }
    if (this.#term === term) this.#cancel = ports.timers.after(reviewMs, () => void this.#look(term))
  }
}
