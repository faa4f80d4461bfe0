// The key of a run's operators: which orders regions are to believe, and the orders themselves, as an operator signs one who looks at the
// region that is to take it up. Knows no rule.

import { createHash } from 'node:crypto'
import { createOperators, operatorKeyOf, signOrder } from '@causeway/regions/recovery/operators'
import { incarnationOf, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { Operators } from '@causeway/schema/fence/order'
import type { SimulatedCluster } from '../cluster.ts'

/** The same in every run: keys that are drawn anew would make each run another one. */
const seed = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)])
const pem = `-----BEGIN PRIVATE KEY-----\n${seed.toString('base64')}\n-----END PRIVATE KEY-----\n`
const name = 'the cluster of the run'
/** Clocks of regions jump by less. */
const holdsMs = 12 * 60 * 60_000

export const runOperators: Operators | null = createOperators({
  cluster: name,
  keys: [operatorKeyOf(pem)],
  withoutOrder: [],
})

export class OrderDesk {
  readonly #cluster: SimulatedCluster
  #orders = 0

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster
  }

  /** A region that is up and no one's target, where there is one. */
  takerFor(region: RegionId): RegionId | undefined {
    const { members } = this.#cluster
    return members.find((member) => {
      const up = member === region ? undefined : this.#cluster.region(member)
      return up?.fencing().fences.members.includes(member) === true
    })
  }

  sign(region: RegionId, by: RegionId, overrides: boolean): string {
    const { members, time } = this.#cluster
    this.#orders += 1
    const taker = this.#cluster.region(by)
    const origins = Object.keys(taker?.frontier() ?? {}).filter((origin) => regionOf(origin) === region)
    const signedMs = Math.floor(time.now()) - holdsMs
    const order = {
      id: createHash('sha256').update(String(this.#orders)).digest('hex').slice(0, 32),
      ...{ cluster: name, region, incarnation: Math.max(1, ...origins.map(incarnationOf)), overrides, by },
      members: taker?.fencing().fences.members ?? members,
      ...{ signedMs, untilMs: signedMs + 2 * holdsMs },
    }
    return JSON.stringify(signOrder(order, pem))
  }
}
