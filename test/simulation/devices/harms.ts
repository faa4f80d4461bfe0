// What can happen to a device, each as one kind that strikes and, where it lasts, passes. What happens to regions is
// run/misfortunes.ts's.

import type { SimulatedCluster } from '../cluster.ts'
import type { SeededRandom } from '../random.ts'
import type { Device } from './device.ts'

export interface Harm {
  readonly cluster: SimulatedCluster
  readonly random: SeededRandom
  readonly device: Device
  readonly lastsMs: number
}

export interface DeviceHarm {
  readonly name: string
  readonly weight: number
  readonly strike: (harm: Harm) => void
}

const dayMs = 86_400_000

export const deviceHarms: readonly DeviceHarm[] = [
  {
    name: 'is taken offline by its person',
    weight: 4,
    strike({ cluster, device, lastsMs }) {
      const { client } = device
      client?.disconnect()
      cluster.time.after(lastsMs, () => client === device.client && client?.connect())
    },
  },
  {
    name: 'has no line',
    weight: 4,
    strike({ cluster, device, lastsMs }) {
      device.line.isCut = true
      cluster.time.after(lastsMs, () => {
        device.line.isCut = false
      })
    },
  },
  {
    name: 'loses answers',
    weight: 3,
    strike({ device, random }) {
      device.line.losesAnswers += random.integer(1, 3)
    },
  },
  {
    name: 'has an expired token',
    weight: 2,
    strike({ device, random }) {
      device.line.rejects += random.integer(1, 3)
    },
  },
  { name: 'is killed', weight: 2, strike: ({ device }) => device.die('killed') },
  { name: 'is about to die in a write', weight: 5, strike: ({ device }) => device.trap() },
  {
    name: 'is full',
    weight: 2,
    strike({ cluster, device, lastsMs }) {
      device.flash.isFull = true
      cluster.time.after(lastsMs / 2, () => {
        device.flash.isFull = false
      })
    },
  },
  {
    name: 'has its clock set by a day',
    weight: 2,
    strike({ device, random }) {
      device.clockMs = random.pick([-1, 0, 1]) * dayMs
    },
  },
  { name: 'has its storage thrown away', weight: 1, strike: ({ device }) => device.evict() },
  { name: 'follows less for a while', weight: 1, strike: ({ device }) => void device.shrink() },
]

/** One of them, by their weights. */
export function weighted<One extends { readonly weight: number }>(random: SeededRandom, ones: readonly One[]): One {
  let left = random.unit() * ones.reduce((sum, { weight }) => sum + weight, 0)
  for (const one of ones) {
    left -= one.weight
    if (left < 0) return one
  }
  throw new RangeError('there is nothing to draw from')
}
