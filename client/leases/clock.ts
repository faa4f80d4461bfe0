// Which time a device goes by while it sells from a lease: the region's at the last sync of this page and the uptime since, which
// nobody can set; before the first sync, what was stored. Keeps a floor in storage, by which a clock set back is found out.

import {
  anchorTime,
  believedTime,
  type ClockReading,
  type DeviceLease,
  driftMs,
  maximumSales,
} from '@causeway/schema/stock/lease/device'
import type { UserStorage } from '../storage/port.ts'
import { type HeldLease, loadClock, putClock, type StoredClock } from './record.ts'

/** How far the region's time moves on before it is stored again. */
const clockStepMs = 60_000

export class LeaseClock {
  readonly reading: () => ClockReading
  readonly #storage: UserStorage
  #anchor: { readonly regionMs: number; readonly reading: ClockReading } | null = null
  /** The last region's time that was stored, and where the device's own clock stood then. */
  #floor: StoredClock | null = null

  constructor(storage: UserStorage, reading: () => ClockReading) {
    this.#storage = storage
    this.reading = reading
  }

  async load(): Promise<void> {
    this.#floor = await loadClock(this.#storage)
  }

  /** Whether the region's time is known by more than what the person can set. */
  get isAnchored(): boolean {
    return this.#anchor !== null
  }

  /** A region has said what time it is. `isKept`: there are leases that the floor is for. */
  anchor(regionMs: number, isKept: boolean): void {
    const reading = this.reading()
    this.#anchor = { regionMs, reading }
    if (!isKept || Math.abs(regionMs - (this.#floor?.regionMs ?? 0)) < clockStepMs) return
    this.#floor = { regionMs, wallMs: reading.wallMs }
    // Where it cannot be stored, a later one may.
    void this.#storage.commit([putClock(this.#floor)]).catch(() => {})
  }

  /** The lease with the time to go by. */
  timed({ lease }: HeldLease): DeviceLease {
    if (this.#anchor !== null) return anchorTime(lease, this.#anchor.regionMs, this.#anchor.reading)
    const { time } = lease
    const floor = this.#floor
    if (floor === null || floor.regionMs <= time.atMs || time.boot === this.reading().boot) return lease
    return { ...lease, time: { ...time, atMs: floor.regionMs, wallMs: floor.wallMs } }
  }

  /** Null where the clock was set back and only a sync can tell. */
  timeOf(held: HeldLease): number | null {
    return believedTime(this.timed(held), this.reading())
  }

  /** Its time is over, or its chain as long as it may be. */
  hasEnded(held: HeldLease): boolean {
    const now = this.timeOf(held)
    const { terms, chain } = held.lease
    return (now !== null && now >= terms.expiresAt - driftMs) || chain.length >= maximumSales
  }

  isSelling(held: HeldLease): boolean {
    return !held.isClosing && this.timeOf(held) !== null && !this.hasEnded(held)
  }

  /** Of what was lent at `opensAt`, after it was asked for: the region's time now, rather too late than too early. */
  timeSince(askedAt: ClockReading, opensAt: number): { readonly regionMs: number; readonly reading: ClockReading } {
    const reading = this.reading()
    if (this.#anchor !== null) {
      const { regionMs, reading: then } = this.#anchor
      return { regionMs: Math.max(opensAt, regionMs + reading.uptimeMs - then.uptimeMs), reading }
    }
    const isSameBoot = askedAt.boot === reading.boot
    const passed = isSameBoot ? reading.uptimeMs - askedAt.uptimeMs : reading.wallMs - askedAt.wallMs
    return { regionMs: opensAt + Math.max(0, passed), reading }
  }
}
