// Lets stability advance while nobody writes: a region that has applied something and has nothing of its own to commit
// commits an acknowledgement, once, after a wait in which an ordinary commit may carry it instead. Where somebody may be
// waiting for what was applied to be stable the wait is short, else it is long: an acknowledgement costs every region as
// much as an order does.

import type { Head } from '@causeway/db/store'
import type { Commit } from '@causeway/schema/commit/commit'
import type { Ports } from '../ports.ts'
import { isAwaited, owesAcknowledgement } from './stability.ts'

export interface AcknowledgerSetting {
  readonly ports: Pick<Ports, 'timers' | 'logger'>
  readonly head: () => Promise<Head>
  readonly acknowledge: () => Promise<void>
}

/** How long an ordinary commit may take to make an acknowledgement unnecessary, from when the oldest was applied that none has carried. */
export const acknowledgeWithinMs = Object.freeze({ soon: 100, later: 1_000 })
const retryMs = 1_000

type Urgency = keyof typeof acknowledgeWithinMs

export class Acknowledger {
  readonly #setting: AcknowledgerSetting
  #alarm: { readonly urgency: Urgency; readonly cancel: () => void } | null = null
  /** The newest own commit. */
  #own = ''
  #stopped = false
  #said = ''

  constructor(setting: AcknowledgerSetting) {
    this.#setting = setting
  }

  /** The log has grown. An own commit carries all that was applied before. */
  moved({ origin, sequence }: Pick<Head, 'origin' | 'sequence'>): void {
    const own = `${origin}:${sequence}`
    if (own !== this.#own) this.#disarm()
    this.#own = own
  }

  /** Commits of others have become durable here. */
  applied(commits: readonly { readonly commit: Pick<Commit, 'events' | 'outcomes'> }[]): void {
    this.nudge(commits.some(({ commit }) => isAwaited(commit)) ? 'soon' : 'later')
  }

  /** There may be something to acknowledge. */
  nudge(urgency: Urgency = 'soon'): void {
    if (this.#alarm === null || (urgency === 'soon' && this.#alarm.urgency === 'later'))
      this.#arm(urgency, acknowledgeWithinMs[urgency])
  }

  stop(): void {
    this.#stopped = true
    this.#disarm()
  }

  #arm(urgency: Urgency, inMs: number): void {
    this.#disarm()
    if (this.#stopped) return
    const cancel = this.#setting.ports.timers.after(inMs, () => {
      this.#alarm = null
      void this.#check()
    })
    this.#alarm = { urgency, cancel }
  }

  #disarm(): void {
    this.#alarm?.cancel()
    this.#alarm = null
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
      if (this.#alarm === null) this.#arm('later', retryMs)
    }
  }
}
