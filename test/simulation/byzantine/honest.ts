// Honest regions beside a liar: they go on selling to each other's customers, and must neither stop nor differ. Knows
// nothing of what the liar says.

import type { HeldCommit, Incident } from '@causeway/db/integrity'
import type { HistoryRetention } from '@causeway/regions/history/retention'
import type { CommandAnswer, Region } from '@causeway/regions/region'
import { compareVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import { ruleVersion } from '@causeway/schema/commit/header'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import type { Operators } from '@causeway/schema/fence/order'
import { receiveStock } from '@causeway/schema/stock/commands'
import { checkConverged } from '../checkers/converged.ts'
import { cheapKeysOf, SimulatedCluster } from '../cluster.ts'
import { Liar } from './liar.ts'

export const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const principal = { subject: 'staff', roles: ['operator' as const], region: null }

/** Two honest regions, and a liar in the place of the third. */
export class Honest {
  readonly cluster: SimulatedCluster
  readonly liar: Liar
  readonly #regions = [eu, us] as const
  #orders = 0
  /** By which the nodes judge that are started from now on. */
  newestRules = ruleVersion
  /** Whose orders retires take, in nodes that are started from now on; by region where they differ. */
  operatorsOf: (region: string) => Operators | null = () => null

  private constructor(seed: number, retention?: HistoryRetention, operatorsOf?: Honest['operatorsOf']) {
    this.operatorsOf = operatorsOf ?? this.operatorsOf
    this.cluster = new SimulatedCluster(seed, [ap, eu, us], retention, {
      keysOf: (region, random) => {
        const keys = cheapKeysOf(region, random)
        const crypto = { ...keys.crypto, operators: this.operatorsOf(region) }
        return { ...keys, crypto, newestRules: this.newestRules }
      },
    })
    this.liar = new Liar(this.cluster, ap)
  }

  static async open(seed: number, retention?: HistoryRetention, operatorsOf?: Honest['operatorsOf']): Promise<Honest> {
    const honest = new Honest(seed, retention, operatorsOf)
    for (const id of honest.#regions) void honest.cluster.start(id)
    await honest.cluster.time.runUntil(
      'the honest are up',
      () => honest.#regions.every((id) => honest.cluster.region(id)),
      60_000,
    )
    const variants = [{ sku: 'mug', title: 'Mug', price: { amount: '4.00', currencyCode: 'GBP' } }]
    await honest.ask(eu, upsertProduct, { id: 'mug-product', title: 'Mug', variants })
    await honest.ask(eu, receiveStock, { sku: 'mug', quantity: 3_000 })
    await honest.agree()
    return honest
  }

  /** Kills the honest nodes and starts them again. */
  async restart(): Promise<void> {
    for (const id of this.#regions) {
      this.cluster.crash(id)
      void this.cluster.start(id)
    }
    const areUp = () => this.#regions.every((id) => this.cluster.region(id))
    await this.cluster.time.runUntil('the honest are up again', areUp, 60_000)
  }

  region(id: string): Region {
    const region = this.cluster.region(id)
    if (region === undefined) throw new Error(`${id} is down`)
    return region
  }

  async ask<Input>(region: string, command: CommandDefinition<Input>, input: unknown): Promise<CommandAnswer> {
    const deadlineAt = this.cluster.time.clockOf(region).now() + 5_000
    let answer: CommandAnswer | undefined
    let failure: unknown
    this.region(region)
      .execute(command, input as Input, { principal, resent: false, deadlineAt })
      .then(
        (value) => {
          answer = value
        },
        (error: unknown) => {
          failure = error
        },
      )
    await this.cluster.time.runUntil('the answer', () => answer !== undefined || failure !== undefined, 20_000)
    if (answer === undefined) throw failure
    if (answer.status !== 'accepted') throw new Error(`${region} refuses ${command.name}: ${JSON.stringify(answer)}`)
    return answer
  }

  /** Each honest region sells, and the other one has heard of it in a moment: nobody has stopped. */
  async trade(): Promise<void> {
    await this.sell()
    await this.agree()
  }

  async sell(): Promise<void> {
    for (const id of this.#regions) {
      this.#orders += 1
      await this.ask(id, placeOrder, { id: `order-${this.#orders}`, lines: [{ sku: 'mug', quantity: 1 }] })
    }
  }

  /** Both have applied the same, and then hold the same. */
  async agree(): Promise<void> {
    const same = () => compareVectors(this.frontier(eu), this.frontier(us)) === 'equal'
    await this.cluster.time.runUntil('the honest have applied the same', same, 10_000)
    await this.cluster.time.runFor(200)
    await this.cluster.time.runUntil('the honest have applied the same', same, 10_000)
    await checkConverged(this.cluster, this.#regions)
  }

  frontier(id: string): VersionVector {
    return this.cluster.database(id).head.frontier
  }

  incidents(id: string): readonly Incident[] {
    return [...this.cluster.database(id).incidents.values()]
  }

  held(id: string): readonly HeldCommit[] {
    return [...this.cluster.database(id).held.values()]
  }

  /** How often an honest region has asked the liar for its commits. */
  streams(): number {
    return Math.max(...this.#regions.map((id) => this.liar.streams(id)))
  }

  /** `region` goes on as another incarnation, from a copy of before all have traded once more. */
  async restore(region: string): Promise<void> {
    const { cluster } = this
    const backup = cluster.backUp(region)
    await this.trade()
    cluster.crash(region)
    cluster.restore(region, backup)
    void cluster.start(region)
    await cluster.time.runUntil(`${region} is back`, () => cluster.region(region)?.origin === `${region}@2`, 60_000)
  }

  async pass(ms: number): Promise<void> {
    await this.cluster.time.runFor(ms)
  }
}
