// What follows from a lease's facts: its terms, how far its chain goes and whether it forks, what is sold, and what has
// come back. A pure function of the set of facts. Signatures were checked when the facts were taken (validity, S6).

import type { Origin, RegionId } from '../../clock/origin.ts'
import { CodecError } from '../../commit/bytes.ts'
import { findEntryFlaw, type LeaseEntry, readEntry } from '../../stock/lease/entry.ts'
import type { CommitPlace } from '../command.ts'
import { type EntryFact, isOf, type LeaseRecord, type OpenedFact } from './facts.ts'

/** A link of the chain that stands where it belongs. */
export interface ChainLink {
  readonly hash: string
  readonly entry: LeaseEntry
  readonly before: ChainLink | null
}

export interface LeaseFold {
  /** The standing opening: of several the earliest. */
  readonly opened: OpenedFact
  /** The latest that any opening promised, so that a device is never told less than it heard first. */
  readonly expiresAt: number
  readonly region: RegionId
  readonly openings: readonly OpenedFact[]
  /** By hash. */
  readonly links: ReadonlyMap<string, ChainLink>
  /** The longest chain's last link; null before the first entry. */
  readonly last: ChainLink | null
  /** Numbers at which the device has signed two entries: it was cloned, or lost its storage. */
  readonly forks: readonly number[]
  /** Units out and units taken back by the chain, every branch of a forked one counted. */
  readonly sold: number
  readonly released: number
  /** Units by order, what was taken back subtracted. */
  readonly orders: ReadonlyMap<string, number>
  /** By the origin that had lent them: units that were taken back. */
  readonly returned: ReadonlyMap<Origin, number>
  /** Nothing more of the chain is taken. */
  readonly ended: boolean
  /** The commits that have told so. */
  readonly ends: readonly CommitPlace[]
}

/** Undefined where nobody has opened it. `records` come in the order of `readLeaseFacts`. */
export function foldLease(records: readonly LeaseRecord[]): LeaseFold | undefined {
  const openings = records.filter((record) => isOf(record, 'opened'))
  const [first] = openings
  if (first === undefined) return undefined
  const opened = first.fact
  const links = linkEntries(records, opened)
  const returned = new Map<Origin, number>()
  const ends: CommitPlace[] = []
  for (const record of records) {
    if (isEnd(record, links)) ends.push({ origin: record.fact.origin, time: record.time })
    if (isOf(record, 'returned')) addTo(returned, record.fact.holder ?? record.fact.origin, record.fact.units)
  }
  let last: ChainLink | null = null
  const children = new Map<string, { readonly number: number; readonly count: number }>()
  for (const link of links.values()) {
    if (last === null || link.entry.number > last.entry.number) last = link
    const { number, previous } = link.entry
    children.set(previous, { number, count: (children.get(previous)?.count ?? 0) + 1 })
  }
  const forks = [...children.values()].flatMap(({ number, count }) => (count > 1 ? [number] : []))
  return {
    opened,
    expiresAt: Math.max(...openings.map(({ fact }) => fact.expiresAt)),
    region: first.region,
    openings: openings.map(({ fact }) => fact),
    links,
    last,
    forks: forks.sort((left, right) => left - right),
    ...sumUp(links),
    returned,
    ended: ends.length > 0,
    ends,
  }
}

function isEnd(record: LeaseRecord, links: ReadonlyMap<string, ChainLink>): boolean {
  if (isOf(record, 'ended')) return true
  return isOf(record, 'entry') && links.get(hashIn(record.fact))?.entry.step === 'close'
}

/** As `entryId` has put it there. */
function hashIn({ id }: EntryFact): string {
  return id.slice(id.lastIndexOf(':') + 1)
}

/** Those of the standing key that follow one another from the beginning. */
function linkEntries(records: readonly LeaseRecord[], opened: OpenedFact): ReadonlyMap<string, ChainLink> {
  const entries = new Map<string, LeaseEntry>()
  for (const record of records) {
    if (!isOf(record, 'entry') || record.fact.publicKey !== opened.publicKey) continue
    const entry = readQuietly(record.fact.payload)
    if (entry !== null) entries.set(hashIn(record.fact), entry)
  }
  const links = new Map<string, ChainLink>()
  // By number, so that whatever a link follows has been looked at before it.
  for (const [hash, entry] of [...entries].sort(([, left], [, right]) => left.number - right.number)) {
    const before = entry.number === 1 ? null : links.get(entry.previous)
    if (before === undefined || entry.sku !== opened.sku) continue
    if (findEntryFlaw(before?.entry ?? null, entry, opened.units) === null) links.set(hash, { hash, entry, before })
  }
  return links
}

function readQuietly(payload: string): LeaseEntry | null {
  try {
    return readEntry(payload)
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}

function sumUp(links: ReadonlyMap<string, ChainLink>): Pick<LeaseFold, 'sold' | 'released' | 'orders'> {
  const sold = new Map<string, number>()
  const takenBack = new Map<string, number>()
  for (const { entry, before } of links.values()) {
    if (entry.step === 'sale') addTo(sold, entry.order, entry.sold - (before?.entry.sold ?? 0))
    if (entry.step === 'release') addTo(takenBack, entry.order, entry.released - (before?.entry.released ?? 0))
  }
  let allSold = 0
  let released = 0
  const orders = new Map<string, number>()
  for (const [order, units] of sold) {
    // Two branches that take the same sale back would make units.
    const back = Math.min(units, takenBack.get(order) ?? 0)
    allSold += units
    released += back
    orders.set(order, units - back)
  }
  return { sold: allSold, released, orders }
}

function addTo<Key>(sums: Map<Key, number>, key: Key, units: number): void {
  sums.set(key, (sums.get(key) ?? 0) + units)
}
