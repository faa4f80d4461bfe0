// Shoppers, staff and tills, drawn from one seed: stories of a few commands each, many at once, that meet in the same
// orders and SKUs in several regions. Knows no misfortune and checks nothing.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { SimulatedCluster } from '../cluster.ts'
import type { SeededRandom } from '../random.ts'
import type { VirtualGateway } from './gateway.ts'
import { Shopper } from './shopper.ts'
import { mainStory, type Story, stories } from './stories.ts'
import type { Told } from './told.ts'

export interface WorkloadSetting {
  readonly cluster: SimulatedCluster
  readonly gateways: readonly VirtualGateway[]
  readonly told: Told
  readonly report: (fault: unknown) => void
}

export const skus = ['sku-a', 'sku-b', 'sku-c'] as const

const sessions = 8
const openingUnits = 60
/** How many bursts a run has, and how close what happens in one of them is: by the seed, from crowds to trickles. */
const bursts = [3, 10] as const
const burstMs = [60, 150, 300] as const

export class Workload {
  readonly #setting: WorkloadSetting
  readonly #random: SeededRandom
  readonly #shoppers: readonly Shopper[]
  /** Ids of orders that somebody has tried to place. */
  readonly orders: string[] = []
  #keys = 0

  constructor(setting: WorkloadSetting) {
    this.#setting = setting
    this.#random = setting.cluster.random.fork('workload')
    const { gateways, cluster, told, report } = setting
    const { time, trace } = cluster
    this.#shoppers = Array.from({ length: sessions }, (_, index) => {
      const random = cluster.random.fork(`shopper ${index}`)
      return new Shopper({ name: `shopper ${index}`, gateways, time, random, trace, told, report })
    })
  }

  get random(): SeededRandom {
    return this.#random
  }

  get members(): readonly RegionId[] {
    return this.#setting.cluster.members
  }

  /** Products known everywhere and some stock, before anything goes wrong. */
  async open(): Promise<void> {
    const { cluster, told } = this.#setting
    for (const sku of skus) {
      const variants = [{ sku, title: sku, price: { amount: '2.50', currencyCode: 'GBP' } }]
      const input = { id: `product-${sku}`, title: sku, variants }
      void this.shopper().ask({ name: 'upsertProduct', input, key: this.key() })
    }
    await cluster.time.runUntil('the products are there', () => told.open === 0, 60_000)
    await cluster.time.runFor(500)
    for (const sku of skus) this.receive(sku, openingUnits)
    await cluster.time.runUntil('the first stock is there', () => told.open === 0, 60_000)
  }

  /**
   * Stories within `overMs`, until they come to `commands`: in bursts, for what happens at once is what goes wrong, and
   * what is committed at once costs a simulation least. Answers when the bursts begin, in milliseconds from now.
   */
  schedule(commands: number, overMs: number): readonly number[] {
    const moments = Array.from({ length: this.#random.integer(...bursts) }, () => this.#random.unit() * overMs)
    const withinMs = this.#random.pick(burstMs)
    let planned = 0
    while (planned < commands) {
      const story = this.#draw()
      planned += story.commands
      const atMs = this.#random.pick(moments) + this.#random.unit() * withinMs
      this.#setting.cluster.time.after(atMs, () => {
        story.tell(this).catch(this.#setting.report)
      })
    }
    return moments
  }

  /** Commands of a `restock`. */
  get deliveries(): number {
    return skus.length * this.members.length
  }

  /** Enough of everything to pay what duplicates have left owing. */
  restock(): void {
    for (const sku of skus) {
      for (const pinned of this.members)
        void this.shopper().ask({ name: 'receiveStock', input: { sku, quantity: 50 }, key: this.key(), pinned })
    }
  }

  receive(sku: string, quantity: number): void {
    void this.shopper().ask({ name: 'receiveStock', input: { sku, quantity }, key: this.key() })
  }

  shopper(): Shopper {
    return this.#random.pick(this.#shoppers)
  }

  region(): RegionId {
    return this.#random.pick(this.members)
  }

  sku(): string {
    return this.#random.pick(skus)
  }

  key(): string {
    this.#keys += 1
    return `key-${this.#keys}`
  }

  /** A new order's id. */
  newOrder(): string {
    const id = `order-${this.orders.length + 1}`
    this.orders.push(id)
    return id
  }

  /** One of the newest orders, on which others are at work too; undefined before the first. */
  order(): string | undefined {
    const recent = this.orders.slice(-6)
    return recent.length === 0 ? undefined : this.#random.pick(recent)
  }

  pause(mostMs: number): Promise<void> {
    return new Promise((resolve) => this.#setting.cluster.time.after(this.#random.unit() * mostMs, resolve))
  }

  #draw(): Story {
    const total = stories.reduce((sum, { weight }) => sum + weight, 0)
    let left = this.#random.unit() * total
    for (const story of stories) {
      left -= story.weight
      if (left < 0) return story
    }
    return mainStory
  }
}
