// What is said of fences and of rows that are taken over (S7), as whoever goes by it relies on it. Whether a row may be taken
// over follows from what is fenced in the causal past of the commit. Knows no commit.

import { incarnationOf, isOrigin, isRegionId, type Origin, type RegionId, regionOf } from '../clock/origin.ts'
import { sequenceOf } from '../clock/version-vector.ts'
import { CodecError } from '../commit/bytes.ts'
import type { Commit, CommitEvent } from '../commit/commit.ts'
import { isCallerId, stockId } from '../documents/ids.ts'
import { fencedEvent, isTarget, retiredEvent } from '../fence/fence-log.ts'
import { type Fence, type Fences, heightOf, reclaimerOf } from '../fence/fences.ts'
import { findOrderFlaw, knownIn, type Operators, readOrder } from '../fence/order.ts'
import { toHex } from '../hex.ts'
import { type ReclaimedRow, reclaimedEvent } from '../stock/reclaim.ts'
import { mainLocation, rightsOf, type StockRow } from '../stock/row.ts'
import { type Flaw, flaw, isHash, isListOf, isObject, isText, isUnits } from './flaw.ts'

export const fenceTypes: ReadonlySet<string> = new Set([retiredEvent, fencedEvent, reclaimedEvent])

const counts = ['received', 'returned', 'sold', 'released', 'shipped', 'writtenOff'] as const
const isHeld = (value: unknown): value is Readonly<Record<Origin, number>> =>
  isObject(value) && Object.entries(value).every(([origin, sequence]) => isOrigin(origin) && isUnits(sequence))

const isHashes = (value: unknown): value is Readonly<Record<Origin, string>> =>
  isObject(value) && Object.entries(value).every(([origin, hash]) => isOrigin(origin) && isHash(hash))

/** Whose events they are, and what it had applied. */
type Writer = Pick<Commit, 'origin' | 'clock' | 'time' | 'firstSequence' | 'events'>

/** Whether its data can be gone by; unreadable data cannot. */
export function isSoundFence(event: CommitEvent, commit: Writer): boolean {
  try {
    return findFenceFlaw(event, commit) === null
  } catch (error) {
    if (error instanceof CodecError) return false
    throw error
  }
}

/** Null where the event says what it should; else what it says instead. */
export function findFenceFlaw(event: CommitEvent, writer: Writer, operators: Operators | null = null): string | null {
  const { type, entityId, data } = event
  const { origin, clock } = writer
  if (type === reclaimedEvent) return findRowFlaw(entityId, data, origin)
  const { targets, held } = data
  if (!isListOf(targets, 64, (word) => isText(word, 80)) || !isHeld(held))
    return 'it says of nothing how far it holds it'
  // What nobody has would keep a fence from ever being reached, long after whoever said so is gone.
  if (Object.entries(held).some(([of, sequence]) => sequence > sequenceOf(clock, of)))
    return 'it says that it holds more than it had applied'
  if (data.hashes !== undefined && !isHashes(data.hashes)) return 'what it holds ends at nothing that is a hash'
  if (type !== retiredEvent) return null
  return findRetireFlaw(data, origin) ?? (operators && findUnorderedFlaw(event, writer, operators))
}

/** Its data are told as those of a retire are. */
function findUnorderedFlaw(
  event: CommitEvent,
  { origin, clock, time, firstSequence, events }: Writer,
  operators: Operators,
): string | null {
  const { region, before, overrides, known, members, order } = event.data
  const said = readOrder(order)
  return findOrderFlaw(operators, {
    by: origin,
    sequence: firstSequence + events.indexOf(event),
    time,
    region: region as RegionId,
    before: before as number | null,
    overrides: overrides === true,
    known: knownIn(region as RegionId, known as readonly Origin[], clock),
    members: (members ?? null) as readonly RegionId[] | null,
    ...(said !== null && { order: said }),
  })
}

