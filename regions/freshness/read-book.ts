// Counts this node's reads by the consistency that they asked for: how many were served, how many the region was not fresh
// enough for in time, and how old the answers were. For people who watch; nothing is decided by it.

export const consistencyLevels = ['eventual', 'session', 'bounded', 'strong'] as const

export type ConsistencyLevel = (typeof consistencyLevels)[number]

export interface ReadCounts {
  readonly consistency: ConsistencyLevel
  readonly served: number
  readonly missed: number
  /** Of served answers, as far as it is known: moving average, and the greatest since the node started. */
  readonly staleness: { readonly averageMs: number; readonly greatestMs: number } | null
}

/** One of so many reads weighs in the moving average. */
const weight = 1 / 64

export class ReadBook {
  readonly #levels = new Map<ConsistencyLevel, ReadCounts>(
    consistencyLevels.map((consistency) => [consistency, { consistency, served: 0, missed: 0, staleness: null }]),
  )

  note(consistency: ConsistencyLevel, isServed: boolean, stalenessMs: number | null): void {
    const { served = 0, missed = 0, staleness = null } = this.#levels.get(consistency) ?? {}
    const counts = isServed ? { served: served + 1, missed } : { served, missed: missed + 1 }
    const isKnown = isServed && stalenessMs !== null
    this.#levels.set(consistency, {
      consistency,
      ...counts,
      staleness: isKnown ? join(staleness, stalenessMs) : staleness,
    })
  }

  counts(): readonly ReadCounts[] {
    return [...this.#levels.values()]
  }
}

function join(before: ReadCounts['staleness'], stalenessMs: number): NonNullable<ReadCounts['staleness']> {
  if (before === null) return { averageMs: stalenessMs, greatestMs: stalenessMs }
  return {
    averageMs: before.averageMs + (stalenessMs - before.averageMs) * weight,
    greatestMs: Math.max(before.greatestMs, stalenessMs),
  }
}
