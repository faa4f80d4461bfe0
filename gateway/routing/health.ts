// One region's health as this gateway feels it (G1): a pure machine over probes and the outcomes of real traffic.
// Knows nothing of sockets or timers; time comes in with each input.

/** As in the API; DRAINING and RETIRED are announced by operators, the others are judged here. */
export type RegionState = 'HEALTHY' | 'DEGRADED' | 'UNREACHABLE' | 'DRAINING' | 'RETIRED'

/**
 * `sample`: a probe or a real operation that was answered, with the round trip for probes alone, for an operation may
 * be long by its own wish; `slow`: one that was given up on, which says the region is late and not that it is gone;
 * `lost`: no connection, a broken one, or a region that says it is not ready.
 */
export type HealthInput =
  | { readonly kind: 'sample'; readonly latencyMs: number | null }
  | { readonly kind: 'slow'; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'told'; readonly refusesWrites: string | null }
  | { readonly kind: 'announced'; readonly as: 'DRAINING' | 'RETIRED' | 'SERVING' }

export interface RegionHealth {
  readonly state: RegionState
  /** Why the state is what it is, in words. */
  readonly reason: string
  /** Moving average over the last seconds, milliseconds. */
  readonly latencyMs: number
  /** Moving average over the last seconds, 0 to 1. */
  readonly errorRate: number
  /** Decayed counts that the averages come from. */
  readonly weight: number
  readonly errors: number
  readonly latencySum: number
  readonly latencyWeight: number
  /** What this region's latency usually is: a far slower average. */
  readonly usualLatencyMs: number
  readonly updatedAt: number
  /** Losses in a row, and answers in a row since the last loss. */
  readonly lostInARow: number
  readonly answeredInARow: number
  readonly announced: 'DRAINING' | 'RETIRED' | null
  /** Why it takes no writes, as it says itself. */
  readonly refusesWrites: string | null
}

export const healthRules = {
  /** Half of a sample's weight in the averages is gone after this long. */
  halfLifeMs: 2_000,
  usualHalfLifeMs: 60_000,
  /** Losses in a row that make a region UNREACHABLE, answers in a row that take it back. */
  lossesToLose: 2,
  answersToReturn: 3,
  /** Hysteresis: degraded above the first, healthy again below the second. */
  degradedErrorRate: 0.1,
  healthyErrorRate: 0.02,
  degradedLatency: { factor: 3, plusMs: 150 },
  healthyLatency: { factor: 2, plusMs: 50 },
  /** An error rate over fewer samples than this says nothing. */
  leastWeight: 1.5,
} as const

/** A region nobody has heard of yet: it may serve, as a last choice. */
export function unknownHealth(now: number): RegionHealth {
  return {
    state: 'DEGRADED',
    reason: 'not asked yet',
    latencyMs: 0,
    errorRate: 0,
    weight: 0,
    errors: 0,
    latencySum: 0,
    latencyWeight: 0,
    usualLatencyMs: 0,
    updatedAt: now,
    lostInARow: 0,
    answeredInARow: 0,
    announced: null,
    refusesWrites: null,
  }
}

/** The health after `input` at `now`. */
export function nextHealth(health: RegionHealth, input: HealthInput, now: number): RegionHealth {
  switch (input.kind) {
    case 'announced':
      return announce(health, input.as)
    case 'sample': {
      const counted = count(health, now, 0, input.latencyMs)
      return judge({ ...counted, lostInARow: 0, answeredInARow: health.answeredInARow + 1 }, null)
    }
    case 'told':
      if (input.refusesWrites === health.refusesWrites) return health
      return judge({ ...health, refusesWrites: input.refusesWrites }, null)
    case 'slow':
      return judge({ ...count(health, now, 1, null), answeredInARow: 0 }, input.why)
    case 'lost': {
      const counted = count(health, now, 1, null)
      return judge({ ...counted, lostInARow: health.lostInARow + 1, answeredInARow: 0 }, input.why)
    }
    default:
      return input satisfies never
  }
}

