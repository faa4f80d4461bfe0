// For tests: what happens to two devices of one shopper, drawn from a seed, and what must hold after it. Orders and cart edits
// are counted by the test itself: what a device promised is compared with what regions hold in the end.

import { type CausewayClient, type ClientStorage, memoryStorage, StorageError } from '@causeway/client'
import { timeId } from '@causeway/client/ports'
import { expect } from 'vitest'
import { type DeviceShop, eu, linesAt, linesOf, us } from './devices.testing.ts'

const steps = 45
const skus = ['mug', 'cup'] as const

/** mulberry32. */
function diceOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Storage whose process dies at a write: either all of that write is there or nothing, and nothing after it. */
class Mortal implements ClientStorage {
  readonly #ground = memoryStorage()
  /** Writes until it dies, and whether the last one still gets through. */
  doom: { left: number; readonly isWritten: boolean } | null = null
  #life = 0

  async open(user: string) {
    const opened = await this.#ground.open(user)
    this.#life += 1
    const life = this.#life
    return {
      load: opened.load.bind(opened),
      close: () => opened.close(),
      commit: async (writes: Parameters<typeof opened.commit>[0]) => {
        if (life !== this.#life || this.doom?.left === 0) throw new StorageError('FAILED', 'the process is dead')
        if (this.doom !== null) this.doom.left -= 1
        const dies = this.doom?.left === 0
        if (!dies || this.doom?.isWritten === true) await opened.commit(writes)
        if (dies) throw new StorageError('FAILED', 'the process died in this write')
      },
    }
  }
}

interface Device {
  readonly name: string
  readonly storage: Mortal
  client: CausewayClient
  region: string
  clockMs: number
}

export class Story {
  readonly trace: string[] = []
  readonly #shop: DeviceShop
  readonly #seed: number
  readonly #dice: () => number
  readonly #devices: Device[] = []
  /** Orders that a device said are queued, and what became of each. */
  readonly #promised = new Map<string, Set<string>>()
  #orders = 0
  #ids = 0
  #loseNext = 0
  #rejectNext = 0

  constructor(shop: DeviceShop, seed: number) {
    this.#shop = shop
    this.#seed = seed
    this.#dice = diceOf(seed)
  }

  async run(): Promise<void> {
    for (const name of ['phone', 'laptop']) {
      const device = { name, storage: new Mortal(), region: us, clockMs: 0 }
      this.#devices.push(Object.assign(device, { client: await this.#open(device) }))
    }
    for (let step = 0; step < steps; step++) await this.#step(this.#pick(this.#devices))
    await this.#settle()
  }

  async end(): Promise<void> {
    for (const { client } of this.#devices) await client.close().catch(() => {})
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#dice() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  get #cart(): string {
    return `cart-of-${this.#seed}`
  }

  async #open(device: Omit<Device, 'client'>): Promise<CausewayClient> {
    const client = await this.#shop.device(device.region, {
      storage: device.storage,
      deviceId: device.name,
      token: async () => 'token',
      ports: {
        now: () => Date.now() + device.clockMs,
        after: (delayMs, call) => {
          const timer = setTimeout(call, delayMs / 20)
          return () => clearTimeout(timer)
        },
        unit: this.#dice,
        newId: () => timeId(Date.now(), this.#bytes()),
        fetch: (input, init) => this.#fetch(input, init),
      },
    })
    await client.follow({ products: true, orders: this.#orderIds(), carts: [this.#cart] })
    for (const command of client.commands()) this.#watch(command.input, command.outcome)
    return client
  }

  #bytes(): Uint8Array {
    this.#ids += 1
    return Uint8Array.from({ length: 10 }, (_, index) =>
      index < 4 ? (this.#ids >> (index * 8)) & 255 : this.#seed & 255,
    )
  }

  #orderIds(): string[] {
    return Array.from({ length: 40 }, (_, index) => this.#orderId(index))
  }

  #orderId(number: number): string {
    return `order-${this.#seed}-${number}`
  }

  /** The way to the gateway: loses answers of what was done, and tells of tokens that have expired. */
  async #fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    if (this.#rejectNext > 0) {
      this.#rejectNext -= 1
      return Response.json({ errors: [{ message: 'expired', extensions: { code: 'UNAUTHENTICATED' } }] })
    }
    const response = await fetch(input, init)
    if (this.#loseNext === 0) return response
    this.#loseNext -= 1
    throw new TypeError('the answer was lost')
  }

