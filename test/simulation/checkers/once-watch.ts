// Looks at what each new commit does for a second time, or too early: a key answered by an origin that knows its answer
// (I1), a gift or a settlement made twice (S3, I2), a release beyond the reservation (S8), units released or credited
// before every member holds the reason (S8, I4). What is stable it knows by looking into every region, not from clocks.

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { Commit, CommitEvent } from '@causeway/schema/commit/commit'
import { itemOf, type OrderFact, type PlacedFact } from '@causeway/schema/documents/order/facts'
import type { History, Written } from './history.ts'
import { Violation } from './violation.ts'

interface Place {
  readonly origin: Origin
  readonly sequence: number
}

interface Leaving extends Place {
  readonly units: number
}

const giftPrefix = ':gift:'
const settledPrefix = ':settled:'

export class OnceWatch {
  readonly #history: History
  readonly #awaited: (commit: Commit) => readonly RegionId[]
  /** Origin and key → where the outcome stands. */
  readonly #outcomes = new Map<string, Place>()
  /** Keys that a region knows the outcome of. */
  readonly #known = new Map<RegionId, Set<string>>()
  /** Order and item → the fact, and where it stands. */
  readonly #facts = new Map<string, { readonly fact: OrderFact; readonly place: Place }>()
  /** By order. */
  readonly #claims = new Map<string, readonly PlacedFact[]>()
  /** Order, line and holder → what left the reservation, each time. */
  readonly #left = new Map<string, Leaving[]>()

  /** `awaited`: members without which nothing is stable, by what the writer of a commit knew. */
  constructor(history: History, awaited: (commit: Commit) => readonly RegionId[]) {
    this.#history = history
    this.#awaited = awaited
  }

  /** `applied` in order; `fresh` are those of them that the region has just written itself. */
  look(region: RegionId, applied: readonly Written[], fresh: readonly Written[]): void {
    const known = this.#known.get(region) ?? new Set<string>()
    this.#known.set(region, known)
    for (const written of applied) {
      if (fresh.includes(written)) this.#write(written.commit, known)
      for (const { key } of written.commit.outcomes) known.add(key)
    }
  }

  /** The region is on an older copy: it knows what that knows. */
  restored(region: RegionId): void {
    this.#known.delete(region)
  }

  #write(commit: Commit, known: ReadonlySet<string>): void {
    const { origin, lastSequence: sequence } = commit
    for (const { key, result, resent } of commit.outcomes) {
      const applied = (result.applied ?? []) as readonly { readonly received?: number; readonly returned?: number }[]
      if (resent && applied.some(({ received = 0, returned = 0 }) => received + returned > 0))
        throw new Violation('I4', `${origin} gives rights at once for ${key}, which was marked as sent again`)
      const at = `${origin} ${key}`
      if (this.#outcomes.has(at)) throw twice(key, origin)
      if (!key.startsWith(':') && known.has(key))
        throw new Violation('I1', `${origin} answers ${key} anew, though it holds an outcome of it`)
      this.#outcomes.set(at, { origin, sequence })
      if (key.startsWith(settledPrefix) && result.type === 'stock.credited')
        this.#requireStable(
          'I4',
          this.#outcomes.get(`${origin} ${key.slice(settledPrefix.length)}`),
          `units of ${key}`,
          commit,
        )
    }
    for (const event of commit.events) if (event.type.startsWith('order.')) this.#fact(commit, event)
  }

  #fact(commit: Commit, { entityId, data }: CommitEvent): void {
    const { origin, lastSequence: sequence } = commit
    const fact = data as unknown as OrderFact
    const at = `${entityId} ${itemOf(fact)}`
    if (fact.kind === 'settled') this.#settled(commit, entityId, fact)
    if (fact.kind === 'settled' && this.#facts.has(at))
      throw new Violation('I2', `${origin} settles ${fact.reason} twice`)
    this.#facts.set(at, { fact, place: { origin, sequence } })
    if (fact.kind === 'placed') this.#claims.set(entityId, [...(this.#claims.get(entityId) ?? []), fact])
  }

  #settled(commit: Commit, order: string, fact: Extract<OrderFact, { kind: 'settled' }>): void {
    // Behind a fence, whoever took the reservation over lets it go (S7).
    const { origin, holder = origin, reason, cells } = fact
    const why = this.#facts.get(`${order} ${reason.replace(/^late:/, '')}`)
    if (why?.fact.kind === 'cancelled' || why?.fact.kind === 'returned')
      this.#requireStable('S8', why.place, `what ${order} has reserved, for ${reason},`, commit)
    for (const cell of ['released', 'shipped'] as const) {
      for (const [line, units] of Object.entries(cells[cell] ?? {})) {
        const at = `${order} ${line} ${holder}`
        const leavings = this.#left.get(at) ?? []
        leavings.push({ origin, sequence: commit.lastSequence, units })
        this.#left.set(at, leavings)
        const left = leavings.reduce((sum, each) => sum + (isKnownTo(commit, each) ? each.units : 0), 0)
        const sold = this.#soldBy(holder, order, line)
        if (left > sold)
          throw new Violation(
            'S8',
            `${origin} lets ${left} units leave line ${line} of ${order}, of which ${holder} sold ${sold}`,
          )
      }
    }
  }

  /** Of a line; the name of one that a device has sold from a lease begins with the lease, and whoever lent that settles it. */
  #soldBy(holder: Origin, order: string, line: string): number {
    const named = (this.#claims.get(order) ?? []).flatMap(({ origin, lines }) =>
      lines.filter(({ id, lease }) =>
        lease === undefined
          ? origin === holder && id === line
          : lease.origin === holder && `${lease.id}/${id}` === line,
      ),
    )
    return Math.max(0, ...named.map(({ quantity }) => quantity))
  }

  #requireStable(rule: string, place: Place | undefined, what: string, by: Commit): void {
    for (const member of this.#awaited(by)) {
      if (place && sequenceOf(this.#history.everHeld(member), place.origin) >= place.sequence) continue
      throw new Violation(rule, `${by.origin} gives back ${what} though ${member} does not hold the reason yet`)
    }
  }
}

/** What went with a lost disk, or lies beyond a fence, whoever takes over does not know of, and has to do again. */
function isKnownTo({ origin, clock }: Commit, place: Place): boolean {
  return place.origin === origin || sequenceOf(clock, place.origin) >= place.sequence
}

function twice(key: string, origin: string): Violation {
  if (key.startsWith(giftPrefix)) return new Violation('S3', `${origin} gives for one request twice: ${key}`)
  if (key.startsWith(settledPrefix)) return new Violation('I2', `${origin} settles a key twice: ${key}`)
  return new Violation('I1', `${origin} answers ${key} twice`)
}
