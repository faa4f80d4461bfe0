// Knows whether the region's database takes writes: a full or read-only disk is told to whoever routes callers, and that it
// is over is found by trying, for callers may long have gone elsewhere. Says what the database does not do that it is asked
// for. Decides nothing about a command.

import { type Store, StoreError } from '@causeway/db/store'
import type { Ports } from './ports.ts'

/** Between two tries while writes are refused. */
const tryMs = 1_000
const setting = 'write-try'

export class WriteWatch {
  readonly #store: Store
  readonly #ports: Pick<Ports, 'clock' | 'timers' | 'logger'>
  #refusal: string | null = null
  /** What was last said of a database that is unfit. */
  #said = ''
  #cancel: (() => void) | null = null
  #isStopped = false

  constructor(store: Store, ports: Pick<Ports, 'clock' | 'timers' | 'logger'>) {
    this.#store = store
    this.#ports = ports
  }

  /** Why the database refuses writes, in words; null while it does not. */
  get refusal(): string | null {
    return this.#refusal
  }

  /** The store, with its transactions looked after. */
  watched(): Store {
    const transact: Store['transact'] = async (work, ahead) => {
      try {
        return await this.#store.transact(work, ahead)
      } catch (error) {
        if (error instanceof StoreError && error.code === 'DISK_FULL') this.#refused(error.message)
        if (error instanceof StoreError && error.code === 'UNFIT') this.#sayUnfit(error.message)
        throw error
      }
    }
    return { ...this.#store, transact }
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
  }

  #refused(reason: string): void {
    if (this.#refusal === null) this.#ports.logger.error({ reason }, 'the database refuses writes')
    this.#refusal = reason
    this.#again()
  }

  /** Once for each reason: what waits for it is tried again and again. */
  #sayUnfit(reason: string): void {
    if (reason !== this.#said) this.#ports.logger.error({ reason }, reason)
    this.#said = reason
  }

  #again(): void {
    if (this.#isStopped || this.#cancel !== null) return
    this.#cancel = this.#ports.timers.after(tryMs, () => {
      this.#cancel = null
      void this.#try()
    })
  }

  async #try(): Promise<void> {
    try {
      await this.#store.putSetting(setting, String(this.#ports.clock.now()))
      this.#refusal = null
      this.#ports.logger.info({}, 'the database takes writes again')
    } catch {
      this.#again()
    }
  }
}
