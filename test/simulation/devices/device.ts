// One device in a simulated cluster: the SDK as apps use it, over a flash storage and a line of its own, on clocks that its person
// can set. It acts as it is told, dies, comes back, and notes in the ledger what it was told.

import { type CausewayClient, type Command, createClient, LeaseError, type Scope, StorageError } from '@causeway/client'
import { timeId } from '@causeway/client/ports'
import { sha256 } from '@causeway/regions/crypto'
import { encodeBase64url } from '@causeway/schema/clock/base64url'
import { smallSignature } from '@causeway/schema/documents/testing/small-device'
import { VirtualProcess } from '../virtual-process.ts'
import { Flash } from './flash.ts'
import type { Ledger } from './ledger.ts'
import { Line, type LineSetting } from './line.ts'

export interface DeviceSetting extends LineSetting {
  readonly ledger: Ledger
  readonly user: string
  readonly cart: string
  readonly skus: readonly string[]
  readonly orders: readonly string[]
}

/** Until an app that was killed is opened again, at most. */
const awayMs = 3_000

export class Device {
  readonly line: Line
  readonly flash: Flash
  readonly #setting: DeviceSetting
  /** How far its clock is off; its uptime is not. */
  clockMs = 0
  #process: VirtualProcess
  #client: CausewayClient | null = null
  #orders: Scope | null = null
  #lives = 0

  constructor(setting: DeviceSetting) {
    this.#setting = setting
    this.line = new Line(setting)
    this.flash = new Flash(setting.cluster.time, setting.random.fork('flash'))
    this.#process = new VirtualProcess(setting.name)
  }

  get name(): string {
    return this.#setting.name
  }

  /** Null while the app is not open. */
  get client(): CausewayClient | null {
    return this.#client
  }

  async open(): Promise<void> {
    const { cluster, random, user, name } = this.#setting
    const { time } = cluster
    this.#lives += 1
    const process = new VirtualProcess(`${name}/${this.#lives}`)
    this.#process = process
    const bootedAt = time.now()
    const dice = random.fork(`life ${this.#lives}`)
    // Now this gateway first, now that one.
    const urls = dice.chance(0.5) ? this.line.urls() : [...this.line.urls()].reverse()
    const client = await createClient({
      ...{ url: urls, storage: this.flash.storageFor(process), user, deviceId: name, token: async () => 'token' },
      ports: {
        now: () => time.now() + this.clockMs,
        uptime: () => time.now() - bootedAt,
        after: (delayMs, call) => process.timersOn(time).after(delayMs, call),
        unit: () => dice.unit(),
        newId: () => timeId(time.now() + this.clockMs, dice.bytes(10)),
        keys: {
          create: async () => {
            const publicKey = encodeBase64url(dice.bytes(32))
            return { publicKey, secret: publicKey }
          },
          sign: async (secret, bytes) => smallSignature(secret, bytes),
          sha256: async (bytes) => sha256(bytes),
        },
        fetch: this.line.fetchFor(process),
        webSocket: this.line.socketFor(process),
      },
    })
    if (!process.isAlive) return
    if (client.status().wasEvicted) this.#note(() => 'was told that its storage was thrown away')
    this.#client = client
    for (const command of client.commands()) this.#hear(command)
    await this.follow()
  }