  async #step(device: Device): Promise<void> {
    const roll = this.#dice()
    if (roll < 0.3) await this.#order(device)
    else if (roll < 0.55) await this.#edit(device)
    else if (roll < 0.65) this.#say(device, 'goes offline', () => device.client.disconnect())
    else if (roll < 0.78) this.#say(device, 'comes online', () => device.client.connect())
    else if (roll < 0.84) this.#say(device, 'is about to die', () => this.#doom(device))
    else if (roll < 0.89) await this.#reload(device)
    else if (roll < 0.93) this.#say(device, 'has its clock set', () => this.#setClock(device))
    else this.#harmLine(device)
    await new Promise((resolve) => setTimeout(resolve, this.#dice() * 20))
    if (device.storage.doom?.left === 0) await this.#reload(device)
  }

  #doom(device: Device): void {
    device.storage.doom ??= { left: 1 + Math.floor(this.#dice() * 4), isWritten: this.#dice() < 0.5 }
  }

  #setClock(device: Device): void {
    device.clockMs = Math.round((this.#dice() - 0.5) * 2) * 86_400_000
  }

  #harmLine(device: Device): void {
    const isToken = this.#dice() < 0.4
    this.trace.push(`${device.name} ${isToken ? 'has an expired token' : 'loses answers'}`)
    if (isToken) this.#rejectNext += 2
    else this.#loseNext += 1 + Math.floor(this.#dice() * 2)
  }

  #say(device: Device, what: string, act: () => void): void {
    this.trace.push(`${device.name} ${what}`)
    act()
  }

  async #order(device: Device): Promise<void> {
    const id = this.#orderId(this.#orders++)
    const sku = this.#pick(skus)
    // Now and then more than there can ever be.
    const quantity = this.#dice() < 0.2 ? 1_000_000 : 1
    this.trace.push(`${device.name} orders ${quantity} ${sku} as ${id}`)
    try {
      const command = await device.client.placeOrder({ id, lines: [{ sku, quantity }] })
      this.#promised.set(id, this.#promised.get(id) ?? new Set())
      this.#watch(command.input, command.outcome)
    } catch (error) {
      // Not said to be kept: it may be there or not.
      if (!(error instanceof StorageError)) throw error
      this.trace.push(`${device.name} was not told that ${id} is kept`)
    }
  }

  #watch(input: object, outcome: Promise<{ readonly status: string }>): void {
    const { id } = input as { readonly id?: string }
    outcome.then(
      ({ status }) => void (id !== undefined && this.#promised.get(id)?.add(status)),
      () => {},
    )
  }

  async #edit(device: Device): Promise<void> {
    const sku = this.#pick(skus)
    const quantity = Math.floor(this.#dice() * 5)
    this.trace.push(`${device.name} puts ${quantity} ${sku} into the cart`)
    await device.client
      .cart(this.#cart)
      .change((cart) => {
        if (quantity > 0) cart.lines[sku] = { quantity }
        else delete cart.lines[sku]
      })
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error
      })
  }

  async #reload(device: Device): Promise<void> {
    const died = device.storage.doom?.left === 0
    device.region = this.#pick([us, eu])
    this.trace.push(`${device.name} ${died ? 'died and ' : ''}opens again at ${device.region}`)
    device.storage.doom = { left: 0, isWritten: false }
    await device.client.close().catch(() => {})
    device.storage.doom = null
    device.client = await this.#open(device)
  }

  /** All is well again: every device comes to rest, and then the checks. */
  async #settle(): Promise<void> {
    this.trace.push('all is well again')
    this.#loseNext = 0
    this.#rejectNext = 0
    for (const device of this.#devices) {
      device.clockMs = 0
      await this.#reload(device)
    }
    const wait = { timeout: 15_000 }
    for (const { client } of this.#devices) await expect.poll(() => client.status().pending, wait).toBe(0)
    await this.#shop.converge()
    const frontier = Object.values(this.#shop.cluster.at(us).region.frontier()).reduce((sum, last) => sum + last, 0)
    this.trace.push(`the regions stand at ${frontier}`)
    for (const { client } of this.#devices) await expect.poll(() => client.status().behind, wait).toBe(0)
    await this.#checkOrders()
    await this.#checkCart(wait)
    expect(await this.#shop.cluster.at(us).region.digest()).toBe(await this.#shop.cluster.at(eu).region.digest())
  }

  /** R3, R7: `behind` says that a scope is held, not that the last change of it is here, so each device is waited for. */
  async #checkCart(wait: { readonly timeout: number }): Promise<void> {
    const stands = await linesAt(this.#shop.cluster.at(us), this.#cart)
    for (const { client, name } of this.#devices) {
      await expect.poll(() => [name, linesOf(client, this.#cart)], wait).toEqual([name, stands])
    }
  }

  async #checkOrders(): Promise<void> {
    const { store } = this.#shop.cluster.at(us).region
    const ids = this.#orderIds()
    const documents = ids.map((id) => ({ kind: 'order', id }))
    const loaded = await store.load({ documents, bytes: [], ids: [], aliases: [], skus: [], keys: [] })
    const placed = new Set(loaded.documents.map(({ id }) => id))
    for (const [id, outcomes] of this.#promised) {
      // R1, R2: what was said to be kept has one outcome, the same for whoever asked again after a reload.
      expect([id, [...outcomes]]).toEqual([id, [placed.has(id) ? 'accepted' : 'refused']])
    }
    for (const { client, name } of this.#devices) {
      // R3, R8: a device shows exactly what stands.
      const shown = () =>
        client
          .orders()
          .get()
          .map((order) => order.id)
          .sort()
      await expect.poll(() => [name, shown()], { timeout: 15_000 }).toEqual([name, [...placed].sort()])
    }
  }
}
