// Looks for units that a device has signed to have sold for an order that no region has: a chain travels whole, so a sale is known as
// soon as a later one is told. Mostly the device tells the order a moment later. Where the order went with a disk after the
// device had been told that it stands, or was refused for a reason of its own, it never comes, and its units are held for nobody. A
// region cannot tell these apart and releases nothing by itself: the goods have most likely left the house. It tells operators.

import type { Store, StoredDocument } from '@causeway/db/store'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { type LeaseView, leaseKind, leaseSortKey } from '@causeway/schema/documents/lease/kind'
import { isOf } from '@causeway/schema/documents/order/facts'
import { type OrderView, orderKind } from '@causeway/schema/documents/order/kind'
import { noReads } from '../committer/flush.ts'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Ports } from '../ports.ts'

export interface UntoldSalesSetting {
  readonly region: RegionId
  readonly store: Pick<Store, 'load' | 'find'>
  readonly incidents: Pick<IncidentBook, 'raise'>
  readonly ports: Pick<Ports, 'clock' | 'timers' | 'logger'>
  /** Origins that this region has taken over: it settles what they had lent (S7). */
  readonly estate: () => readonly Origin[]
}

const minuteMs = 60_000
/** After a node began to lead, so that it looks soon after a restore and not while it is still catching up. */
const firstLookMs = minuteMs
const roundMs = 10 * minuteMs
/** What a device tells of an ended lease in so long is not waited for: it may still come, and then the incident is resolved. */
const graceMs = 15 * minuteMs
/** Leases that were opened before are not looked at any more; the longest is of 30 days. */
const lookBackMs = 45 * 24 * 60 * minuteMs
const leasesPerPage = 200
/** Leases that need no second look; behind more of them all are looked at again. */
const maximumDone = 50_000

export class UntoldSales {
  readonly #setting: UntoldSalesSetting
  /** Over, and each of their orders is there or was told, as of these heads: neither changes again. */
  readonly #done = new Map<string, string>()
  #cancel: (() => void) | null = null
  #isLeading = false

  constructor(setting: UntoldSalesSetting) {
    this.#setting = setting
  }

  start(): void {
    this.#isLeading = true
    this.#schedule(firstLookMs)
  }

  stop(): void {
    this.#isLeading = false
    this.#cancel?.()
    this.#cancel = null
  }

  #schedule(delayMs: number): void {
    this.#cancel?.()
    this.#cancel = this.#setting.ports.timers.after(delayMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { store, ports } = this.#setting
    const sortKey = leaseSortKey(Math.max(0, ports.clock.now() - lookBackMs))
    try {
      for (let after = { sortKey, id: '', rank: 0 }; this.#isLeading; ) {
        const page = await store.find({ kind: leaseKind.name, first: leasesPerPage, after, descending: false })
        for (const { document } of page) await this.#lookAt(document)
        const last = page.at(-1)?.document
        if (last === undefined || page.length < leasesPerPage) break
        after = { sortKey: last.index.sortKey, id: last.id, rank: 0 }
      }
    } catch (error) {
      ports.logger.warn({ error: String(error) }, 'leases could not be looked through for orders that never came')
    }
    if (this.#isLeading) this.#schedule(roundMs)
  }

  async #lookAt({ id: leaseId, state, heads }: StoredDocument): Promise<void> {
    const { region, store, incidents, ports, estate } = this.#setting
    if (this.#done.get(leaseId) === heads.join()) return
    const lease = leaseKind.view(leaseId, state)
    if (lease === undefined || !isOver(lease, ports.clock.now())) return
    const lender = lease.fold.opened.origin
    if (regionOf(lender) !== region && !estate().includes(lender)) return
    if (this.#done.size >= maximumDone) this.#done.clear()
    const sold = [...lease.fold.orders].flatMap(([id, units]) => (units > 0 ? [{ id, units }] : []))
    const documents = sold.map(({ id }) => ({ kind: orderKind.name, id }))
    const loaded = await store.load({ ...noReads, documents })
    const orders = new Map(loaded.documents.map(({ id, state }) => [id, orderKind.view(id, state)]))
    for (const { id, units } of sold)
      if (!isServed(orders.get(id), lease.id)) await incidents.raise(describe(lease, id, units))
    this.#done.set(leaseId, heads.join())
  }
}

/** Ended or run out, and nothing new was heard of it for a while. */
function isOver({ closed, expiresAt, records }: LeaseView, nowMs: number): boolean {
  const heardMs = Math.max(...records.map(({ time }) => time.wallMs))
  return (closed || expiresAt + graceMs < nowMs) && heardMs + graceMs < nowMs
}

/** By any claim: the units of one that does not stand are released where they were lent. */
function isServed(order: OrderView | undefined, lease: string): boolean {
  const placed = order?.facts.filter((record) => isOf(record, 'placed')) ?? []
  return placed.some(({ fact }) => fact.kind === 'placed' && fact.lines.some((line) => line.lease?.id === lease))
}

function describe({ id, deviceId, sku }: LeaseView, order: string, units: number) {
  return {
    kind: 'salvage' as const,
    subject: `${id}:untold:${order}`,
    entityIds: [id, order],
    detail:
      `The device ${deviceId} has signed that it sold ${units} of ${sku} for order ${order} from lease ${id}, and no region has that order: it was ` +
      'refused, went with a disk after the device had been told that it stands, or the device has yet to tell it. Its units are kept and are not for ' +
      'sale. Have the device go online, or place the order again with the chain of the lease (cancel it where the goods are still there), and ' +
      'resolve this incident.',
  }
}
