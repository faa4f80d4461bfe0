// How long to wait before the next try. Pure: the dice come in as an argument.

const firstDelayMs = 250
const maximumDelayMs = 30_000

/** `failures` so far, from 1; `unit` in [0, 1). Doubles up to half a minute, spread over its upper half. */
export function backoffMs(failures: number, unit: number): number {
  const ceiling = Math.min(maximumDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 10))
  return Math.round(ceiling / 2 + (ceiling / 2) * unit)
}
