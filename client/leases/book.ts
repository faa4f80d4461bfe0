// The leases of this device, and the one place where their chains grow. Every step is taken alone among the pages that share the
// storage, from what the storage holds, and written in one commit together with the piece of the queue that it belongs to: a sale
// with its order, a release with the refusal. What a step comes to is draw.ts's and fates.ts's to say; sending is not known here.

import { encodeBase64url } from '@causeway/schema/clock/base64url'
import { toHex } from '@causeway/schema/hex'
import {
  appendEntry,
  type ClockReading,
  draftClose,
  draftRelease,
  draftSale,
  type LeaseDraft,
  type LeaseRefusal,
} from '@causeway/schema/stock/lease/device'
import type { SignedLeaseEntry } from '@causeway/schema/stock/lease/entry'
import type { StoredWork } from '../outbox/outbox.ts'
import type { StorageWrite, UserStorage } from '../storage/port.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { LeaseClock } from './clock.ts'
import { drawsOf, type LeaseDraw, type PlannedDraw } from './draw.ts'
import {
  afterClose,
  afterLending,
  afterOrder,
  canClose,
  concernsLeases,
  heldById,
  orderIdOf,
  type Settled,
} from './fates.ts'
import type { DeviceKey, DeviceKeys } from './keys.ts'
import { LeaseError } from './lease-error.ts'
import {
  type AskedLease,
  askIdOf,
  type HeldLease,
  type LeaseRecord,
  loadRecords,
  putRecord,
  removeRecord,
} from './record.ts'

export interface LeaseBookOptions {
  readonly storage: UserStorage
  readonly tabs: Tabs
  readonly keys: DeviceKeys
  readonly reading: () => ClockReading
  readonly onChange: () => void
}

/** `along` goes into the same commit. */
export type Put<Result = void> = (along: readonly StorageWrite[]) => Promise<Result>

export class LeaseBook {
  readonly clock: LeaseClock
  readonly #options: LeaseBookOptions
  #records: ReadonlyMap<string, LeaseRecord> = new Map()

  constructor(options: LeaseBookOptions) {
    this.#options = options
    this.clock = new LeaseClock(options.storage, options.reading)
    options.tabs.onMessage((message) => {
      if (isNews(message)) void this.refresh().catch(() => {})
    })
    options.tabs.onMissed(() => void this.refresh().catch(() => {}))
  }

  async load(): Promise<void> {
    await this.clock.load()
    this.#records = await loadRecords(this.#options.storage, this.#records)
  }

  /** Asked for, and not known to be lent. */
  get asked(): readonly AskedLease[] {
    return [...this.#records.values()].filter((record) => record.state === 'asked')
  }

  /** In order of asking. */
  get held(): readonly HeldLease[] {
    return [...this.#records.values()].filter((record) => record.state === 'held')
  }

  find(askId: string): HeldLease | undefined {
    return this.held.find((one) => one.askId === askId)
  }

  /** A region has said what time it is. */
  anchor(regionMs: number): void {
    this.clock.anchor(regionMs, this.#records.size > 0)
  }

  /** What another page has done to them. */
  async refresh(): Promise<void> {
    await this.#alone(async () => {})
    this.#options.onChange()
  }

  /** A lease is about to be asked for: its key is kept together with the command that asks. */
  async ask<Result>(command: AskedLease['command'], key: DeviceKey, put: Put<Result>): Promise<Result> {
    return await this.#alone(async () => {
      const record: AskedLease = { state: 'asked', key, command, askedAt: this.clock.reading() }
      const result = await put(putRecord(record, 0))
      this.#adopt([record], [])
      return result
    })
  }

  /** Takes an order's units from what `plan` says of the leases as they stand. Throws LeaseError where one does not sell. */
  async sell<Result>(
    order: string,
    plan: (sellable: readonly HeldLease[]) => readonly PlannedDraw[],
    put: (along: readonly StorageWrite[], draws: readonly LeaseDraw[]) => Promise<Result>,
  ): Promise<Result> {
    return await this.#alone(async () => {
      const records: HeldLease[] = []
      const draws: LeaseDraw[] = []
      for (const { askId, sku, units } of plan(this.held.filter((one) => this.clock.isSelling(one)))) {
        const held = this.find(askId)
        if (held === undefined) continue
        const sold = await this.#append(held, draftSale(this.clock.timed(held), { order, units }, this.clock.reading()))
        records.push({ ...sold, waiting: [...sold.waiting.filter((id) => id !== order), order] })
        draws.push({ id: sold.lease.terms.id, sku, units, upTo: sold.lease.chain.length })
      }
      const result = await put(this.#writesOf(records, []), draws)
      this.#adopt(records, [])
      return result
    })
  }

  /** True where an order has units of a lease. */
  holds(order: string): boolean {
    return this.held.some(({ lease }) => (lease.orders[order] ?? 0) > 0)
  }

