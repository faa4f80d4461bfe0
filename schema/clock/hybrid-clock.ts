// Hybrid logical clock: physical milliseconds plus a counter, so that a cause always has the lower time.
// (Kulkarni et al., "Logical Physical Clocks", 2014.) Reads no clock: the wall time comes in as an argument.

/** `wallMs` since the Unix epoch, `counter` from 0 to 65,535 within it. */
export interface HybridTime {
  readonly wallMs: number
  readonly counter: number
}

export const originOfTime: HybridTime = Object.freeze({ wallMs: 0, counter: 0 })

/** A peer's time further ahead of our wall clock than this waits instead of dragging our clock along (C7). */
export const maximumDriftMs = 60_000

export const maximumCounter = 0xffff

/** Negative where left is earlier, positive where later, 0 where equal. */
export function compareTimes(left: HybridTime, right: HybridTime): number {
  return left.wallMs - right.wallMs || left.counter - right.counter
}

/** The time of a new fact here: later than `last`, and no earlier than the wall clock, even when that jumps back. */
export function tick(last: HybridTime, wallMs: number): HybridTime {
  if (wallMs > last.wallMs) return { wallMs, counter: 0 }
  if (last.counter < maximumCounter) return { wallMs: last.wallMs, counter: last.counter + 1 }
  return { wallMs: last.wallMs + 1, counter: 0 }
}

/** The clock after hearing of `remote`: at least as late as both. */
export function observe(last: HybridTime, remote: HybridTime): HybridTime {
  return compareTimes(last, remote) >= 0 ? last : remote
}

/** True where `remote` is further ahead of the wall clock than the bounded drift allows. */
export function isTooFarAhead(remote: HybridTime, wallMs: number): boolean {
  return remote.wallMs - wallMs > maximumDriftMs
}

/** Fixed width, sorts as the times do: nine digits of milliseconds in base 36, four of counter in base 16. */
export function formatTime(time: HybridTime): string {
  return time.wallMs.toString(36).padStart(9, '0') + time.counter.toString(16).padStart(4, '0')
}

/** The inverse of `formatTime`; throws RangeError on anything else. */
export function parseTime(text: string): HybridTime {
  if (!/^[0-9a-z]{9}[0-9a-f]{4}$/.test(text)) throw new RangeError(`not a hybrid time: ${text}`)
  return { wallMs: Number.parseInt(text.slice(0, 9), 36), counter: Number.parseInt(text.slice(9), 16) }
}