function findRetireFlaw(
  { region, before, overrides, known, members }: CommitEvent['data'],
  origin: Origin,
): string | null {
  if (typeof region !== 'string' || !isRegionId(region)) return 'it retires nothing that is a region'
  if (typeof overrides !== 'boolean' || !isListOf(known, 4_096, (one) => typeof one === 'string' && isOrigin(one)))
    return 'it is not told as a retire is'
  if (members !== undefined && !isListOf(members, 4_096, (one) => typeof one === 'string' && isRegionId(one)))
    return 'it is decided by nobody'
  const isOwn = regionOf(origin) === region
  if (before === null) return isOwn ? 'a region retires itself' : null
  return isOwn && before === incarnationOf(origin) ? null : 'it takes over what is not of its own region'
}

/**
 * Whether a word about a fence names another end of a log than its commit's clock pins: one that nobody has would be waited for, or would
 * give the origin's name to a log that is not there (C6). `pinned` is undefined where the past can no longer be looked at.
 */
export function findEndFlaw(
  { events, clock }: Pick<Commit, 'events' | 'clock'>,
  pinned: (origin: Origin) => Uint8Array | undefined,
): Flaw | null {
  for (const event of events) {
    // Only these events' data is looked at: reading it of every event would parse them all.
    if (event.type !== retiredEvent && event.type !== fencedEvent) continue
    const { held, hashes } = event.data
    if (!isHeld(held) || hashes === undefined || !isHashes(hashes)) continue
    for (const [origin, hash] of Object.entries(hashes)) {
      const end = pinned(origin)
      if (held[origin] !== sequenceOf(clock, origin) || (end !== undefined && toHex(end) !== hash))
        return flaw('S7', `it says of ${origin} that it ends at another commit than it had applied`)
    }
  }
  return null
}

/**
 * Whether a region that ends what it wrote before (W8) leaves out of those who decide that one that belongs to the cluster: whoever chooses
 * by whom a log is ended could end it before what others hold, who would stand apart from then on. Where operators have keys their
 * configuration says who belongs to it; elsewhere the writer does (0063).
 */
function findUnaskedFlaw(
  { origin, firstSequence, events }: Pick<Commit, 'origin' | 'firstSequence' | 'events'>,
  operators: Operators | null,
  configured: readonly RegionId[],
  fences: () => Fences,
): Flaw | null {
  if (operators === null) return null
  for (const [index, event] of events.entries()) {
    // Only these events' data is looked at: reading it of every event would parse them all.
    // Who decides about a whole region the order says.
    if (event.type !== retiredEvent || event.data.before === null) continue
    const place = `${origin}:${firstSequence + index}`
    const [unasked] = leftOut(configured, event.data.members, fences)
    if (unasked !== undefined && !operators.withoutOrder.has(place))
      return flaw(
        'S7',
        `it lets ${unasked} not decide, which belongs to the cluster; if ${unasked} was added later, add ${place} to retiresWithoutOrder and start the nodes again`,
      )
  }
  return null
}

function leftOut(
  configured: readonly RegionId[],
  named: unknown,
  fences: () => Pick<Fences, 'decided'>,
): readonly RegionId[] {
  const lacking = configured.filter((region) => !Array.isArray(named) || !named.includes(region))
  if (lacking.length === 0) return lacking
  const left = fences().decided.flatMap(({ target }) => (target.before === null ? [target.region] : []))
  return lacking.filter((region) => !left.includes(region))
}

/** Null where a commit takes over what it may, and lets all decide whom it concerns. `later`: another one may yet tell that they have left. */
export function findFenceRefusal(
  commit: Pick<Commit, 'origin' | 'firstSequence' | 'events'>,
  operators: Operators | null,
  configured: readonly RegionId[],
  fences: () => Fences,
): (Flaw & { readonly kind: 'quarantine' | 'later' }) | null {
  const taken = findHolderFlaw(commit, fences)
  if (taken !== null) return { kind: 'quarantine', ...taken }
  const unasked = findUnaskedFlaw(commit, operators, configured, fences)
  return unasked && { kind: 'later', ...unasked }
}

