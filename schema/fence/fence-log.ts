// What commits have said of fences (S7): who retires what, and how far each member had applied what is to be fenced. Kept
// with the head of every region: a function of the set of applied commits, in whatever order they came. Decides nothing.

import { compareTimes, type HybridTime } from '../clock/hybrid-clock.ts'
import { incarnationOf, makeOrigin, type Origin, type RegionId, regionOf } from '../clock/origin.ts'
import type { VersionVector } from '../clock/version-vector.ts'
import type { Commit } from '../commit/commit.ts'
import { readOrder, type SignedOrder } from './order.ts'

/** The event of a commit that retires a region, or earlier incarnations of the one that writes it. */
export const retiredEvent = 'region.retired'
/** The event of a commit that says how far its origin has applied what is to be fenced, and will apply it no further. */
export const fencedEvent = 'origin.fenced'

/** What is to be fenced: a region with every incarnation that it ever had, or those of it that are older than one. */
export interface FenceTarget {
  readonly region: RegionId
  /** Null: the whole region, which is a member no more. Else its incarnations before this one, which takes them over. */
  readonly before: number | null
}

export interface Retire extends FenceTarget {
  /** Of its event. */
  readonly by: Origin
  readonly sequence: number
  readonly time: HybridTime
  /** An operator has said that it may be decided without a majority of the members. */
  readonly overrides: boolean
  /** Origins of the target that its writer knew of: rights may have been given to one that has never written. */
  readonly known: readonly Origin[]
  /**
   * Regions that decide it, the retired one among them: members as its writer knew them, and all that had written anything by
   * then. One that joins later is not asked. Null: whoever is configured.
   */
  readonly members: readonly RegionId[] | null
  /** Left out where its event has none. */
  readonly order?: SignedOrder
}

/** What a member has said of its own holdings. A retire is its writer's vote, too. */
export interface FenceVote {
  readonly by: Origin
  readonly sequence: number
  /** What it is about: all that it is to be decided together with. */
  readonly targets: readonly string[]
  /** The highest sequence that it had applied of each origin that is to be fenced. */
  readonly held: VersionVector
  /** Hex, of the commits at which that ends: an origin may have signed several logs (C6). */
  readonly hashes: Readonly<Record<Origin, string>>
}

/** Both in the order of (by, sequence). */
export interface FenceLog {
  readonly retires: readonly Retire[]
  readonly votes: readonly FenceVote[]
}

export const noFences: FenceLog = Object.freeze({ retires: Object.freeze([]), votes: Object.freeze([]) })

/** `us-east-1` for the region, `us-east-1@2` for what it wrote before its second incarnation. */
export function targetKey({ region, before }: FenceTarget): string {
  return before === null ? region : makeOrigin(region, before)
}

export function isTarget({ region, before }: FenceTarget, origin: Origin): boolean {
  return regionOf(origin) === region && (before === null || incarnationOf(origin) < before)
}

/** The log with what a commit says, and the very same one where it says nothing of fences. */
export function withFencesOf(
  log: FenceLog,
  {
    origin,
    firstSequence,
    time,
    clock,
    events,
  }: Pick<Commit, 'origin' | 'firstSequence' | 'time' | 'clock' | 'events'>,
): FenceLog {
  let next = log
  // Only these events' data is looked at: taking it apart beside the type would parse that of every event.
  events.forEach((event, index) => {
    const { type } = event
    if (type !== retiredEvent && type !== fencedEvent) return
    const { data } = event
    const place = { by: origin, sequence: firstSequence + index }
    const vote: FenceVote = {
      ...place,
      targets: textsOf(data.targets),
      held: vectorOf(data.held),
      hashes: hashesOf(data.hashes),
    }
    next = { ...next, votes: insert(next.votes, vote) }
    if (type === fencedEvent) return
    const target = { region: String(data.region), before: typeof data.before === 'number' ? data.before : null }
    const said = { overrides: data.overrides === true, known: textsOf(data.known) }
    const members = Array.isArray(data.members) ? membersOf(textsOf(data.members), origin, clock) : null
    const order = readOrder(data.order)
    const retire = { ...place, ...target, time, ...said, members, ...(order !== null && { order }) }
    next = { ...next, retires: insert(next.retires, retire) }
  })
  return next
}

/** By the first, then by the second. */
const mergedLogs = new WeakMap<FenceLog, WeakMap<FenceLog, FenceLog>>()

/**
 * What either of two logs tells; the first itself where the second adds nothing. Put together once for each two: a restored region goes by it
 * with every batch, and what follows from a log (`decideFences`) is remembered for that log alone.
 */
export function mergeFences(log: FenceLog, other: FenceLog): FenceLog {
  const known = mergedLogs.get(log) ?? new WeakMap<FenceLog, FenceLog>()
  mergedLogs.set(log, known)
  const merged = known.get(other) ?? merge(log, other)
  known.set(other, merged)
  return merged
}

function merge(log: FenceLog, other: FenceLog): FenceLog {
  const retires = other.retires.reduce(insert, log.retires)
  const votes = other.votes.reduce(insert, log.votes)
  return retires === log.retires && votes === log.votes ? log : { retires, votes }
}

/** What others have said of retiring `region`, its own words left out: nobody is retired by its own. */
export function wordsAbout({ retires, votes }: FenceLog, region: RegionId): readonly Pick<Retire, 'by' | 'sequence'>[] {
  const about = (targets: readonly string[]) => targets.some((target) => isAbout(target, region))
  return [
    ...retires.filter((retire) => retire.region === region && retire.before === null),
    ...votes.filter(({ targets }) => about(targets)),
  ].filter(({ by }) => regionOf(by) !== region)
}

/** The log as if nobody had ever retired `region`. What was said together with that about others stands. */
export function withoutRetiresOf(log: FenceLog, region: RegionId): FenceLog {
  const retires = log.retires.filter((retire) => retire.region !== region || retire.before !== null)
  const votes = log.votes.flatMap((vote) => {
    const targets = vote.targets.filter((target) => !isAbout(target, region))
    if (targets.length === vote.targets.length) return [vote]
    return targets.length === 0 ? [] : [{ ...vote, targets }]
  })
  return retires.length === 0 && votes.length === 0 ? noFences : { retires, votes }
}

/** The lower stands before the higher: by hybrid time, then region. */
export function compareRetires(left: Retire, right: Retire): number {
  return compareTimes(left.time, right.time) || comparePlaces(left, right)
}

function isAbout(target: string, region: RegionId): boolean {
  return target === region || target === `${region}!`
}

function insert<Item extends { readonly by: Origin; readonly sequence: number }>(
  items: readonly Item[],
  item: Item,
): readonly Item[] {
  const isKnown = items.some((known) => comparePlaces(known, item) === 0)
  return isKnown ? items : [...items, item].sort(comparePlaces)
}

function comparePlaces(
  left: { readonly by: Origin; readonly sequence: number },
  right: { readonly by: Origin; readonly sequence: number },
): number {
  if (left.by !== right.by) return left.by < right.by ? -1 : 1
  return left.sequence - right.sequence
}

/** Nobody is left out who had a part in what the retire stands on. */
function membersOf(named: readonly RegionId[], by: Origin, clock: VersionVector): readonly RegionId[] {
  return [...new Set([...named, regionOf(by), ...Object.keys(clock).map(regionOf)])].sort()
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function vectorOf(value: unknown): VersionVector {
  if (typeof value !== 'object' || value === null) return {}
  const entries = Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  return Object.fromEntries(entries)
}

function hashesOf(value: unknown): Readonly<Record<Origin, string>> {
  if (typeof value !== 'object' || value === null) return {}
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries)
}
