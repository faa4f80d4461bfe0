// Watches what the causal gate misses. A gap is ordinary for a moment, when one link is faster than another; one that
// stays was lost on the way (dropped at a full buffer, withdrawn after a failed transaction), and is asked for again.

import type { Timers } from '../ports.ts'
import type { MissingRange } from './causal-gate.ts'

/** Longer than a relay holds back what the receiver gets directly. */
export const gapPatienceMs = 4_000
/**
 * A hole that stays is asked for after so many times that, doubled each time, and at last only so seldom: nobody may have
 * what some clock has named. Other holes are not kept waiting by it.
 */
export const seldomTimes = 64

export interface GapWatch {
  /** To be told the gate's `missing` whenever it changes. */
  observe(missing: readonly MissingRange[]): void
  stop(): void
}

/** Calls `resume` when the same hole has stood for `gapPatienceMs`, and again for as long as it stands, ever more seldom. */
export function createGapWatch(timers: Timers, resume: (missing: readonly MissingRange[]) => void): GapWatch {
  let missing: readonly MissingRange[] = []
  /** By its end, which stays while a hole is filled from below: where each began, and how often it was found as it was. */
  let watched: ReadonlyMap<string, Watched> = new Map()
  let cancel: (() => void) | null = null

  const ring = () => {
    const stuck = missing.filter((range) => watched.get(endOf(range))?.first === range.first)
    const found = new Map(watched)
    for (const range of stuck) found.set(endOf(range), { first: range.first, times: timesOf(range) + 1 })
    watched = found
    const due = stuck.filter((range) => isDue(timesOf(range)))
    if (due.length > 0) resume(due)
    arm()
  }
  const timesOf = (range: MissingRange) => watched.get(endOf(range))?.times ?? 0
  const arm = () => {
    watched = new Map(missing.map((range) => [endOf(range), { first: range.first, times: timesOf(range) }]))
    cancel = missing.length === 0 ? null : timers.after(gapPatienceMs, ring)
  }
  return {
    observe(next) {
      missing = next
      if (missing.length === 0) {
        cancel?.()
        cancel = null
      } else if (cancel === null) arm()
    },
    stop() {
      cancel?.()
      cancel = null
      missing = []
    },
  }
}

interface Watched {
  readonly first: number
  readonly times: number
}

/** The first time, the second, the fourth and so on; then every `seldomTimes`th. */
function isDue(times: number): boolean {
  return times >= seldomTimes ? times % seldomTimes === 0 : Number.isInteger(Math.log2(times))
}

function endOf(range: MissingRange): string {
  return `${range.origin}:${range.last}`
}
