// What time it is, for devices whose own clock nobody believes (M2): a device reckons from the region's time at its last
// sync, a region stamps again what is ahead of its own time. Reads no clock.

/** What a sync told: the region's time, and how long the device had been running by then, by a clock that is never set. */
export interface SyncedTime {
  readonly regionMs: number
  readonly runningMs: number
}

/** The region's time now, as the device may know it. A clock that went back counts as one that stood still. */
export function reckonTime({ regionMs, runningMs }: SyncedTime, nowRunningMs: number): number {
  return regionMs + Math.max(0, Math.floor(nowRunningMs - runningMs))
}

export interface Stamp {
  readonly ms: number
  /** True where another time had been given. */
  readonly isAgain: boolean
}

/** When something happened, by the word of who gave it, and never later than the region's own time. */
export function stampTime(givenMs: number, regionMs: number): Stamp {
  return givenMs > regionMs ? { ms: regionMs, isAgain: true } : { ms: givenMs, isAgain: false }
}
