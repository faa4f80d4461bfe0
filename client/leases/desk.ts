// What an app does with leases: takes them, sells from them by placing orders, closes them. Queues what a region must hear, and
// closes by itself what has ended. The chains are the book's.

import { counted, plural } from '@causeway/schema/counted'
import type { ClockReading } from '@causeway/schema/stock/lease/device'
import { unitsLeft } from '@causeway/schema/stock/lease/device'
import type { Connection } from '../connection.ts'
import type { CommandInputs, LeaseWork } from '../operations.ts'
import type { Command } from '../outbox/command.ts'
import type { OutboxEntry, QueuedCommand } from '../outbox/outbox.ts'
import type { ClientPorts } from '../ports.ts'
import type { StorageWrite, UserStorage } from '../storage/port.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { LeaseBook } from './book.ts'
import { planDraws } from './draw.ts'
import { canClose, isClosed, orderIdOf } from './fates.ts'
import { LeaseError } from './lease-error.ts'
import type { HeldLease } from './record.ts'

/**
 * `open`: sells. `unsure`: the device's clock was set back; it sells again after the next sync. `ended`: its time is over.
 * `closing`: nothing more is sold, and what was is being told. `closed`: nothing of it is left on the device.
 */
export type LeaseState = 'open' | 'unsure' | 'ended' | 'closing' | 'closed'

/** Units lent to this device; as of now, whenever it is looked at. */
export interface Lease {
  readonly id: string
  readonly sku: string
  readonly quantity: number
  /** Units that it may still sell. */
  readonly left: number
  /** RFC 3339; sales stop a minute before. */
  readonly expiresAt: string
  readonly state: LeaseState
  /** Resolves once it is durable that nothing more is sold from it; what is left goes back when every region has heard. */
  close(): Promise<void>
}

export interface LeaseRequest {
  readonly sku: string
  readonly quantity: number
  readonly minutes: number
}

export interface LeaseDeskOptions {
  readonly connection: Connection
  readonly storage: UserStorage
  readonly tabs: Tabs
  readonly ports: ClientPorts
  readonly deviceId: string
  readonly make: (name: 'placeOrder' | LeaseWork, input: object) => QueuedCommand
  readonly queue: (command: QueuedCommand, along?: readonly StorageWrite[]) => Promise<Command>
  readonly entries: () => readonly OutboxEntry[]
  readonly onChange: () => void
}

/** From one look for what has ended to the next, at most. */
const lookEveryMs = 60_000

export class LeaseDesk {
  readonly book: LeaseBook
  readonly #options: LeaseDeskOptions
  readonly #boot: string
  #tending: Promise<void> = Promise.resolve()
  #cancelLook: () => void = () => {}
  #isOpen = false

