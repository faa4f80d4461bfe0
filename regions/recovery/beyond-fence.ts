// What a fenced origin wrote beyond its fence and brings with it when it returns (S7), in the region that has taken over what it
// left behind: orders whose units are there are placed again, and whatever else it says is told to the operators. Nothing of it
// is applied as it stands.

import type { Origin } from '@causeway/schema/clock/origin'
import { CodecError } from '@causeway/schema/commit/bytes'
import { readCommit } from '@causeway/schema/commit/codec'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import { counted, plural } from '@causeway/schema/counted'
import type { PlacedFact } from '@causeway/schema/documents/order/facts'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { fencedEvent, retiredEvent } from '@causeway/schema/fence/fence-log'
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
  readonly membership: Pick<Membership, 'isHeirOf'>
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
const silent: ReadonlySet<string> = new Set([
  ...[acknowledgedEvent, fencedEvent],
  ...['command.accepted', 'command.refused', 'stock.given'],
])

/** Nor does it say anything that a region takes over what it wrote in an earlier life: the one that it goes on with does so. */
function isSilent({ type, data }: Told): boolean {
  return silent.has(type) || (type === retiredEvent && data.before !== null)
}

const placedEvent = 'order.placed'
const createdEvent = 'customer.created'

type Told = Pick<Commit['events'][number], 'type' | 'entityId' | 'data'>
/** What a commit says. */
type Said = Pick<Commit, 'events' | 'outcomes'>

interface Waiting {
  readonly commit: SealedCommit
  readonly isLast: boolean
}

export class BeyondFence {
  readonly #setting: BeyondFenceSetting
  /** Sequences that this node has taken, by origin. */
  readonly #taken = new Map<Origin, Set<number>>()
  /** Bounded by what is taken. After a restart they come again with the next link. */
  #waiting: Waiting[] = []
  /** Of this region's own log; bounded by what may be carried over behind a snapshot. */
  #left: readonly SealedCommit[] = []
  #isWorking = false
  #cancel: (() => void) | null = null
  #stopped = false

  constructor(setting: BeyondFenceSetting) {
    this.#setting = setting
  }

  /** Commits that the gate let go because of a fence. The link that brought them does not wait for what becomes of them. */
  take(commits: readonly SealedCommit[]): void {
    const { membership } = this.#setting
    for (const commit of commits) {
      if (!membership.isHeirOf(commit.origin)) continue
      const taken = this.#taken.get(commit.origin) ?? new Set()
      if (taken.has(commit.firstSequence) || taken.size > maximumTold) continue
      this.#waiting.push({ commit, isLast: taken.size === maximumTold })
      this.#taken.set(commit.origin, taken.add(commit.firstSequence))
    }
    void this.#work()
  }

  /**
   * What this region itself holds beyond the end of its own log, or wrote on top of it, and is about to be left behind (C10).
   * The incident stands before it is gone; what can be is placed again once this region has taken over what it wrote before.
   */
  async leave(commits: readonly SealedCommit[]): Promise<void> {
    const [first] = commits
    if (first === undefined) return
    const events = commits.flatMap((commit) => saidBy(commit)?.events ?? [])
    const idsIn = (wanted: string) => events.flatMap(({ type, entityId }) => (type === wanted ? [entityId] : []))
    const { origin, firstSequence } = first
    await this.#setting.incidents.raise({
      kind: 'salvage',
      subject: `left:${origin}:${firstSequence}`,
      entityIds: [...new Set([...idsIn(placedEvent), ...idsIn(createdEvent)])].slice(0, maximumNamed),
      detail: `This region was restored from a copy that holds more of its log than the others had agreed on when it was restored before. It begins anew from what they hold, and leaves behind ${counted(commits.length, 'commit')}, from ${origin}:${firstSequence} on. Orders among them are placed again where their units are there; what cannot be is told by incidents of its own. Customers that were created in them are gone, with what is personal of them: ask them again. Where the region was stopped meanwhile, look whether these orders are there. Then resolve this incident.`,
    })
    this.#left = [...this.#left, ...commits]
  }

  /** Of what was left behind, what belongs to what this region has taken over by now. */
  inherited(): void {
    const { membership } = this.#setting
    const due = this.#left.filter(({ origin }) => membership.isHeirOf(origin))
    this.#left = this.#left.filter(({ origin }) => !membership.isHeirOf(origin))
    if (due.length > 0) this.take(due)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  /** All that waits, in passes: one that cannot be looked at keeps none behind it from being placed. */
  async #work(): Promise<void> {
    if (this.#isWorking || this.#cancel !== null) return
    this.#isWorking = true
    const stuck: Waiting[] = []
    let failure: unknown
    for (let next = this.#waiting.shift(); next !== undefined && !this.#stopped; next = this.#waiting.shift()) {
      try {
        await this.#look(next.commit, next.isLast)
      } catch (error) {
        failure = error
        stuck.push(next)
      }
    }
    this.#isWorking = false
    this.#waiting = stuck
    if (stuck.length > 0 && !this.#stopped) this.#tryAgain(stuck.length, failure)
  }

  #tryAgain(commits: number, error: unknown): void {
    const { ports } = this.#setting
    ports.logger.warn(
      { commits, error: String(error) },
      'what lies beyond a fence could not be looked at; trying again',
    )
    this.#cancel = ports.timers.after(retryMs, () => {
      this.#cancel = null
      void this.#work()
    })
  }

  async #look(commit: SealedCommit, isLast: boolean): Promise<void> {
    const said = saidBy(commit)
    const { events, outcomes } = said ?? { events: [], outcomes: [] }
    const left: Told[] = []
    const reasons: string[] = []
    let merged = 0
    for (const event of events) {
      if (isSilent(event)) continue
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
    const what =
      told === undefined
        ? 'which cannot be read'
        : `${counted(told.length, 'event')} that ${plural(told.length, 'stays', 'stay')} out`
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
