// Looks at leases that commits tell of, and raises an incident where a device has signed two chains: it was copied, or lost
// its storage and began anew. The entries stay in the lease's document as proof, in every region. And one where a device told
// this region of a sale after its lease was ended without it.

import type { Store } from '@causeway/db/store'
import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { Commit, CommitEvent } from '@causeway/schema/commit/commit'
import { type LeaseView, leaseKind, oversold } from '@causeway/schema/documents/lease/kind'
import { lateSaleEvent } from '@causeway/schema/documents/lease/record'
import { noReads } from '../committer/flush.ts'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Ports } from '../ports.ts'

export interface LeaseWatchSetting {
  readonly region: RegionId
  readonly store: Pick<Store, 'load' | 'find'>
  readonly incidents: Pick<IncidentBook, 'raise'>
  readonly ports: Pick<Ports, 'logger' | 'timers'>
}

const entryFact = `${leaseKind.name}.entry`
/** Until the store is asked again, where it could not tell or could not keep the incident. */
const retryMs = 2_000
const leasesAtStart = 500
/** Orders named in an incident; the chain itself holds them all. */
const maximumNamed = 50

export class LeaseWatch {
  readonly #setting: LeaseWatchSetting
  readonly #waiting = new Set<string>()
  /** Events of this region's own commits. */
  readonly #late: CommitEvent[] = []
  #isLooking = false
  #stopped = false

  constructor(setting: LeaseWatchSetting) {
    this.#setting = setting
  }

  /** Of commits that have become durable here. */
  durable(commits: readonly Pick<Commit, 'events' | 'origin'>[]): void {
    for (const { events, origin } of commits) {
      for (const event of events) {
        if (event.type === entryFact) this.#waiting.add(event.entityId)
        if (event.type === lateSaleEvent && regionOf(origin) === this.#setting.region) this.#late.push(event)
      }
    }
    if (this.#waiting.size + this.#late.length > 0) void this.#look()
  }

  /** Looks at the newest leases once: a node may have gone between a commit and its look. */
  async start(): Promise<void> {
    const { store, ports } = this.#setting
    try {
      const found = await store.find({ kind: leaseKind.name, first: leasesAtStart, descending: true })
      for (const { document } of found) this.#waiting.add(document.id)
      await this.#look()
    } catch (error) {
      ports.logger.warn({ error: String(error) }, 'leases could not be looked at when this node began to lead')
    }
  }

  stop(): void {
    this.#stopped = true
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#stopped) return
    this.#isLooking = true
    const { store, incidents, ports } = this.#setting
    try {
      for (let late = this.#late[0]; late !== undefined && !this.#stopped; late = this.#late[0]) {
        for (const order of ordersOf(late)) await incidents.raise(describeLate(late, order))
        this.#late.shift()
      }
      while (this.#waiting.size > 0 && !this.#stopped) {
        const ids = [...this.#waiting]
        const { documents } = await store.load({
          ...noReads,
          documents: ids.map((id) => ({ kind: leaseKind.name, id })),
        })
        for (const { id, state } of documents) {
          const lease = leaseKind.view(id, state)
          if (lease !== undefined && lease.fold.forks.length > 0) await incidents.raise(describeFork(lease))
        }
        for (const id of ids) this.#waiting.delete(id)
      }
    } catch (error) {
      ports.logger.warn({ error: String(error) }, 'leases could not be looked at; trying again')
      ports.timers.after(retryMs, () => void this.#look())
    } finally {
      this.#isLooking = false
    }
  }
}

function ordersOf({ data }: CommitEvent): readonly string[] {
  return Array.isArray(data.orders) ? data.orders.map(String) : []
}

function describeLate({ entityId, data }: CommitEvent, order: string) {
  return {
    kind: 'salvage' as const,
    subject: `${entityId}:${order}`,
    entityIds: [entityId, order],
    detail:
      `The device ${String(data.deviceId)} has sold ${String(data.sku)} for order ${order} from lease ${entityId}, and told it after the lease was ` +
      'ended without it: the order was refused, and the units are on sale again or sold, though the goods have most likely left ' +
      'the house. Place the order again or have the goods brought back, count what is there, and resolve this incident.',
  }
}

/** One incident a lease: after the first fork nothing more of it is taken but what is under way. */
function describeFork({ id, deviceId, sku, fold }: LeaseView) {
  const [number = 0] = fold.forks
  const named = new Set<string>()
  for (const { entry } of fold.links.values()) if (entry.number >= number && entry.order !== '') named.add(entry.order)
  const beyond = oversold(fold)
  const lost =
    beyond === 0
      ? ''
      : ` Together they sold ${beyond} units more than were lent: some of these orders cannot be served.`
  return {
    kind: 'equivocation' as const,
    subject: id,
    entityIds: [id, ...[...named].slice(0, maximumNamed)],
    detail:
      `The device ${deviceId} has signed two entries ${number} of lease ${id} of ${sku}: it was copied, or has lost its storage.` +
      `${lost} Its entries are kept as proof, and nothing more of this lease is taken. Look at the orders named; then end the ` +
      'lease by closeLease with withoutDevice, and give the device another key.',
  }
}
