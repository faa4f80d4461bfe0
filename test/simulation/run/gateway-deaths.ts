// Gateways that are killed in the middle of a run, and what opens in their place knows nothing of what they did (G4): callers go on by
// their keys and tokens. Drawn from a seed of its own, so that a run without one goes as it would. Knows no rule.

import type { VirtualGateway } from '../callers/gateway.ts'
import type { SimulatedCluster } from '../cluster.ts'
import type { SeededRandom } from '../random.ts'

/** Of all runs. */
const share = 0.04
const deaths = [1, 4] as const
const downAtMostMs = 3_000
/** From before a burst begins until most of it has been answered. */
const aboutBurstMs = [-100, 300] as const

export function scheduleGatewayDeaths(
  { time }: SimulatedCluster,
  gateways: readonly VirtualGateway[],
  random: SeededRandom,
  bursts: readonly number[],
): void {
  if (!random.chance(share)) return
  for (let count = random.integer(...deaths); count > 0; count--) {
    const atMs = Math.max(0, random.pick(bursts) + random.integer(...aboutBurstMs))
    const gateway = random.pick(gateways)
    const downMs = random.unit() * downAtMostMs
    time.after(atMs, () => gateway.die(downMs))
  }
}
