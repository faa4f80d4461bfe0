// Watches what the causal gate misses. A gap is ordinary for a moment, when one link is faster than another; one that
// stays was lost on the way (dropped at a full buffer, withdrawn after a failed transaction), and is asked for again.

import type { Timers } from '../ports.ts'
import type { MissingRange } from './causal-gate.ts'

/** Longer than a relay holds back what the receiver gets directly. */
export const gapPatienceMs = 4_000

export interface GapWatch {
  /** To be told the gate's `missing` whenever it changes. */
  observe(missing: readonly MissingRange[]): void
  stop(): void
}

/** Calls `resume` when the same hole has stood for `gapPatienceMs`, and again for as long as it stands. */
export function createGapWatch(timers: Timers, resume: (missing: readonly MissingRange[]) => void): GapWatch {
  let missing: readonly MissingRange[] = []
  let watched: ReadonlySet<string> = new Set()
  let cancel: (() => void) | null = null

  const ring = () => {
    const stuck = missing.filter((range) => watched.has(holeOf(range)))
    if (stuck.length > 0) resume(stuck)
    arm()
  }
  const arm = () => {
    watched = new Set(missing.map(holeOf))
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

function holeOf(range: MissingRange): string {
  return `${range.origin}:${range.first}`
}
