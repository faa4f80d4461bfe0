// Tells one peer what is applied here, one message at a time: where it is asked for, or much has come, at once after a
// pause, then at most every 20 ms; else along with other things, or after a while. What the peer does not send, for its
// writer has a link of its own, is told so, too: nobody waits for it.
// Knows no link states: its owner begins it with a subscription and ends it with the connection.

import type { RegionId } from '@causeway/schema/clock/origin'
import { regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Ports } from '../../ports.ts'
import { linkTimes } from './link-receiver.ts'

export interface AcknowledgerOptions {
  readonly ports: Ports
  readonly region: RegionId
  readonly frontier: () => VersionVector
  readonly direct: () => readonly RegionId[]
  /** How what the peer has sent is told; null where another line does. */
  readonly urgency: () => Urgency | null
  readonly send: (frontier: VersionVector, direct: readonly RegionId[]) => Promise<void>
  /** The peer has answered, so long after it was told. */
  readonly onAnswer: (roundTripMs: number) => void
  readonly onFailure: (error: unknown) => void
}

interface Told {
  readonly frontier: VersionVector
  readonly direct: readonly RegionId[]
}

/** `along`: with what is to be told next, or after a while. */
export type Urgency = 'now' | 'along'

export class Acknowledger {
  readonly #options: AcknowledgerOptions
  /** What the peer has been told; null while there is no connection. */
  #told: Told | null = null
  #toldMs = 0
  #sending = false
  #scheduled: Urgency | null = null
  #cancel: () => void = () => {}

  constructor(options: AcknowledgerOptions) {
    this.#options = options
  }

  /** A subscription has told the peer this much. */
  begin(frontier: VersionVector, direct: readonly RegionId[]): void {
    this.end()
    this.#told = { frontier, direct }
  }

  end(): void {
    this.#told = null
    this.#cancel()
    this.#scheduled = null
  }

  /** There may be something new to say. */
  due(): void {
    if (this.#told === null || this.#sending || this.#scheduled === 'now') return
    const urgency = this.#urgency(this.#told)
    if (urgency === null || urgency === this.#scheduled) return
    this.#cancel()
    this.#scheduled = urgency
    const waitMs = urgency === 'now' ? this.#pauseMs() : linkTimes.acknowledgeUnaskedMs
    this.#cancel = this.#options.ports.timers.after(waitMs, () => void this.#send())
  }

  #pauseMs(): number {
    const sinceMs = this.#options.ports.clock.now() - this.#toldMs
    return sinceMs < 0 ? linkTimes.acknowledgeMs : Math.max(0, linkTimes.acknowledgeMs - sinceMs)
  }

  /** Own commits are no news: the peer has its stream of them. */
  #urgency(told: Told): Urgency | null {
    const direct = this.#options.direct()
    if (direct !== told.direct && direct.join() !== told.direct.join()) return 'now'
    const frontier = this.#options.frontier()
    const ofTheirs = this.#options.urgency()
    if (frontier === told.frontier || ofTheirs === null) return null
    let urgency: Urgency | null = null
    for (const origin in frontier) {
      if (sequenceOf(frontier, origin) <= sequenceOf(told.frontier, origin)) continue
      const region = regionOf(origin)
      if (region === this.#options.region) continue
      if (!direct.includes(region) && ofTheirs === 'now') return 'now'
      urgency = 'along'
    }
    return urgency
  }

  async #send(): Promise<void> {
    this.#scheduled = null
    if (this.#told === null) return
    const frontier = this.#options.frontier()
    const direct = this.#options.direct()
    const told = { frontier, direct }
    this.#told = told
    const sentMs = this.#options.ports.clock.now()
    this.#toldMs = sentMs
    this.#sending = true
    try {
      await this.#options.send(frontier, direct)
      if (this.#told === told) this.#options.onAnswer(this.#options.ports.clock.now() - sentMs)
    } catch (error) {
      if (this.#told === told) this.#options.onFailure(error)
    } finally {
      this.#sending = false
      this.due()
    }
  }
}
