// Shoppers, staff and misfortune, drawn from one seed: commands sent to random regions and sent again elsewhere when
// unanswered, links cut and healed, regions killed and started, clocks that jump. Keeps what callers were told.

import { StoreError } from '@causeway/db/store'
import type { CommandAnswer } from '@causeway/regions/region'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { cancelOrder, deliverOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import type { SimulatedCluster } from './cluster.ts'
import type { SeededRandom } from './random.ts'

const principal = { subject: 'simulation', roles: ['operator' as const], region: null }
const attemptMs = 3_000
const attempts = 4

export const skus = ['sku-a', 'sku-b', 'sku-c'] as const

export class Workload {
  readonly placed = new Set<string>()
  readonly received = new Map<string, { sku: string; units: number }>()
  readonly asked = new Map<string, { sku: string; units: number }>()
  /** What commands threw that no fault explains. */
  readonly failures: unknown[] = []
  readonly #cluster: SimulatedCluster
  readonly #random: SeededRandom
  readonly #orders: string[] = []
  #keys = 0
  #open = 0

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster
    this.#random = cluster.random.fork('workload')
  }

  /** Commands still waiting for an answer. */
  get open(): number {
    return this.#open
  }

  /** Products known everywhere and some stock, before anything goes wrong. */
  async openShop(): Promise<void> {
    const [first] = this.#cluster.members
    if (first === undefined) throw new Error('a cluster needs a region')
    for (const sku of skus) {
      const variants = [{ sku, title: sku, price: { amount: '2.50', currencyCode: 'GBP' } }]
      this.#send(first, upsertProduct, { id: `product-${sku}`, title: sku, variants }, this.#newKey(), () => {})
    }
    await this.#settled()
    await this.#cluster.time.runFor(2_000)
    for (const sku of skus) this.#receive(first, sku, 40)
    await this.#settled()
  }

  /** `count` commands at random moments within `overMs`; returns at the end of that time. */
  async run(count: number, overMs: number, faults: number): Promise<void> {
    const { time } = this.#cluster
    const random = this.#random
    for (let index = 0; index < count; index++) time.after(random.unit() * overMs, () => this.#act())
    for (let index = 0; index < faults; index++) time.after(random.unit() * overMs, () => this.#misfortune(overMs))
    await time.runFor(overMs)
  }

  async #settled(): Promise<void> {
    await this.#cluster.time.runUntil('every command is answered', () => this.#open === 0, 60_000)
  }

  #act(): void {
    const random = this.#random
    const region = random.pick(this.#cluster.members)
    const draw = random.unit()
    if (draw < 0.45 || this.#orders.length === 0) this.#place(region)
    else if (draw < 0.55) this.#receive(region, random.pick(skus), random.integer(1, 12))
    else this.#handle(region, draw)
  }

  /** Now and then the same order is placed in several regions at once (S5). */
  #place(region: RegionId): void {
    const random = this.#random
    const id = `order-${this.#orders.length + 1}`
    this.#orders.push(id)
    const chosen = [...skus].filter(() => random.chance(0.6))
    const lines = (chosen.length > 0 ? chosen : [skus[0]]).map((sku) => ({ sku, quantity: random.integer(1, 4) }))
    const regions = random.chance(0.25) ? this.#cluster.members : [region]
    for (const target of regions) {
      this.#send(target, placeOrder, { id, lines }, undefined, (answer) => {
        if (answer.status === 'accepted') this.placed.add(id)
      })
    }
  }

  #receive(region: RegionId, sku: string, units: number): void {
    const key = this.#newKey()
    const fullKey = `${principal.subject}:${key}`
    this.asked.set(fullKey, { sku, units })
    // A careless caller sends one receipt to two regions without saying so (I2).
    const regions = this.#random.chance(0.3) ? this.#cluster.members.slice(0, 2) : [region]
    for (const target of regions) {
      this.#send(target, receiveStock, { sku, quantity: units }, key, (answer) => {
        if (answer.status === 'accepted') this.received.set(fullKey, { sku, units })
      })
    }
  }

  /** Enough of everything to pay what duplicates have left owing. */
  restock(): void {
    for (const sku of skus) for (const member of this.#cluster.members) this.#receive(member, sku, 50)
  }

  #handle(region: RegionId, draw: number): void {
    const random = this.#random
    const id = random.pick(this.#orders)
    const key = this.#newKey()
    const ignore = () => {}
    if (draw < 0.7) this.#send(region, shipOrder, { id }, key, ignore)
    else if (draw < 0.82) this.#send(region, cancelOrder, { id }, key, ignore)
    else if (draw < 0.92) {
      const lines = [{ lineId: '1', quantity: random.integer(1, 2), restock: true }]
      this.#send(region, returnOrderLines, { id, lines }, key, ignore)
    } else this.#send(region, deliverOrder, { id }, key, ignore)
  }

  #newKey(): string {
    this.#keys++
    return `key-${this.#keys}`
  }

  #send<Input>(
    region: RegionId,
    command: CommandDefinition<Input>,
    input: unknown,
    key: string | undefined,
    told: (answer: CommandAnswer) => void,
  ): void {
    this.#open++
    void this.#deliver(region, command, input as Input, key)
      .then((answer) => {
        this.#cluster.note(`${command.name} ${JSON.stringify(input)} -> ${answer?.status ?? 'no answer'}`)
        if (answer) told(answer)
      })
      .finally(() => {
        this.#open--
      })
  }

  /** As a gateway does: unanswered here, sent again elsewhere under the same key, and marked so. */
  async #deliver<Input>(
    first: RegionId,
    command: CommandDefinition<Input>,
    input: Input,
    key: string | undefined,
  ): Promise<CommandAnswer | null> {
    const { members, time } = this.#cluster
    let resent = false
    for (let attempt = 0; attempt < attempts; attempt++) {
      const target = members[(members.indexOf(first) + attempt) % members.length] ?? first
      const region = this.#cluster.region(target)
      if (!region) continue
      const call = { principal, resent, deadlineAt: time.clockOf(target).now() + attemptMs }
      const answer = await this.#within(
        region.execute(command, input, key === undefined ? call : { ...call, idempotencyKey: key }),
      )
      if (answer && answer.status !== 'pending') return answer
      resent = true
    }
    return null
  }

  #within(answer: Promise<CommandAnswer>): Promise<CommandAnswer | null> {
    return new Promise((resolve) => {
      const cancel = this.#cluster.time.after(attemptMs + 500, () => resolve(null))
      answer.then(
        (value) => {
          cancel()
          resolve(value)
        },
        (error: unknown) => {
          cancel()
          // A store that is closed or away is what faults look like; anything else is a defect.
          if (!(error instanceof StoreError)) this.failures.push(error)
          resolve(null)
        },
      )
    })
  }

  #misfortune(overMs: number): void {
    const random = this.#random
    const { network, members, time } = this.#cluster
    const one = random.pick(members)
    const other = random.pick(members.filter((member) => member !== one))
    const lasting = random.unit() * overMs * 0.4
    const draw = random.unit()
    if (draw < 0.3) {
      this.#cluster.crash(one)
      time.after(lasting / 2, () => void this.#cluster.start(one))
    } else if (draw < 0.5) {
      this.#cluster.note(`${one} and ${other} are cut off from each other`)
      network.cut(one, other)
      time.after(lasting, () => network.heal(one, other))
    } else if (draw < 0.65) {
      this.#cluster.note(`nothing gets from ${one} to ${other}`)
      network.cutOneWay(one, other)
      time.after(lasting, () => network.heal(one, other))
    } else if (draw < 0.75) network.reset(one, other)
    else if (draw < 0.85) network.stall(one, other, lasting)
    else {
      const byMs = random.integer(-20_000, 20_000)
      this.#cluster.note(`the clock of ${one} jumps by ${byMs} ms`)
      time.jump(one, byMs)
    }
  }
}