function count(health: RegionHealth, now: number, error: 0 | 1, latencyMs: number | null): RegionHealth {
  const elapsedMs = Math.max(0, now - health.updatedAt)
  const keep = 0.5 ** (elapsedMs / healthRules.halfLifeMs)
  const weight = health.weight * keep + 1
  const errors = health.errors * keep + error
  const latencyWeight = health.latencyWeight * keep + (latencyMs === null ? 0 : 1)
  const latencySum = health.latencySum * keep + (latencyMs ?? 0)
  const averageMs = latencyWeight > 0.01 ? latencySum / latencyWeight : health.latencyMs
  // The usual latency follows time, not the number of samples: a flood of slow answers must not become usual at once.
  const usualKeep = 0.5 ** (elapsedMs / healthRules.usualHalfLifeMs)
  const usualLatencyMs =
    health.usualLatencyMs === 0 ? averageMs : health.usualLatencyMs * usualKeep + averageMs * (1 - usualKeep)
  return {
    ...health,
    weight,
    errors,
    latencyWeight,
    latencySum,
    latencyMs: averageMs,
    errorRate: Math.min(1, errors / weight),
    usualLatencyMs,
    updatedAt: Math.max(now, health.updatedAt),
  }
}

function judge(health: RegionHealth, why: string | null): RegionHealth {
  if (health.announced !== null) return health
  if (health.lostInARow >= healthRules.lossesToLose) {
    return { ...health, state: 'UNREACHABLE', reason: why ?? health.reason }
  }
  if (health.state === 'UNREACHABLE') {
    if (health.answeredInARow < healthRules.answersToReturn) return health
    // What it failed at while it was gone says nothing of how it serves now.
    return settle({ ...health, state: 'DEGRADED', weight: 1, errors: 0, errorRate: 0 }, why)
  }
  return settle(health, why)
}

function settle(health: RegionHealth, why: string | null): RegionHealth {
  if (health.refusesWrites !== null) {
    return { ...health, state: 'DEGRADED', reason: `takes no writes: ${health.refusesWrites}` }
  }
  const { degradedErrorRate, healthyErrorRate, degradedLatency, healthyLatency, leastWeight } = healthRules
  const wasHealthy = health.state === 'HEALTHY'
  const latencyRule = wasHealthy ? degradedLatency : healthyLatency
  const latencyLimitMs = health.usualLatencyMs * latencyRule.factor + latencyRule.plusMs
  const errorLimit = wasHealthy ? degradedErrorRate : healthyErrorRate
  if (health.weight >= leastWeight && health.errorRate > errorLimit) {
    const share = Math.max(1, Math.round(health.errorRate * 100))
    const last = why === null ? '' : `; last: ${why}`
    return { ...health, state: 'DEGRADED', reason: `${share} % of recent calls failed${last}` }
  }
  if (health.latencyMs > latencyLimitMs) {
    const reason = `answers in ${Math.round(health.latencyMs)} ms, usually ${Math.round(health.usualLatencyMs)} ms`
    return { ...health, state: 'DEGRADED', reason }
  }
  if (why !== null && !wasHealthy) return { ...health, state: 'DEGRADED', reason: why }
  return { ...health, state: 'HEALTHY', reason: 'answers as usual' }
}

function announce(health: RegionHealth, as: 'DRAINING' | 'RETIRED' | 'SERVING'): RegionHealth {
  switch (as) {
    case 'DRAINING':
      return { ...health, announced: as, state: as, reason: 'an operator is draining it' }
    case 'RETIRED':
      return { ...health, announced: as, state: as, reason: 'it left the cluster' }
    case 'SERVING':
      return judge({ ...health, announced: null, state: 'DEGRADED', reason: 'it serves again' }, null)
    default:
      return as satisfies never
  }
}
