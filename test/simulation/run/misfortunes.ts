// What can go wrong, each as one kind of misfortune that strikes and, sooner or later, passes. Knows no rule and no
// command.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { SimulatedCluster } from '../cluster.ts'
import { fairWeather } from '../network.ts'
import type { Step } from '../nodes/disk.ts'
import type { SeededRandom } from '../random.ts'

export interface Strike {
  readonly cluster: SimulatedCluster
  readonly random: SeededRandom
  readonly gateways: readonly string[]
  /** How long it lasts, drawn. */
  readonly lastsMs: number
  readonly one: RegionId
  readonly other: RegionId
  /** To be called when a region goes on with an older copy of its database. */
  readonly restored: (region: RegionId) => void
}

export interface Misfortune {
  readonly name: string
  readonly weight: number
  readonly strike: (strike: Strike) => void
}

const minute = 60_000
/** Clocks stay within this of time, so that what one region writes is not too far ahead for another. */
const farthestClockMs = minute / 3

function anyNode({ cluster, random, one }: Strike): { readonly index: number; readonly name: string } | null {
  const nodes = cluster.nodes(one)
  if (nodes.length === 0) return null
  const { name } = random.pick(nodes).process
  return { name, index: Number(name.split('/')[1]) }
}

function restart({ cluster, one, lastsMs, random }: Strike, index: number): void {
  cluster.time.after(random.chance(0.5) ? lastsMs : lastsMs / 20, () => void cluster.start(one, index))
}

function trap(strike: Strike, step: Step): void {
  const { cluster, one } = strike
  cluster.disk(one).setTrap(step, (process) => {
    const index = Number(process.name.split('/')[1])
    cluster.trace.note(() => `${process.name} dies ${step}`)
    cluster.crashNode(one, index)
    restart(strike, index)
  })
}

/** All pairs of `one` with the rest of the world. */
function around({ cluster, gateways, one }: Strike): readonly string[] {
  return [...cluster.members.filter((member) => member !== one), ...gateways]
}

/** The longer ago the copy was made, the less of the others' logs reaches back to it. */
export const longAgo: Misfortune = {
  name: 'a region is restored from an old copy',
  weight: 1,
  strike({ cluster, one, lastsMs, restored }) {
    const backup = cluster.backUp(one)
    cluster.time.after(lastsMs, () => {
      const count = Math.max(1, cluster.nodes(one).length)
      cluster.crash(one)
      cluster.restore(one, backup)
      restored(one)
      for (let index = 0; index < count; index++) void cluster.start(one, index)
    })
  },
}

