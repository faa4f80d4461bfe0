// Tills that sell offline: each takes a lease, sells from it without a connection by the code that apps run, tells its sales in
// any order and in any regions, and closes the lease; or staff give it up for lost meanwhile.

import { sha256 } from '@causeway/regions/crypto'
import { type LeaseView, leaseKind } from '@causeway/schema/documents/lease/kind'
import { SmallDevice, smallKey } from '@causeway/schema/documents/testing/small-device'
import type { SimulatedCluster } from '../cluster.ts'
import type { SeededRandom } from '../random.ts'
import type { VirtualGateway } from './gateway.ts'
import { Shopper, type Wish } from './shopper.ts'
import type { Answer, Told } from './told.ts'
import { skus } from './workload.ts'

export interface TillsSetting {
  readonly cluster: SimulatedCluster
  readonly gateways: readonly VirtualGateway[]
  readonly told: Told
  readonly report: (fault: unknown) => void
  /** Staff send, cancel and take back what tills have sold. */
  readonly areHandled: boolean
}

/** A lease that went with the disk of a restored region is known to nobody: then a till gives up. */
const triesAtMost = 60

export class Tills {
  readonly #setting: TillsSetting
  readonly #random: SeededRandom
  /** Tills that are not done. */
  open = 0

  constructor(setting: TillsSetting) {
    this.#setting = setting
    this.#random = setting.cluster.random.fork('tills')
  }

  /** So many tills, each at its own moment. */
  schedule(count: number, overMs: number): void {
    const { cluster, report } = this.#setting
    for (let index = 0; index < count; index++) {
      const random = this.#random.fork(`till ${index}`)
      this.open += 1
      const done = () => {
        this.open -= 1
      }
      cluster.time.after(random.unit() * overMs, () => {
        new Till(`till-${index}`, this.#setting, random).work().catch(report).finally(done)
      })
    }
  }
}

class Till {
  readonly #name: string
  readonly #setting: TillsSetting
  readonly #random: SeededRandom
  readonly #shopper: Shopper

  constructor(name: string, setting: TillsSetting, random: SeededRandom) {
    const { cluster, gateways, told, report } = setting
    this.#name = name
    this.#setting = setting
    this.#random = random
    this.#shopper = new Shopper({ name, gateways, time: cluster.time, random, trace: cluster.trace, told, report })
  }

  async work(): Promise<void> {
    const random = this.#random
    const device = await this.#lease()
    if (device === null) return
    const orders = Array.from({ length: random.integer(1, 5) }, (_, index) => `${this.#name}-order-${index}`)
    for (const order of orders) {
      device.passes(random.integer(1, 60_000))
      device.sell(order, random.integer(1, 3))
    }
    const isGivenUp = random.chance(0.5)
    const told = orders.map((order) => this.#tellSale(device, order))
    const handled = this.#setting.areHandled ? orders.map((order, index) => this.#handle(order, told[index])) : []
    if (isGivenUp) await this.#end(device)
    const fates = await Promise.all(told)
    orders.forEach((order, index) => {
      if (fates[index] === 'refused') device.takeBack(order)
    })
    device.close()
    if (!isGivenUp) await this.#insist(() => this.#close(device))
    await Promise.all(handled)
  }

  /** What staff do with an order that stands, in several regions at about the same time. */
  async #handle(order: string, fate: Promise<Answer['status']> | undefined): Promise<void> {
    if ((await fate) !== 'accepted') return
    const random = this.#random.fork(`staff at ${order}`)
    const lines = [{ lineId: '1', quantity: 1, restock: random.chance(0.6) }]
    const steps: readonly Pick<Wish, 'name' | 'input'>[] = [
      { name: 'shipOrder', input: { id: order } },
      { name: 'cancelOrder', input: { id: order } },
      { name: 'returnOrderLines', input: { id: order, lines } },
    ]
    const taken = steps.flatMap((step) => (random.chance(0.6) ? [step] : []))
    await Promise.all(
      taken.map(async (step, index) => {
        await new Promise<void>((resolve) => this.#setting.cluster.time.after(random.unit() * 2_000, resolve))
        const pinned = random.chance(0.6) ? random.pick(this.#setting.cluster.members) : undefined
        await this.#shopper.ask({ ...step, key: `${order}-step-${index}`, pinned })
      }),
    )
  }

  async #lease(): Promise<SmallDevice | null> {
    const random = this.#random
    const terms = { deviceId: this.#name, sku: random.pick(skus), quantity: random.integer(3, 9), minutes: 600 }
    const input = { ...terms, publicKey: smallKey(this.#name) }
    const lent = await this.#shopper.ask({
      name: 'leaseStock',
      input,
      key: `${this.#name}-lease`,
      pinned: this.#place(),
    })
    const view = lent.status === 'accepted' ? this.#find(String(lent.result.id)) : undefined
    return view === undefined ? null : SmallDevice.of(this.#name, view, sha256)
  }

  #find(id: string): LeaseView | undefined {
    const { cluster } = this.#setting
    for (const member of cluster.members) {
      const held = cluster.database(member).documents.get(`lease/${id}`)
      const view = held && leaseKind.view(id, held.document.state)
      if (view !== undefined) return view
    }
    return undefined
  }

  /** Its own part of the chain at first, the whole of it where that does not do. */
  async #tellSale(device: SmallDevice, order: string): Promise<Answer['status']> {
    await this.#pause(4_000)
    const quantity = device.lease.orders[order] ?? 0
    if (quantity === 0) return 'refused'
    const lines = [{ sku: device.lease.terms.sku, quantity }]
    const tell = () => {
      let from = this.#random.integer(1, device.lease.chain.length)
      return this.#insist(() => {
        const input = { id: order, lines, leases: [{ ...device.chain(from) }] }
        from = 1
        return { name: 'placeOrder', input: input as unknown as Wish['input'], key: `${order}-key`, careful: false }
      })
    }
    // Two of its threads may tell the same in two regions: what is accepted in one is sold.
    const fates = await Promise.all(this.#random.chance(0.4) ? [tell(), tell()] : [tell()])
    return fates.includes('accepted') ? 'accepted' : 'refused'
  }

  #close(device: SmallDevice): Wish {
    const input = { ...device.chain() } as unknown as Wish['input']
    return { name: 'closeLease', input, key: `${this.#name}-close`, careful: false }
  }

  async #end(device: SmallDevice): Promise<void> {
    await this.#pause(3_000)
    const input = { id: device.lease.terms.id, withoutDevice: true }
    await this.#insist(() => ({ name: 'closeLease', input, key: `${this.#name}-end`, careful: false }))
  }

  /** Asks until the answer is an outcome: what a region lacks is brought, or comes to it in time. */
  async #insist(wish: () => Wish): Promise<Answer['status']> {
    for (let count = 0; count < triesAtMost; count++) {
      const answer = await this.#shopper.ask({ ...wish(), pinned: this.#place(), resent: count > 0 })
      if (answer.status === 'accepted') return 'accepted'
      if (!answer.codes.includes('NOT_FOUND') && !answer.codes.includes('INVALID')) return 'refused'
      await this.#pause(1_000)
    }
    return 'refused'
  }

  #place(): string | undefined {
    return this.#random.chance(0.5) ? this.#random.pick(this.#setting.cluster.members) : undefined
  }

  #pause(mostMs: number): Promise<void> {
    return new Promise((resolve) => this.#setting.cluster.time.after(this.#random.unit() * mostMs, resolve))
  }
}
