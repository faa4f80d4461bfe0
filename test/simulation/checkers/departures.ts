// Who has left and where each log that was ended ends (S7), from what commits say of it and nothing else; and, once all is quiet,
// that nothing is missing but what lies behind such an end or went with the disk of a restored region. What a region that came
// back had written beyond its end is placed again, or told to the operators of who took it over.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import { compareTimes, type HybridTime } from '@causeway/schema/clock/hybrid-clock'
import { incarnationOf, type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { covers, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { fencedEvent, retiredEvent } from '@causeway/schema/fence/fence-log'
import { isLeaseHolder } from '@causeway/schema/stock/lease/holder'
import type { History, Written } from './history.ts'
import { unitsLeft } from './stock-watch.ts'
import { Violation } from './violation.ts'

/** One region's word about regions that are to leave, and how far it held what they wrote. */
interface Word {
  readonly by: RegionId
  readonly about: readonly RegionId[]
  readonly held: VersionVector
  /** An operator has said that fewer than a majority may stay. */
  readonly isOverriding: boolean
  /** When; null of a word about what others retire. */
  readonly retiredAt: HybridTime | null
}

/**
 * Regions with every incarnation; the earlier ones of a region that goes on are told with a number (W8). `isUndone`: nobody can know any
 * more that this was said about the region.
 */
export function wordsOf(
  log: readonly Written[],
  isUndone: (said: Written, about: string) => boolean = () => false,
): readonly Word[] {
  return log.flatMap((written) =>
    written.commit.events.flatMap(({ type, data }): Word[] => {
      if (type !== retiredEvent && type !== fencedEvent) return []
      const targets = data.targets as readonly string[]
      const about = targets.map((target) => target.replace(/!$/, '')).filter((target) => !isUndone(written, target))
      const isOverriding = data.overrides === true || targets.some((target) => target.endsWith('!'))
      const { origin, time } = written.commit
      const retiredAt = type === retiredEvent ? time : null
      return [{ by: regionOf(origin), about, held: data.held as VersionVector, isOverriding, retiredAt }]
    }),
  )
}

/**
 * The most that have left together or one after the other: all who stay have said a word about each of them. One of the last two is
 * no majority: it says a word about both others where they retire each other, and goes on alone only where an operator has said so; else the lower retire of the two stands.
 */
export function leftOf(words: readonly Word[], members: readonly RegionId[]): readonly RegionId[] {
  const named = members.filter((member) => words.some(({ about }) => about.includes(member)))
  const sets: (readonly RegionId[])[] = [[]]
  for (const member of named) sets.push(...sets.map((set) => [...set, member]))
  const isAgreed = (set: readonly RegionId[]) =>
    set.length < members.length &&
    (members.length - set.length > 1 || isAlone(words, set)) &&
    members.every((member) => {
      if (set.includes(member)) return true
      return set.every((gone) => words.some(({ by, about }) => by === member && about.includes(gone)))
    })
  const agreed = sets
    .filter(isAgreed)
    .sort((one, other) => other.length - one.length || compareFirst(words, one, other))
  return agreed[0] ?? []
}

/** By the lowest retire of any in each. */
function compareFirst(words: readonly Word[], one: readonly RegionId[], other: readonly RegionId[]): number {
  const first = (set: readonly RegionId[]) => {
    const retires = words.flatMap(({ by, about, retiredAt: time }) =>
      time !== null && about.some((region) => set.includes(region)) ? [{ by, time }] : [],
    )
    return retires.sort((left, right) => compareTimes(left.time, right.time) || (left.by < right.by ? -1 : 1))[0]
  }
  const [left, right] = [first(one), first(other)]
  if (left === undefined || right === undefined) return 0
  return compareTimes(left.time, right.time) || (left.by < right.by ? -1 : left.by > right.by ? 1 : 0)
}

function isAlone(words: readonly Word[], set: readonly RegionId[]): boolean {
  return (
    set.length === 0 || words.some(({ about, isOverriding }) => isOverriding && about.some((one) => set.includes(one)))
  )
}

export interface Departures {
  readonly history: History
  readonly members: readonly RegionId[]
  /** Who belongs to the cluster in the end, and who left and runs again. */
  readonly staying: readonly RegionId[]
  readonly returned: readonly RegionId[]
  /** Regions that went on with an older copy of their disk. */
  readonly restored: ReadonlySet<RegionId>
  readonly databaseOf: (region: RegionId) => MemoryDatabase
  /** See `wordsOf`. */
  readonly isUndone: (said: Written, about: string) => boolean
}

/** What may be missing of: its region has left, or has begun anew and lost with its disk what it had told nobody. */
export function mayLack({ staying, databaseOf }: Departures, origin: Origin): boolean {
  const region = regionOf(origin)
  const [first] = staying
  if (first === undefined || !staying.includes(region)) return true
  return Object.keys(databaseOf(first).head.frontier).some(
    (other) => regionOf(other) === region && incarnationOf(other) > incarnationOf(origin),
  )
}

/** A token of what nobody who stays has, and need not have. */
export function mayBeLost(departures: Departures, token: VersionVector): boolean {
  const { frontier } = departures.databaseOf(departures.staying[0] ?? '').head
  const beyond = Object.keys(token).filter((origin) => sequenceOf(token, origin) > sequenceOf(frontier, origin))
  return beyond.length > 0 && beyond.every((origin) => mayLack(departures, origin))
}

/** As `region` shows it, which stays. */
export function checkDepartures(departures: Departures, region: RegionId, log: readonly Written[]): void {
  const { history, members, staying, databaseOf, isUndone } = departures
  const { head, stock } = databaseOf(region)
  const words = wordsOf(log, isUndone)
  const left = leftOf(words, members)
  const wanted = members.filter((member) => !staying.includes(member))
  if ([...left].sort().join() !== [...wanted].sort().join())
    throw new Violation('S7', `by what was said ${left.join() || 'nobody'} has left, and ${wanted.join()} stays away`)
  for (const { sealed } of history.all) {
    const { origin, lastSequence } = sealed
    if (lastSequence > sequenceOf(head.frontier, origin) && !mayLack(departures, origin))
      throw new Violation('W2', `${region} lacks ${origin}:${lastSequence}, which its region still has`)
  }
  const origins = new Set(history.all.map(({ sealed }) => sealed.origin).filter((one) => left.includes(regionOf(one))))
  for (const origin of origins) {
    const end = Math.max(0, ...words.map(({ held }) => sequenceOf(held, origin)))
    const held = sequenceOf(head.frontier, origin)
    if (held !== end) throw new Violation('S7', `${region} holds ${origin} up to ${held}; it was to end at ${end}`)
  }
  const rows = [...stock.values()]
  for (const row of rows) {
    const { sold, released, shipped, given } = row.cells
    const reserved = sold - released - shipped
    // What came back of the leases that it had lent is released in its row, and was sold in theirs.
    const lent = Object.entries(given).reduce((sum, [to, lending]) => sum + (isLeaseHolder(to) ? lending : 0), 0)
    const units = unitsLeft(
      row,
      rows.filter(({ sku }) => sku === row.sku),
    )
    if (origins.has(row.holder) && (units !== 0 || reserved > 0 || reserved < -lent))
      throw new Violation('S7', `${units} units of ${row.sku} of ${row.holder} are taken over by nobody`)
  }
}

/** Tokens that sessions carried: they fail where they cover what lies beyond an end, and nowhere else. */
export function checkTokens(
  departures: Departures,
  region: RegionId,
  tokens: Readonly<Record<'given' | 'lost', readonly VersionVector[]>>,
  isLost: (token: VersionVector) => boolean,
): void {
  const { frontier } = departures.databaseOf(region).head
  for (const token of tokens.lost)
    if (covers(frontier, token)) throw new Violation('S7', `TOKEN_LOST was said of ${JSON.stringify(token)}`)
  for (const token of tokens.given) {
    if (isLost(token) === covers(frontier, token))
      throw new Violation('S7', `${region} takes ${JSON.stringify(token)} for what it is not`)
    for (const origin in token)
      if (sequenceOf(token, origin) > sequenceOf(frontier, origin) && !mayLack(departures, origin))
        throw new Violation('W2', `an answer tells of ${origin}:${token[origin]}, which ${region} does not have`)
  }
}

/** Events that say nothing which anybody could miss. */
const silent = /^(origin\.(acknowledged|fenced)|stock\.given|command\.(accepted|refused))$/

/** What a region that came back had written beyond its end and is neither placed again nor told: it is still to come. */
export function unsalvaged({ history, staying, returned, databaseOf }: Departures): readonly string[] {
  const [first] = staying
  if (first === undefined) return []
  const { head, documents } = databaseOf(first)
  const incidents = staying.flatMap((region) => [...databaseOf(region).incidents.values()])
  const told = (where: string, id: string) =>
    incidents.some(
      ({ kind, detail, entityIds }) => kind === 'salvage' && detail.startsWith(where) && entityIds.includes(id),
    )
  return returned.flatMap((region) =>
    databaseOf(region).commits.flatMap(({ commit: sealed }) => {
      const { origin, firstSequence, lastSequence } = sealed
      if (regionOf(origin) !== region || lastSequence <= sequenceOf(head.frontier, origin)) return []
      const events = history.find(origin, firstSequence)?.commit.events ?? []
      return events.flatMap(({ type, entityId, data }) => {
        if (silent.test(type) || (type === retiredEvent && data.before !== null)) return []
        if (type === 'order.placed' && documents.has(`order/${entityId}`)) return []
        return told(`${origin} wrote ${firstSequence}..`, entityId)
          ? []
          : [`${origin}:${firstSequence} ${type} ${entityId}`]
      })
    }),
  )
}
