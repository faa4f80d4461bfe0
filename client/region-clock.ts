// The region's time as a device knows it: as of the last sync, and what has passed since by the device's own clock (M2). However
// wrong that clock is, only its steps count.

import { type HybridTime, originOfTime, tick } from '@causeway/schema/clock/hybrid-clock'

/** A clock that was set by more than this has made times that are no measure for the next ones. */
const jumpMs = 60_000

export class RegionClock {
  readonly #ports: { now(): number }
  #offsetMs: number | null = null
  #last: HybridTime = originOfTime

  constructor(ports: { now(): number }) {
    this.#ports = ports
  }

  /** The region's clock less the device's; 0 before the first sync. */
  get offsetMs(): number {
    return this.#offsetMs ?? 0
  }

  /** As it was stored. */
  restore(offsetMs: number): void {
    this.#offsetMs = offsetMs
  }

  set(regionMs: number): void {
    const offsetMs = regionMs - this.#ports.now()
    if (this.#offsetMs === null || Math.abs(offsetMs - this.#offsetMs) > jumpMs) this.#last = originOfTime
    this.#offsetMs = offsetMs
  }

  /** Later than every time before it. */
  tick(): HybridTime {
    this.#last = tick(this.#last, Math.max(0, Math.round(this.#ports.now() + this.offsetMs)))
    return this.#last
  }
}
