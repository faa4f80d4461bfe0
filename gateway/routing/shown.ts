// The state of a region as operators are shown it: how it answers, and whether it keeps up with the others. Callers are
// routed by the former alone, for a region that lags answers as well as any other; who needs it fresh says so (Q1 to Q3).

import type { Json } from '@causeway/schema/json'
import { canServe } from './choose.ts'
import type { Fleet, FleetRegion } from './fleet.ts'
import type { RegionHealth } from './health.ts'

/** Regions say of themselves that they do not keep up from the same lag on. */
export const degradedLagMs = 5_000
const msPerSecond = 1_000

export type ShownHealth = Pick<RegionHealth, 'state' | 'reason'>

/** What a region lacks of one that serves nobody is that one's matter, and stands beside it. */
export function shownHealth({ health, word }: FleetRegion, fleet: Pick<Fleet, 'get'>): ShownHealth {
  if (health.state !== 'HEALTHY' || word === null) return health
  const serves = (id: Json | undefined) => {
    const other = typeof id === 'string' ? fleet.get(id) : undefined
    return other !== undefined && canServe(other.health)
  }
  const late = word.replication.flatMap(({ from, connected, lagMs }) => {
    if (typeof lagMs !== 'number' || lagMs <= degradedLagMs || !serves(from)) return []
    if (connected !== true) return [`its link from ${from} is closed`]
    return [`is ${Math.round(lagMs / msPerSecond)} s behind ${from}`]
  })
  if (late.length === 0) return health
  return { state: 'DEGRADED', reason: `${health.reason}, but ${late.join(' and ')}` }
}
