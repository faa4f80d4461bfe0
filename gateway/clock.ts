// The real clock, in one place, so that what decides can be given another.

import { setTimeout } from 'node:timers/promises'

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
}

export const wallClock: Clock = { now: () => Date.now() }

/** Resolves after `delayMs`, or at once where the signal is or becomes aborted. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await setTimeout(delayMs, undefined, { signal }).catch(() => undefined)
}
