// A figure as the bench prints it: one JSON line, always beside what it is compared with. Knows no bench.

export interface Figure {
  readonly bench: string
  readonly figure: string
  readonly unit: string
  readonly value: number
  /** The same unit, measured in the same run on the same machine; null where there is nothing of its kind. */
  readonly baseline: number | null
  /** How it was measured, and what the baseline is. */
  readonly note: string
}

export function print(figure: Figure): void {
  const { bench, figure: name, unit, value, baseline, note } = figure
  const compared =
    baseline === null
      ? { baseline, ratio: null }
      : { baseline: round(baseline), ratio: baseline === 0 ? null : round(value / baseline) }
  console.log(JSON.stringify({ bench, figure: name, unit, value: round(value), ...compared, note }))
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}

/** The value below which `share` of the samples lie; nearest rank. Throws RangeError without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right)
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (found === undefined) throw new RangeError('no samples')
  return found
}
