// Regions that replicate logs and nothing else, over a virtual network: who pulls from whom is the test's to say. Knows no store.

import { compareVectors } from '@causeway/schema/clock/version-vector'
import { LogRegion, type LogRegionOptions } from './log-region.ts'
import { VirtualNetwork } from './network.ts'
import { SeededRandom } from './random.ts'
import { VirtualTime } from './virtual-time.ts'

/** Regions by name; `linked` says who pulls from whom, by default everyone from everyone. */
export function buildMesh(
  seed: number,
  ids: readonly string[],
  linked: (to: string, from: string) => boolean = () => true,
  options: Partial<LogRegionOptions> = {},
) {
  const time = new VirtualTime()
  const random = new SeededRandom(seed)
  const network = new VirtualNetwork({ time, random: random.fork('network') })
  const regions = ids.map((id) => {
    const peers = ids.filter((peer) => peer !== id && linked(id, peer))
    return new LogRegion({ id, peers, time, network, random, ...options })
  })
  for (const region of regions) region.links.start()
  const of = (id: string) => regions.find((region) => region.id === id) as LogRegion
  const converged = () => {
    const [first, ...rest] = regions
    return rest.every((each) => compareVectors(each.frontier, first?.frontier ?? {}) === 'equal')
  }
  return { time, random, network, regions, of, converged }
}