  /** What the app shows; again, where there was no room for it before. */
  async follow(): Promise<void> {
    const { cart, skus, orders } = this.#setting
    const client = this.#client
    try {
      await client?.follow({ products: true, stock: skus, carts: [cart] })
      if (this.#orders === null) this.#orders = (await client?.follow({ orders })) ?? null
    } catch (error) {
      this.#refused(error, 'could not follow')
    }
  }

  /** As the system does with an app: nothing of it runs on. */
  die(why: string): void {
    if (this.#client === null) return
    this.#note(() => `dies: ${why}`)
    this.#process.kill()
    this.#client = null
    this.#orders = null
    const { cluster, random, report } = this.#setting
    cluster.time.after(random.integer(50, awayMs), () => void this.open().catch(report))
  }

  /** Dies in one of its next writes. */
  trap(): void {
    const { random } = this.#setting
    const isWritten = random.chance(0.5)
    this.flash.setTrap(random.integer(1, 6), isWritten, () =>
      this.die(`in a write that is ${isWritten ? '' : 'not '}there`),
    )
  }

  evict(): void {
    this.#setting.ledger.evicted(this.name)
    this.die('its storage is thrown away')
    this.flash.evict()
  }

  async order(id: string, sku: string, quantity: number, isLeased: boolean): Promise<void> {
    const client = this.#client
    if (client === null) return
    const sale = this.#setting.ledger.sell(id, this.name, isLeased)
    const lines = [{ sku, quantity }]
    try {
      const command = await client.placeOrder({ id, lines, fromLeases: isLeased ? 'only' : 'never' })
      sale.isKept = true
      this.#note(() => `sells ${quantity} ${sku} as ${id}${isLeased ? ' from a lease' : ''}`)
      this.#hear(command)
      let isShown = false
      client.order(id).subscribe((view) => {
        if (isShown && view === undefined && client === this.#client && this.#orders !== null) {
          const { ledger, cluster } = this.#setting
          // Its outcome is told in the same turn.
          cluster.time.after(1, () => client.order(id).get() === undefined && ledger.vanished(id))
        }
        isShown = view !== undefined
      })
    } catch (error) {
      this.#refused(error, `could not sell ${id}`)
    }
  }

  async edit(sku: string, quantity: number): Promise<void> {
    try {
      await this.#client?.cart(this.#setting.cart).change((cart) => {
        if (quantity > 0) cart.lines[sku] = { quantity }
        else delete cart.lines[sku]
      })
      this.#note(() => `puts ${quantity} ${sku} into the cart`)
    } catch (error) {
      this.#refused(error, 'could not change the cart')
    }
  }

  async lease(sku: string, quantity: number, minutes: number): Promise<void> {
    try {
      const lease = await this.#client?.lease({ sku, quantity, minutes })
      if (lease !== undefined) this.#note(() => `has ${quantity} ${sku} on lease as ${lease.id}`)
    } catch (error) {
      this.#refused(error, `could not lease ${sku}`)
    }
  }

  async closeLeases(): Promise<void> {
    for (const lease of this.#client?.leases() ?? [])
      await lease.close().catch((error: unknown) => this.#refused(error, `could not close ${lease.id}`))
  }

  /** Lets go of the orders, and follows them again a little later. */
  async shrink(): Promise<void> {
    const scope = this.#orders
    const client = this.#client
    if (scope === null || client === null) return
    this.#orders = null
    await scope.unfollow().catch((error: unknown) => this.#refused(error, 'could not unfollow'))
    this.#note(() => 'no longer follows its orders')
    this.#setting.cluster.time.after(2_000, () => void this.follow())
  }

  async end(): Promise<void> {
    const client = this.#client
    this.#client = null
    await client?.close()
    this.#process.kill()
  }

  #hear(command: Command): void {
    const { ledger } = this.#setting
    const id = command.name === 'placeOrder' && 'id' in command.input ? String(command.input.id) : null
    command.outcome.then(
      (outcome) => {
        if (id !== null) ledger.hears(id, outcome.status, outcome.status === 'refused' ? outcome.code : null)
        this.#note(
          () => `heard of ${command.name} ${id ?? ''}: ${outcome.status === 'refused' ? outcome.code : 'accepted'}`,
        )
        void command.acknowledge()
      },
      () => {},
    )
  }

  /** A full storage and what leases say are told, and nothing else is expected. */
  #refused(error: unknown, what: string): void {
    if (error instanceof StorageError || error instanceof LeaseError) this.#note(() => `${what}: ${error.code}`)
    else this.#setting.report(error)
  }

  #note(words: () => string): void {
    this.#setting.cluster.trace.note(() => `${this.name} ${words()}`)
  }
}