  constructor(options: LeaseDeskOptions) {
    const { storage, tabs, ports, onChange } = options
    this.#options = options
    this.#boot = ports.newId()
    const reading = (): ClockReading => ({ wallMs: ports.now(), uptimeMs: ports.uptime(), boot: this.#boot })
    this.book = new LeaseBook({ storage, tabs, keys: ports.keys, reading, onChange })
  }

  /** After the outbox: what it has lost of a lease is asked for again, under the same key. */
  async load(): Promise<void> {
    const { connection, entries, queue, tabs } = this.#options
    await this.book.load()
    for (const { token } of this.book.held) if (token !== null) connection.expects(token)
    this.#isOpen = true
    tabs.onLead(() => {
      const known = new Set(entries().map(({ command }) => command.id))
      for (const { command } of this.book.asked) if (!known.has(command.id)) void queue(command).catch(() => {})
      this.tend()
      this.#look()
    })
  }

  /** Resolves once a region has lent the units and this device has kept that. */
  async take(request: LeaseRequest): Promise<Lease> {
    const { connection, ports, deviceId, make, queue } = this.#options
    if (connection.state === 'offline')
      throw new LeaseError('OFFLINE', 'a region lends the units: take the lease while there is a connection')
    const key = await ports.keys.create()
    const { sku, quantity, minutes } = request
    const command = make('leaseStock', { deviceId, sku, quantity, minutes, publicKey: key.publicKey })
    const asked = await this.book.ask(command, key, (along) => queue(command, along))
    const outcome = await asked.outcome
    if (outcome.status === 'refused') {
      await asked.acknowledge()
      throw new LeaseError(outcome.code, outcome.message)
    }
    // Another page may have been the one to send it.
    await this.book.refresh()
    const held = this.book.find(command.id)
    if (held === undefined)
      throw new LeaseError(
        'NOT_KEPT',
        'the units are lent, but this device had no room to keep that; it is tried again until there is some',
      )
    return this.#handle(held)
  }

  /** All that are not closed, in order of asking. */
  list(): readonly Lease[] {
    return this.book.held.map((held) => this.#handle(held))
  }

  /** Queues an order, and in the same step takes what leases hold of it from them. */
  async place(input: CommandInputs['placeOrder']): Promise<Command> {
    const { make, queue } = this.#options
    const { fromLeases, ...order } = input
    if (fromLeases === 'never' || (this.book.held.length === 0 && fromLeases === undefined))
      return await queue(make('placeOrder', order))
    const plan = (sellable: readonly HeldLease[]) => {
      // Asked for once more: what it holds it holds already.
      if (this.book.holds(order.id)) return []
      const { draws, missing } = planDraws(order, sellable)
      const [short] = missing
      if (fromLeases !== 'only' || short === undefined) return draws
      const { sku, units, most } = short
      throw new LeaseError(
        'NOT_LEASED',
        `${counted(units, 'unit')} of ${sku} ${plural(units, 'is', 'are')} wanted, and no lease here has more than ${most}.`,
      )
    }
    return await this.book.sell(order.id, plan, (along, leases) =>
      queue(make('placeOrder', leases.length === 0 ? order : { ...order, leases }), along),
    )
  }

  /** Closes what can be, and stops what has ended by the region's own time. One round after the other. */
  tend(): void {
    this.#tending = this.#tending
      .then(() => this.#tend())
      .catch(() => {
        // No room, or the client is closed: the next round does it.
      })
  }

  /** Throws LeaseError where something is lent: what was sold from it would be forgotten with it. */
  async forget(): Promise<void> {
    const [open] = this.book.held
    if (open === undefined) return
    const { id, sku } = open.lease.terms
    throw new LeaseError(
      'LEASES_OPEN',
      `${sku} is lent to this device (${id}): close the lease and wait until it is told.`,
    )
  }

  async idle(): Promise<void> {
    this.#isOpen = false
    this.#cancelLook()
    await this.#tending
  }

  async #tend(): Promise<void> {
    const { tabs } = this.#options
    if (!this.#isOpen || !tabs.leads) return
    for (const held of this.book.held) {
      // Only a region's word ends it: a clock that was set forward would give the units back too early.
      if (!held.isClosing && this.book.clock.isAnchored && this.book.clock.hasEnded(held))
        await this.book.stop(held.askId)
      await this.#close(held.askId)
    }
  }

  async #close(askId: string): Promise<void> {
    const { make, queue } = this.#options
    const held = this.book.find(askId)
    if (held === undefined || !canClose(held)) return
    await this.book.close(askId, (along) => queue(make('closeLease', { id: held.lease.terms.id }), along))
  }

  /** Signed already, and a region would not hear of it: it is told once more. */
  async #closeAgain(id: string): Promise<void> {
    const { entries, make, queue } = this.#options
    const isTold = entries().some(
      ({ state, command }) => command.name === 'closeLease' && orderIdOf(command) === id && state !== 'settled',
    )
    if (!isTold) await queue(make('closeLease', { id }))
  }

  #look(): void {
    this.#cancelLook = this.#options.ports.after(lookEveryMs, () => {
      this.tend()
      this.#look()
    })
  }

  #handle({ askId, lease: { terms } }: HeldLease): Lease {
    const { book } = this
    const held = () => book.find(askId)
    const stateOf = () => this.#stateOf(held())
    return {
      ...{ id: terms.id, sku: terms.sku, quantity: terms.units, expiresAt: new Date(terms.expiresAt).toISOString() },
      get left() {
        const now = held()
        return now === undefined || now.isClosing ? 0 : unitsLeft(now.lease)
      },
      get state() {
        return stateOf()
      },
      close: async () => {
        const now = held()
        if (now === undefined) return
        if (isClosed(now.lease)) return await this.#closeAgain(terms.id)
        await book.stop(askId)
        await this.#close(askId)
      },
    }
  }

  #stateOf(held: HeldLease | undefined): LeaseState {
    if (held === undefined) return 'closed'
    if (held.isClosing) return 'closing'
    if (this.book.clock.timeOf(held) === null) return 'unsure'
    return this.book.clock.hasEnded(held) ? 'ended' : 'open'
  }
}