function findRowFlaw(entityId: string, data: CommitEvent['data'], origin: Origin): string | null {
  const { sku, location, holder, cells } = data
  if (typeof sku !== 'string' || !isCallerId(sku) || location !== mainLocation || entityId !== stockId(sku))
    return 'it is of nothing that can be stocked'
  if (typeof holder !== 'string' || !isOrigin(holder) || holder === origin) return 'it is nobody else’s row'
  if (!isObject(cells) || !counts.every((count) => isUnits(cells[count]))) return 'its cells are no counts'
  return isHeld(cells.given) ? null : 'what it gives is no count'
}

/**
 * Regions that may have taken over what stands behind a fence: who retired it, and who retired those in turn. Who it is now
 * depends on fences that the commit at hand may not have known.
 */
function heirsOf(fences: Fences, fence: Fence): ReadonlySet<RegionId | undefined> {
  const heirs = new Set<RegionId | undefined>([reclaimerOf(fences, fence)])
  const add = ({ retires }: Fence): void => {
    for (const { by } of retires) {
      const heir = regionOf(by)
      if (heirs.has(heir)) continue
      heirs.add(heir)
      for (const other of fences.decided) if (other.key === heir) add(other)
    }
  }
  add(fence)
  return heirs
}

const takenOver: ReadonlySet<string> = new Set(['order.settled', 'lease.returned'])

/** Whether a commit settles for others than its own origin what it may settle: those whose heir it is. Its events are sound. */
function findHolderFlaw({ origin, events }: Pick<Commit, 'origin' | 'events'>, fences: () => Fences): Flaw | null {
  for (const event of events) {
    // Only these events' data is looked at: reading it of every event would parse them all.
    if (!takenOver.has(event.type)) continue
    const { holder } = event.data
    if (typeof holder !== 'string') continue
    const fence = fences().decided.find(({ target }) => isTarget(target, holder))
    if (fence === undefined || !heirsOf(fences(), fence).has(regionOf(origin)))
      return flaw('S8', `${origin} settles what ${holder} holds, which it has not taken over`)
  }
  return null
}

/**
 * Whether `origin` may write the row of a fenced holder: that is decided, it is the one that takes it over, and nothing but
 * what is released and given to itself grows. `before` is the row as it stands; undefined where there is none.
 */
export function findReclaimFlaw(
  origin: Origin,
  row: ReclaimedRow,
  before: Pick<StockRow, 'cells' | 'givenIn'> | undefined,
  fences: Fences,
): Flaw | null {
  const { holder, cells, sku } = row
  const fence = fences.decided.find(({ target }) => isTarget(target, holder))
  if (fence === undefined || heightOf(fences, holder) === null)
    return flaw('S7', `the row of ${holder} for ${sku} is taken over before ${holder} is fenced`)
  if (!heirsOf(fences, fence).has(regionOf(origin)))
    return flaw('S7', `${origin} takes over ${holder}, which it did not retire`)
  if (before === undefined) return flaw('S7', `${holder} has no row of ${sku}`)
  const isKept = counts.every((count) =>
    count === 'released' ? cells[count] >= before.cells[count] : cells[count] === before.cells[count],
  )
  const others = Object.keys({ ...cells.given, ...before.cells.given }).filter((to) => to !== origin)
  const isMore = (cells.given[origin] ?? 0) >= (before.cells.given[origin] ?? 0)
  if (!isKept || !isMore || others.some((to) => cells.given[to] !== before.cells.given[to]))
    return flaw('S7', `the row of ${holder} for ${sku} is changed otherwise than by taking it over`)
  const rights = rightsOf({ cells, givenIn: before.givenIn })
  // One that has signed two logs may have given more than it had: its heir adds nothing to that.
  return rights < Math.min(0, rightsOf(before)) ? flaw('S1', `${holder} would have ${rights} units of ${sku}`) : null
}
