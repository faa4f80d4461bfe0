// The retry budget: a token bucket that lets retries be a share of the traffic, so that a failing region is not buried
// by the retries of its callers (G2). Pure over (state, now).

export interface RetryBudget {
  readonly tokens: number
  readonly updatedAt: number
}

export const budgetRules = {
  /** Each operation adds this much; each retry takes one. */
  shareOfTraffic: 0.2,
  /** Added each second whatever the traffic, so that a quiet gateway can retry too. */
  floorPerSecond: 10,
  /** What a burst may take: the operations in flight when a region dies. */
  most: 1_000,
} as const

export function fullBudget(now: number): RetryBudget {
  return { tokens: budgetRules.most, updatedAt: now }
}

function refill(budget: RetryBudget, now: number): RetryBudget {
  const elapsedMs = Math.max(0, now - budget.updatedAt)
  const tokens = Math.min(budgetRules.most, budget.tokens + (elapsedMs / 1_000) * budgetRules.floorPerSecond)
  return { tokens, updatedAt: Math.max(now, budget.updatedAt) }
}

/** After one more operation was taken on. */
export function earn(budget: RetryBudget, now: number): RetryBudget {
  const refilled = refill(budget, now)
  return { ...refilled, tokens: Math.min(budgetRules.most, refilled.tokens + budgetRules.shareOfTraffic) }
}

/** After one retry; null where there is nothing left to spend. */
export function spend(budget: RetryBudget, now: number): RetryBudget | null {
  const refilled = refill(budget, now)
  return refilled.tokens < 1 ? null : { ...refilled, tokens: refilled.tokens - 1 }
}
