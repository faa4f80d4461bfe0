// What a fenced origin wrote beyond its fence and brings with it when it returns (S7), in the region that has taken over what it
// left behind: orders whose units are there are placed again, and whatever else it says is told to the operators. Nothing of it
// is applied as it stands.

import type { Origin } from '@causeway/schema/clock/origin'
import { CodecError } from '@causeway/schema/commit/bytes'
import { readCommit } from '@causeway/schema/commit/codec'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import type { PlacedFact } from '@causeway/schema/documents/order/facts'
import { placeOrder } from '@causeway/schema/documents/order/place'
import type { SalvageOrderInput } from '@causeway/schema/fence/salvage'
import { acknowledgedEvent } from '@causeway/schema/stock/acknowledge'
import { findFactFlaw } from '@causeway/schema/validity/order-facts'
import { naturalKeyOf } from '../committer/keys.ts'
import type { Committed } from '../committer/pending.ts'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Ports } from '../ports.ts'
import type { Membership } from './membership.ts'

export interface BeyondFenceSetting {
  readonly incidents: Pick<IncidentBook, 'raise'>
  readonly membership: Pick<Membership, 'fencing'>
  readonly ports: Pick<Ports, 'timers' | 'logger'>
  /** Origins that have signed two logs: nothing of theirs is placed again. */
  readonly suspended: () => ReadonlySet<Origin>
  /** Runs it, with rights asked of peers where they are short. */
  readonly salvage: (input: SalvageOrderInput) => Promise<Committed>
}

/** Commits of one origin that are looked at one by one; of further ones nothing is told but that they are there. */
const maximumTold = 1_000
/** Entities that an incident names. */
const maximumNamed = 200
const retryMs = 2_000

/** Events that say nothing which anybody could miss: what was given beyond the fence was never counted. */
const silent: ReadonlySet<string> = new Set([acknowledgedEvent, 'command.accepted', 'command.refused', 'stock.given'])
const placedEvent = 'order.placed'

type Told = Pick<Commit['events'][number], 'type' | 'entityId' | 'data'>
/** What a commit says. */
type Said = Pick<Commit, 'events' | 'outcomes'>

export class BeyondFence {
  readonly #setting: BeyondFenceSetting
  /** Sequences that this node has taken, by origin. */
  readonly #taken = new Map<Origin, Set<number>>()
  /** Bounded by what is taken. After a restart they come again with the next link. */
  readonly #waiting: { readonly commit: SealedCommit; readonly isLast: boolean }[] = []
  #isWorking = false
  #cancel: (() => void) | null = null
  #stopped = false

  constructor(setting: BeyondFenceSetting) {
    this.#setting = setting
  }

  /** Commits that the gate let go because of a fence. The link that brought them does not wait for what becomes of them. */
  take(commits: readonly SealedCommit[]): void {
    const { estate } = this.#setting.membership.fencing
    for (const commit of commits) {
      if (!estate.includes(commit.origin)) continue
      const taken = this.#taken.get(commit.origin) ?? new Set()
      if (taken.has(commit.firstSequence) || taken.size > maximumTold) continue
      this.#waiting.push({ commit, isLast: taken.size === maximumTold })
      this.#taken.set(commit.origin, taken.add(commit.firstSequence))
    }
    void this.#work()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  async #work(): Promise<void> {
    if (this.#isWorking || this.#cancel !== null) return
    this.#isWorking = true
    try {
      for (let next = this.#waiting[0]; next !== undefined && !this.#stopped; next = this.#waiting[0]) {
        await this.#look(next.commit, next.isLast)
        this.#waiting.shift()
      }
    } catch (error) {
      const { ports } = this.#setting
      ports.logger.warn({ error: String(error) }, 'what lies beyond a fence could not be looked at; trying again')
      this.#cancel = ports.timers.after(retryMs, () => {
        this.#cancel = null
        void this.#work()
      })
    } finally {
      this.#isWorking = false
    }
  }

  async #look(commit: SealedCommit, isLast: boolean): Promise<void> {
    const said = saidBy(commit)
    const { events, outcomes } = said ?? { events: [], outcomes: [] }
    const left: Told[] = []
    const reasons: string[] = []
    let merged = 0
    for (const event of events) {
      if (silent.has(event.type)) continue
      const reason = await this.#salvage(commit, event, { events, outcomes })
      if (reason === null) merged += 1
      else left.push(event)
      if (reason !== null && event.type === placedEvent) reasons.push(`${event.entityId} (${reason})`)
    }
    const { origin, firstSequence } = commit
    if (merged > 0)
      this.#setting.ports.logger.warn(
        { origin, sequence: firstSequence, orders: merged },
        `orders that ${origin} placed beyond its fence are placed again`,
      )
    if (said === undefined || left.length > 0) await this.#tell(commit, said && left, reasons, isLast)
  }

  /** Null where the order stands; else why it does not, for what is no order: that it is none. */
  async #salvage(commit: SealedCommit, event: Told, { events, outcomes }: Said): Promise<string | null> {
    if (event.type !== placedEvent) return 'it places no order'
    const { origin, time } = commit
    if (this.#setting.suspended().has(origin)) return `${origin} has signed two logs`
    if (events.some(({ type, entityId }) => type === 'order.cancelled' && entityId === event.entityId))
      return 'it was cancelled there'
    const fact = placedFactOf(event, origin)
    if (fact === null) return 'it has not the shape of an order'
    const id = event.entityId
    const answered =
      outcomes.find((one) => one.accepted && one.command === placeOrder.name && one.result.id === id) ?? null
    const keys = answered === null ? naturalKeysOf(id, fact) : [answered.key]
    const ruled = await this.#setting.salvage({ id, from: origin, fact, atMs: time.wallMs, answered, keys })
    if (ruled.status === 'accepted') return null
    return ruled.status === 'pending' ? 'it cannot be told yet' : ruled.errors.map(({ message }) => message).join(' ')
  }

  async #tell(
    { origin, firstSequence, lastSequence }: SealedCommit,
    told: readonly Told[] | undefined,
    orders: readonly string[],
    isLast: boolean,
  ): Promise<void> {
    const entityIds = [...new Set(told?.map(({ entityId }) => entityId))].slice(0, maximumNamed)
    const named =
      orders.length > 0 ? ` Orders that cannot be placed again: ${orders.slice(0, maximumNamed).join(', ')}.` : ''
    const what = told === undefined ? 'which cannot be read' : `${told.length} events that stay out`
    const rest = isLast ? ` What ${origin} wrote after that is not told any more.` : ''
    await this.#setting.incidents.raise({
      kind: 'salvage',
      subject: `${origin}:${firstSequence}`,
      entityIds,
      detail: `${origin} wrote ${firstSequence}..${lastSequence} (${what}) beyond the end of its log, which the others agreed on when it was retired.${named} Do again what is to stand, tell the shoppers otherwise, and resolve this incident.${rest}`,
    })
  }
}

/** A customer who gave no key may have sent it again elsewhere. Who placed it for somebody else is not in the commit. */
function naturalKeysOf(id: string, { customerId }: PlacedFact): readonly string[] {
  const natural = placeOrder.naturalKey?.({ id, lines: [] })
  return customerId === null || natural === undefined ? [] : [naturalKeyOf(customerId, natural)]
}

function placedFactOf(event: Told, origin: Origin): PlacedFact | null {
  try {
    return findFactFlaw('placed', event.data, origin) === null ? (event.data as unknown as PlacedFact) : null
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}

function saidBy(commit: SealedCommit): Said | undefined {
  try {
    return readCommit(commit)
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