  /** Nothing more is sold from it. */
  async stop(askId: string): Promise<void> {
    await this.#alone(async () => {
      const held = this.find(askId)
      if (held === undefined || held.isClosing) return
      const stopped: HeldLease = { ...held, isClosing: true }
      await this.#options.storage.commit(this.#writesOf([stopped], []))
      this.#adopt([stopped], [])
    })
  }

  /** Signs the close of a lease whose orders all have their outcome, where that was not done; false where it must wait. */
  async close(askId: string, put: Put<unknown>): Promise<boolean> {
    return await this.#alone(async () => {
      const held = this.find(askId)
      if (held === undefined || !canClose(held)) return false
      const closed = await this.#append(held, draftClose(this.clock.timed(held), this.clock.reading()))
      await put(this.#writesOf([closed], []))
      this.#adopt([closed], [])
      return true
    })
  }

  /** Stores outcomes together with what they mean for leases; told once more where that found no room, or an outcome is told twice. */
  async storing(works: readonly StoredWork[], put: Put): Promise<void> {
    const settled = works.map(({ entry }) => entry).filter(concernsLeases)
    if (settled.length === 0) return await put([])
    await this.#alone(async () => {
      const { changed, gone } = await this.#fatesOf(settled)
      await put(this.#writesOf(changed, gone))
      this.#adopt(changed, gone)
    })
  }

  /** Of one lease, entries from a number on, or what no region is known to have; undefined where the lease is not held any more. */
  async entriesOf(id: string, upTo: number, from: number | null): Promise<readonly SignedLeaseEntry[] | undefined> {
    // In turn: an order may be on its way before the page that sold it has taken in its own step.
    return await this.#alone(async () => {
      const held = heldById(this.#records, id)
      if (held === undefined) return undefined
      const { chain, confirmed } = held.lease
      const entries = chain.slice((from ?? confirmed + 1) - 1, upTo)
      return entries.length > 0 ? entries : chain.slice(Math.max(0, upTo - 1), upTo)
    })
  }

  async #fatesOf(settled: readonly Settled[]): Promise<{ changed: readonly LeaseRecord[]; gone: readonly string[] }> {
    const records = new Map(this.#records)
    const changed = new Set<string>()
    const put = (askId: string, record: LeaseRecord | null) => {
      changed.add(askId)
      if (record === null) records.delete(askId)
      else records.set(askId, record)
    }
    for (const { command, outcome } of settled) {
      const asked = records.get(command.id)
      if (command.name === 'leaseStock' && asked?.state === 'asked')
        put(
          command.id,
          afterLending(asked, outcome, (askedAt, opensAt) => this.clock.timeSince(askedAt, opensAt)),
        )
      const closed = command.name === 'closeLease' ? heldById(records, orderIdOf(command)) : undefined
      if (closed !== undefined) put(closed.askId, afterClose(closed, outcome))
      for (const draw of drawsOf(command)) {
        const held = heldById(records, draw.id)
        if (held === undefined) continue
        const order = orderIdOf(command)
        const { record, release } = afterOrder(held, order, draw, outcome)
        put(held.askId, release ? await this.#release(record, order) : record)
      }
    }
    const ids = [...changed]
    return {
      changed: ids.flatMap((id) => records.get(id) ?? []),
      gone: ids.filter((id) => !records.has(id)),
    }
  }

  async #release(held: HeldLease, order: string): Promise<HeldLease> {
    return await this.#append(held, draftRelease(this.clock.timed(held), order, this.clock.reading()))
  }

  async #append(held: HeldLease, draft: LeaseDraft | LeaseRefusal): Promise<HeldLease> {
    if ('refused' in draft) throw new LeaseError(draft.refused, draft.message)
    const { keys } = this.#options
    const [signature, hash] = await Promise.all([keys.sign(held.key.secret, draft.bytes), keys.sha256(draft.bytes)])
    return { ...held, lease: appendEntry(held.lease, draft, encodeBase64url(signature), toHex(hash)) }
  }

  #writesOf(changed: readonly LeaseRecord[], gone: readonly string[]): readonly StorageWrite[] {
    return [
      ...changed.flatMap((record) => {
        const before = this.#records.get(askIdOf(record))
        return putRecord(record, before?.state === 'held' ? before.lease.chain.length : 0)
      }),
      ...gone.flatMap(removeRecord),
    ]
  }

  /** What was stored stands; the other pages look it up. */
  #adopt(changed: readonly LeaseRecord[], gone: readonly string[]): void {
    if (changed.length === 0 && gone.length === 0) return
    const records = new Map(this.#records)
    for (const record of changed) records.set(askIdOf(record), record)
    for (const askId of gone) records.delete(askId)
    this.#records = records
    this.#options.tabs.tell({ leases: 'moved' })
    this.#options.onChange()
  }

  /** One at a time among the pages of this storage, each from what the one before has stored. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const { tabs, storage } = this.#options
    return tabs.exclusively(async () => {
      if (storage.sharedAs !== undefined) this.#records = await loadRecords(storage, this.#records)
      return await work()
    })
  }
}

function isNews(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'leases' in message
}
