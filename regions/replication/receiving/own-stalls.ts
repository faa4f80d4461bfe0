// How long this node itself has stood still of late: its processor was taken away, or its one thread was at work for long. What
// it did not hear meanwhile says nothing of those it did not hear. Measured by a timer that should ring often, and rings late.

import type { Ports } from '../../ports.ts'

export interface OwnStalls {
  start(): void
  stop(): void
  /** Of the time since `sinceMs`; what is long ago is forgotten. */
  since(sinceMs: number): number
}

const lookMs = 500
/** What a timer may be late by on a machine that has time for it. */
const usualMs = 20
/** As many as may matter to a link that is silent for as long as a link may be. */
const maximumStalls = 128

interface Stall {
  readonly endMs: number
  readonly forMs: number
}

export function createOwnStalls({ clock, timers }: Pick<Ports, 'clock' | 'timers'>): OwnStalls {
  const stalls: Stall[] = []
  let dueMs: number | null = null
  let cancel: () => void = () => {}

  const underWay = (): Stall[] => {
    if (dueMs === null) return []
    const endMs = clock.now()
    return endMs - dueMs > usualMs ? [{ endMs, forMs: endMs - dueMs }] : []
  }
  const look = () => {
    stalls.push(...underWay())
    if (stalls.length > maximumStalls) stalls.shift()
    dueMs = clock.now() + lookMs
    cancel = timers.after(lookMs, look)
  }
  return {
    start() {
      if (dueMs === null) look()
    },
    stop() {
      cancel()
      dueMs = null
      stalls.length = 0
    },
    since(sinceMs) {
      // Whoever asks may have been rung in the same turn of the loop, before this was.
      return [...stalls, ...underWay()].reduce(
        (sum, { endMs, forMs }) => sum + Math.max(0, Math.min(forMs, endMs - sinceMs)),
        0,
      )
    },
  }
}
