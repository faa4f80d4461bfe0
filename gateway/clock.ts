// The real clock, in one place, so that what decides can be given another.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
}

export const wallClock: Clock = { now: () => Date.now() }