export const misfortunes: readonly Misfortune[] = [
  {
    name: 'a node is killed',
    weight: 3,
    strike(strike) {
      const node = anyNode(strike)
      if (node === null) return
      strike.cluster.crashNode(strike.one, node.index)
      restart(strike, node.index)
    },
  },
  {
    name: 'a region is lost for a while',
    weight: 2,
    strike({ cluster, one, lastsMs }) {
      const count = Math.max(1, cluster.nodes(one).length)
      cluster.crash(one)
      cluster.time.after(lastsMs, () => {
        for (let index = 0; index < count; index++) void cluster.start(one, index)
      })
    },
  },
  { name: 'a node dies while it writes', weight: 2, strike: (strike) => trap(strike, 'writing') },
  { name: 'a node dies between its write and the answer', weight: 3, strike: (strike) => trap(strike, 'answering') },
  {
    name: 'a node stands still',
    weight: 3,
    strike(strike) {
      const { cluster, one, random, lastsMs } = strike
      const nodes = cluster.nodes(one)
      if (nodes.length === 0) return
      const { process } = random.pick(nodes)
      process.pause()
      // Its database gives it up before it comes back, sometimes: then it wakes up as a leader that leads no more.
      if (random.chance(0.5)) cluster.time.after(lastsMs / 4, () => cluster.disk(one).goAway(1))
      cluster.time.after(lastsMs / 2, () => process.resume())
    },
  },
  {
    name: 'two regions are cut off from each other',
    weight: 3,
    strike({ cluster, one, other, lastsMs }) {
      cluster.network.cut(one, other)
      cluster.time.after(lastsMs, () => cluster.network.heal(one, other))
    },
  },
  {
    name: 'nothing gets from one region to another',
    weight: 2,
    strike({ cluster, one, other, lastsMs }) {
      cluster.network.cutOneWay(one, other)
      cluster.time.after(lastsMs, () => cluster.network.heal(one, other))
    },
  },
  {
    name: 'every region is cut off from every other',
    weight: 1,
    strike({ cluster, lastsMs }) {
      const { members, network, time } = cluster
      const pairs = members.flatMap((left) =>
        members.filter((right) => left < right).map((right) => [left, right] as const),
      )
      for (const [left, right] of pairs) network.cut(left, right)
      time.after(lastsMs, () => {
        for (const [left, right] of pairs) network.heal(left, right)
      })
    },
  },
  {
    name: 'a region is cut off from regions and gateways',
    weight: 1,
    strike(strike) {
      const { cluster, one, lastsMs } = strike
      for (const far of around(strike)) cluster.network.cut(one, far)
      cluster.time.after(lastsMs, () => {
        for (const far of around(strike)) cluster.network.heal(one, far)
      })
    },
  },
  {
    // What reaches it is carried out, and nobody hears of it: the gateways send it to another region, which does not know.
    name: 'a region hears and is not heard',
    weight: 2,
    strike(strike) {
      const { cluster, one, lastsMs } = strike
      for (const far of around(strike)) cluster.network.cutOneWay(one, far)
      cluster.time.after(lastsMs, () => {
        for (const far of around(strike)) cluster.network.heal(one, far)
      })
    },
  },
  {
    name: 'a gateway does not hear a region',
    weight: 2,
    strike({ cluster, random, gateways, one, lastsMs }) {
      const gateway = random.pick(gateways)
      cluster.network.cutOneWay(one, gateway)
      cluster.time.after(lastsMs, () => cluster.network.heal(one, gateway))
    },
  },
  {
    name: 'messages are lost, come twice and change places',
    weight: 4,
    strike(strike) {
      const { cluster, random, one, lastsMs } = strike
      const weather = {
        ...{ loses: random.unit() * 0.1, repeats: random.unit() * 0.4, reorders: random.unit() * 0.4 },
        stalls: random.unit() * 0.2,
      }
      const wires = around(strike).filter(() => random.chance(0.7))
      for (const far of wires) {
        cluster.network.setWeather(one, far, weather)
        cluster.network.setWeather(far, one, weather)
      }
      cluster.time.after(lastsMs, () => {
        for (const far of wires) {
          cluster.network.setWeather(one, far, fairWeather)
          cluster.network.setWeather(far, one, fairWeather)
        }
      })
    },
  },
  { name: 'connections are reset', weight: 1, strike: ({ cluster, one, other }) => cluster.network.reset(one, other) },
  {
    name: 'a wire stalls',
    weight: 1,
    strike: ({ cluster, one, other, lastsMs }) => cluster.network.stall(one, other, lastsMs),
  },
  {
    name: 'a wire is slow',
    weight: 1,
    strike({ cluster, random, one, other, lastsMs }) {
      cluster.network.setDelay(one, other, { minimumMs: random.integer(100, 1_500), jitterMs: 500 })
      cluster.time.after(lastsMs, () => cluster.network.setDelay(one, other, { minimumMs: 20, jitterMs: 10 }))
    },
  },
  {
    name: 'a clock jumps',
    weight: 2,
    strike({ cluster, random, one }) {
      const { clocks } = cluster.time
      const offsetMs = random.integer(-farthestClockMs, farthestClockMs)
      clocks.jump(one, offsetMs - clocks.offsetMs(one))
    },
  },
  {
    name: 'a clock runs fast, slow, or stands still',
    weight: 2,
    strike({ cluster, random, one, lastsMs }) {
      cluster.time.clocks.run(one, random.pick([0, 0.5, 0.9, 1.1, 1.5]))
      cluster.time.after(lastsMs, () => cluster.time.clocks.run(one, 1))
    },
  },
  {
    name: 'a disk is slow',
    weight: 1,
    strike({ cluster, random, one, lastsMs }) {
      cluster.disk(one).setSlowness(random.integer(10, 150))
      cluster.time.after(lastsMs, () => cluster.disk(one).setSlowness(1))
    },
  },
  {
    name: 'a disk is full',
    weight: 1,
    strike({ cluster, one, lastsMs }) {
      cluster.disk(one).setFull(true)
      cluster.time.after(lastsMs / 2, () => cluster.disk(one).setFull(false))
    },
  },
  {
    name: 'a database is away',
    weight: 2,
    strike: ({ cluster, one, lastsMs }) => cluster.disk(one).goAway(lastsMs / 2),
  },
  {
    name: 'a database goes away while it commits',
    weight: 2,
    strike: ({ cluster, random, one }) => cluster.disk(one).doubt(random.integer(1, 4)),
  },
  longAgo,
]

export function draw(random: SeededRandom): Misfortune {
  const total = misfortunes.reduce((sum, { weight }) => sum + weight, 0)
  let left = random.unit() * total
  for (const misfortune of misfortunes) {
    left -= misfortune.weight
    if (left < 0) return misfortune
  }
  throw new RangeError('there is no misfortune')
}
