// Operators who retire regions through the gateways, as one does with a region that is lost: ask again until it is done, in
// whichever region may do it, and override what too few are left to decide. Knows no rule and checks nothing.

import type { RegionId } from '@causeway/schema/clock/origin'
import { restorationOf } from '@causeway/schema/fence/fencing'
import type { SimulatedCluster } from '../cluster.ts'
import type { VirtualGateway } from './gateway.ts'
import type { OrderDesk } from './order-desk.ts'
import { Shopper } from './shopper.ts'
import type { Answer, Told } from './told.ts'

export interface OperatorsSetting {
  readonly cluster: SimulatedCluster
  readonly gateways: readonly VirtualGateway[]
  readonly told: Told
  readonly report: (fault: unknown) => void
  /** Signs the orders that retires take; left out, they take none. */
  readonly desk?: OrderDesk
}

const triesAtMost = 8
const againMs = 4_000
/** So long a region that was restored waits for the word of a retired one before somebody sees that it waits in vain. */
const patienceMs = 60_000
/** Rounds after which one who waits for the word of a region that will not say it does without. */
const patientRounds = 3

export class Operators {
  readonly #setting: OperatorsSetting
  readonly #shopper: Shopper
  #keys = 0

  constructor(setting: OperatorsSetting) {
    this.#setting = setting
    const { cluster, gateways, told, report } = setting
    const { time, trace } = cluster
    const random = cluster.random.fork('operators')
    this.#shopper = new Shopper({ name: 'operator', gateways, time, random, trace, told, report })
  }

  /** Until a region has taken it: `by` at first, any other where that may not. */
  async retire(region: RegionId, by: RegionId): Promise<void> {
    for (let count = 0; count < triesAtMost; count++) {
      const { status } = await this.retireOnce(region, count === 0 ? by : undefined)
      if (status === 'accepted') return
      await this.#pause(againMs)
    }
  }

  async retireOnce(region: RegionId, pinned: RegionId | undefined, override = false): Promise<Answer> {
    this.#keys += 1
    const key = `retire-${this.#keys}`
    const { desk } = this.#setting
    const by = desk === undefined ? pinned : (pinned ?? desk.takerFor(region))
    const order = desk === undefined || by === undefined ? {} : { order: desk.sign(region, by, override) }
    const input = { region, override, ...order }
    const answer = await this.#shopper.ask({ name: 'retireRegion', input, key, pinned: by })
    if (answer.status === 'accepted') this.#setting.told.retired.add(region)
    return answer
  }

  /** Regions that are gone for good leave the cluster, whatever became of earlier attempts. */
  async dismiss(lost: readonly RegionId[]): Promise<void> {
    for (let round = 0; lost.some((region) => !this.#hasLeft(region)); round++) {
      for (const region of lost)
        if (!this.#hasLeft(region)) await this.retireOnce(region, undefined, round >= patientRounds)
      await this.#pause(againMs)
    }
  }

  /**
   * Whoever was retired, knows so, and is waited for all the same, is retired again: regions that were restored from before that do not
   * know it, and a retired region writes no word about their earlier lives (decision 0068).
   */
  async attend(): Promise<void> {
    for (let waitedMs = 0; ; waitedMs = this.#awaited().length > 0 ? waitedMs + againMs : 0) {
      if (waitedMs > patienceMs) for (const region of this.#awaited()) await this.retireOnce(region, undefined)
      await this.#pause(againMs)
    }
  }

  /** As the operators' page shows it. */
  #awaited(): readonly RegionId[] {
    const { cluster } = this.#setting
    const waited = cluster.members.flatMap((member) => {
      const region = cluster.region(member)
      return region === undefined ? [] : (restorationOf(region.fencing(), region.origin)?.waitsFor ?? [])
    })
    const hasLeft = (member: RegionId) => cluster.region(member)?.fencing().fences.members.includes(member) === false
    return cluster.members.filter((member) => waited.includes(member) && hasLeft(member))
  }

  /** As the operators' page shows it. */
  #hasLeft(region: RegionId): boolean {
    const { cluster } = this.#setting
    return cluster.members.some((member) =>
      cluster
        .region(member)
        ?.fencing()
        .fences.decided.some(({ key }) => key === region),
    )
  }

  #pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => this.#setting.cluster.time.after(durationMs, resolve))
  }
}
