// In which order the regions are asked for an operation. Pure: health comes in, an order goes out.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { RegionHealth, RegionState } from './health.ts'

export interface Candidate {
  readonly id: RegionId
  readonly health: RegionHealth
}

/** Lower is asked earlier. UNREACHABLE is kept as the last resort: our picture of it may be a probe old. */
const rank: Readonly<Record<RegionState, number>> = {
  HEALTHY: 0,
  DEGRADED: 1,
  DRAINING: 2,
  UNREACHABLE: 3,
  RETIRED: 4,
}

/**
 * With `pinned`, that region alone; else the healthiest first, among equals our own region, then the nearest.
 */
export function chooseRegions(
  candidates: readonly Candidate[],
  wish: { readonly pinned?: RegionId | undefined; readonly own?: RegionId | undefined },
): readonly RegionId[] {
  if (wish.pinned !== undefined) return [wish.pinned]
  const serving = candidates.filter((candidate) => candidate.health.state !== 'RETIRED')
  const order = [...serving].sort((left, right) => compare(left, right, wish.own))
  return order.map((candidate) => candidate.id)
}

function compare(left: Candidate, right: Candidate, own: RegionId | undefined): number {
  const byState = rank[left.health.state] - rank[right.health.state]
  if (byState !== 0) return byState
  if (left.id === own) return -1
  if (right.id === own) return 1
  const byLatency = Math.round(left.health.latencyMs) - Math.round(right.health.latencyMs)
  return byLatency !== 0 ? byLatency : left.id < right.id ? -1 : 1
}

/** True where new traffic may go there now. */
export function canServe(health: RegionHealth): boolean {
  return health.state === 'HEALTHY' || health.state === 'DEGRADED'
}
