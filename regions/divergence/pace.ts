// Holds background reading to a share of the time, so that looking for what nearly never is costs nearly nothing.

import { type Clock, sleep, type Timers } from '../ports.ts'

export interface Pace {
  /** To be awaited between two steps of work. */
  pause(): Promise<void>
}

/** Of the time since the pause before, this share may have been work. */
const share = 0.05
const longestPauseMs = 1_000

export function keepPace(clock: Clock, timers: Timers, assertGoing: () => void): Pace {
  let resumedAt = clock.now()
  return {
    async pause() {
      assertGoing()
      const workedMs = Math.max(0, clock.now() - resumedAt)
      await sleep(timers, Math.min(longestPauseMs, Math.ceil(workedMs * (1 / share - 1))))
      assertGoing()
      resumedAt = clock.now()
    },
  }
}
