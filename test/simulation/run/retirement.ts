// Regions that are retired in the middle of a run: dead, cut off, alive or in a partition of all, by one operator or by two who
// do not know of each other; and who comes back afterwards. Drawn from a seed of its own, so that a run without one goes as it
// would. Knows no rule.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { Operators } from '../callers/operators.ts'
import type { SimulatedCluster } from '../cluster.ts'
import type { SeededRandom } from '../random.ts'

export interface RetirementSetting {
  readonly cluster: SimulatedCluster
  readonly operators: Operators
  readonly gateways: readonly string[]
  readonly report: (fault: unknown) => void
}

type State = 'dead' | 'cut off' | 'alive' | 'in a partition of all'
/** What a second operator does at about the same moment. */
type Second = 'nothing' | 'the same' | 'retires the other one there' | 'retires another one'

interface Plan {
  readonly gone: RegionId
  readonly by: RegionId
  readonly third: RegionId
  /** Of four regions. */
  readonly fourth: RegionId | undefined
  readonly state: State
  readonly second: Second
  readonly returns: 'never' | 'soon' | 'in the end'
}

/** Of runs with three regions, and with four. */
const shares = [0.2, 0.5] as const

/** Whether the run of a seed has one; of those that can. */
export function hasRetirement(random: SeededRandom, members: readonly RegionId[]): boolean {
  return members.length >= 3 && random.chance(shares[members.length === 3 ? 0 : 1])
}

export class Retirement {
  readonly #setting: RetirementSetting
  readonly #random: SeededRandom
  readonly #plan: Plan
  #gone: readonly RegionId[]

  constructor(setting: RetirementSetting, random: SeededRandom) {
    this.#setting = setting
    this.#random = random
    this.#plan = planOf(random, setting.cluster.members)
    this.#gone = [this.#plan.gone]
  }

  schedule(overMs: number): void {
    const { cluster } = this.#setting
    const { gone, by, state, second, returns } = this.#plan
    const random = this.#random
    const beginMs = (0.1 + random.unit() * 0.5) * overMs
    cluster.time.after(beginMs, () => {
      cluster.trace.note(() => `*** ${gone} is ${state}; ${by} retires it, second: ${second}; returns: ${returns}`)
      const alreadyMs = this.#befall(gone, state, overMs)
      cluster.time.after(alreadyMs + random.unit() * 4_000, () => this.#retire())
    })
    if (returns === 'soon')
      cluster.time.after(beginMs + random.integer(6_000, 20_000), () => {
        for (const region of this.#gone) this.#comeBack(region)
      })
  }

  /** In the end whoever is to come back may be started; the others are gone for good, and are answered. */
  heal(): readonly RegionId[] {
    const { cluster } = this.#setting
    for (const region of this.#gone) {
      if (this.#plan.returns === 'never') cluster.lose(region)
      else cluster.find(region)
    }
    return this.#plan.returns === 'never' ? this.#gone : []
  }

  #retire(): void {
    const { gone, by, third, fourth, second } = this.#plan
    const { operators, cluster, report } = this.#setting
    operators.retire(gone, by).catch(report)
    const soonMs = this.#random.unit() * 400
    cluster.time.after(soonMs, () => {
      if (second === 'the same') operators.retire(gone, third).catch(report)
      if (second === 'retires the other one there') operators.retireOnce(by, gone).catch(report)
      if (second === 'retires another one' && fourth !== undefined) {
        this.#befall(fourth, this.#random.chance(0.5) ? 'dead' : 'cut off', 10_000)
        this.#gone = [gone, fourth]
        operators.retire(fourth, third).catch(report)
      }
    })
  }

  /** Answers how long it takes until it has come to that. */
  #befall(region: RegionId, state: State, overMs: number): number {
    const { cluster, gateways } = this.#setting
    const { network, members, time } = cluster
    const random = this.#random
    const cutFrom = (others: readonly string[]) => {
      for (const other of others) network.cut(region, other)
    }
    const others = members.filter((member) => member !== region)
    switch (state) {
      case 'alive':
        return 0
      case 'cut off':
        // Who reaches it all the same goes on there, and what it answers nobody else hears of.
        cutFrom(random.chance(0.4) ? [...others, ...gateways] : others)
        return random.unit() * 3_000
      case 'dead': {
        const aloneMs = random.chance(0.6) ? random.integer(200, 3_000) : 0
        if (aloneMs > 0) cutFrom(others)
        time.after(aloneMs, () => {
          cluster.lose(region)
          for (const other of others) network.heal(region, other)
        })
        return aloneMs
      }
      case 'in a partition of all': {
        const pairs = members.flatMap((one) => members.filter((two) => one < two).map((two) => [one, two] as const))
        for (const [one, two] of pairs) network.cut(one, two)
        time.after((0.1 + random.unit() * 0.3) * overMs, () => {
          for (const [one, two] of pairs) network.heal(one, two)
        })
        return random.unit() * 1_000
      }
      default:
        return state satisfies never
    }
  }

  #comeBack(region: RegionId): void {
    const { cluster, gateways } = this.#setting
    cluster.trace.note(() => `*** ${region} comes back`)
    cluster.find(region)
    for (const other of [...cluster.members, ...gateways]) if (other !== region) cluster.network.heal(region, other)
    void cluster.start(region)
  }
}

function planOf(random: SeededRandom, members: readonly RegionId[]): Plan {
  const left = [...members]
  const take = () => left.splice(random.integer(0, left.length - 1), 1)[0] ?? ''
  const [gone, by, third] = [take(), take(), take()]
  const fourth = left.length > 0 ? take() : undefined
  const state = random.pick(['dead', 'dead', 'cut off', 'cut off', 'alive', 'in a partition of all'] as const)
  const isMutual = random.chance(0.5) && state !== 'dead'
  const other = fourth !== undefined && random.chance(0.6) ? 'retires another one' : 'the same'
  const second = random.chance(0.3) ? (isMutual ? 'retires the other one there' : other) : 'nothing'
  const isBoth = second === 'retires the other one there'
  // Which of the two stays is not known before.
  const returns = isBoth || random.chance(0.65) ? (random.chance(0.5) ? 'soon' : 'in the end') : 'never'
  return { gone, by, third, fourth, state, second, returns }
}
