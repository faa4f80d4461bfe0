// What follows from an order's facts: which stand, and how far each line is. A pure function of the set of facts, so
// every region that holds the same facts says the same (any order, same answer). Knows no stock and no API.

import {
  isOf,
  lineKey,
  type OrderRecord,
  type PlacedFact,
  type PlacedLine,
  type ReturnedFact,
  type ShippedFact,
} from './facts.ts'

/**
 * Units of one line. `cancelled` never left, `returned` came back; each is at most what it is taken from. Of those returned,
 * `announced` have nobody but the customer's word; of those cancelled, `writtenOff` are not to be sold again.
 */
export interface LineProgress {
  readonly line: PlacedLine
  readonly shipped: number
  readonly cancelled: number
  readonly returned: number
  readonly announced: number
  readonly writtenOff: number
}

export interface OrderFold {
  /** The standing claim: of several the earliest (S5). */
  readonly placed: OrderRecord<PlacedFact>
  readonly lines: ReadonlyMap<string, LineProgress>
  readonly shipped: boolean
  readonly delivered: boolean
  readonly cancelled: boolean
  /** Why a fact does not stand; facts that are not in it stand. */
  readonly refusals: ReadonlyMap<OrderRecord, string>
}

/** Undefined where nobody has placed the order. `records` come in the order of `readFacts`. */
export function foldOrder(records: readonly OrderRecord[]): OrderFold | undefined {
  const placed = records.find((record) => isOf(record, 'placed')) as OrderRecord<PlacedFact> | undefined
  if (placed === undefined) return undefined
  const refusals = new Map<OrderRecord, string>()
  const facts = records.filter((record) => !isOf(record, 'settled') && !isRepeat(record, records, refusals))
  const returns = new Map<string, OrderRecord>()
  // A repeat, too: what the region that answered it knew to leave out is what it has sent off.
  const shipped = records.filter((record) => isOf(record, 'shipped'))
  const lines = new Map<string, LineProgress>()
  for (const line of placed.fact.lines) {
    // Regions that shipped at the same time may have known of different cancellations: the goods are gone all the same.
    let units = 0
    for (const { fact } of shipped) units = Math.max(units, line.quantity - leftOutOf(fact, line))
    lines.set(line.id, { line, shipped: units, cancelled: 0, returned: 0, announced: 0, writtenOff: 0 })
  }
  let cancelled = false
  let delivered = false
  for (const record of facts) {
    if (isOf(record, 'placed') && record !== placed)
      refusals.set(record, `placed in ${placed.region} before: that order stands`)
    if (isOf(record, 'delivered')) {
      if (shipped.length > 0) delivered = true
      else refusals.set(record, 'nothing was shipped')
    }
    if (isOf(record, 'cancelled')) {
      // Goods on their way cannot be called back, so a shipment beats a cancellation made at the same time.
      if (shipped.length === 0) cancelled = true
      else refusals.set(record, 'shipped at the same time')
    }
    if (isOf(record, 'returned')) {
      const answer = answerOf(record.fact)
      const before = returns.get(answer)
      const refusal = before === undefined ? takeReturn(record.fact, lines) : repeatOf(before)
      if (refusal === null) returns.set(answer, record)
      else refusals.set(record, refusal)
    }
  }
  // What every shipment left out will not be sent, whichever requests the regions that shipped had heard of.
  if (shipped.length > 0)
    for (const [id, progress] of lines) lines.set(id, { ...progress, cancelled: keptOf(progress) })
  return { placed, lines, shipped: shipped.length > 0, delivered, cancelled, refusals }
}

/**
 * A command that was answered in two regions has written the same fact twice: the earlier one counts, and the later one
 * only for the units that left with it. Of a return the earlier one may not stand: that is seen line by line.
 */
function isRepeat(record: OrderRecord, records: readonly OrderRecord[], refusals: Map<OrderRecord, string>): boolean {
  if (isOf(record, 'returned')) return false
  const first = records.find(({ fact }) => fact.id === record.fact.id)
  if (first === undefined || first === record) return false
  refusals.set(record, repeatOf(first))
  return true
}

function repeatOf({ region }: OrderRecord): string {
  return `the same command was answered in ${region} before`
}

/**
 * What of several answers to one return counts once. A region that had not heard of the shipment has cancelled units that were
 * to stay, one that had has taken units back: each is true of its own units or does not stand, and what came back is
 * never left out for the other's sake. (Both can stand only where the cancellation takes the place of another one, which the shipment
 * knew of: no more is cancelled than that left out.)
 */
function answerOf({ id, shipped }: ReturnedFact): string {
  return `${shipped} ${id}`
}

/** Counts a return, or says why it does not stand: of units that came back whole, of units to be kept as far as it goes. */
function takeReturn(fact: ReturnedFact, lines: Map<string, LineProgress>): string | null {
  const taken: LineProgress[] = []
  for (const { lineId, sku, quantity, restock } of fact.lines) {
    const progress = lines.get(lineId)
    if (progress?.line.sku !== sku) {
      if (fact.eachLine && !fact.shipped) continue
      return `the standing order has no line ${lineId} of ${sku}`
    }
    const next = fact.shipped ? cameBack(progress, fact, quantity) : kept(progress, quantity, restock)
    if (next.returned > next.shipped) return `more units of line ${lineId} than were shipped`
    taken.push(next)
  }
  const counts = fact.shipped || taken.some((next) => changes(lines.get(next.line.id), next))
  for (const next of taken) lines.set(next.line.id, next)
  if (counts) return null
  const [first] = fact.lines
  return taken.length === 0
    ? `the standing order has no line ${first?.lineId} of ${first?.sku}`
    : `line ${taken[0]?.line.id} was shipped or cancelled meanwhile`
}

function keptOf({ line, shipped }: LineProgress): number {
  return line.quantity - shipped
}

/**
 * Requests add up, to at most what was not sent. So the sums only grow with what is known of requests, and a region that ships
 * leaves out at least what any other one may have released on those that it knew of (S8).
 */
function kept(progress: LineProgress, quantity: number, restock: boolean): LineProgress {
  return {
    ...progress,
    cancelled: Math.min(keptOf(progress), progress.cancelled + quantity),
    writtenOff: Math.min(keptOf(progress), progress.writtenOff + (restock ? 0 : quantity)),
  }
}

function changes(before: LineProgress | undefined, next: LineProgress): boolean {
  return next.cancelled !== before?.cancelled || next.writtenOff !== before.writtenOff
}

function cameBack(progress: LineProgress, { announced }: ReturnedFact, quantity: number): LineProgress {
  if (announced) {
    return { ...progress, returned: progress.returned + quantity, announced: progress.announced + quantity }
  }
  // What is taken in is what was announced, as far as that goes. An announcement keeps nothing from being taken in.
  const awaited = Math.min(progress.announced, quantity)
  return { ...progress, returned: progress.returned + quantity - awaited, announced: progress.announced - awaited }
}

/**
 * Units that were ever to be kept, by `lineKey`: of any claim's lines, for which one stands may not be known yet. Whoever ships
 * leaves that out, so that no region has released what is on its way (S8).
 */
export function requestsIn(records: readonly OrderRecord[]): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  const counted = new Set<string>()
  for (const record of records) {
    if (!isOf(record, 'returned') || record.fact.shipped) continue
    for (const { lineId, sku, quantity } of record.fact.lines) {
      const key = lineKey(lineId, sku)
      const answer = `${record.fact.id} ${key}`
      if (counted.has(answer)) continue
      counted.add(answer)
      units.set(key, (units.get(key) ?? 0) + quantity)
    }
  }
  return units
}

function leftOutOf({ except }: ShippedFact, { id, sku }: PlacedLine): number {
  return (ownNumber(except, id) ?? 0) + (ownNumber(except, lineKey(id, sku)) ?? 0)
}

function ownNumber(numbers: Readonly<Record<string, number>> | undefined, key: string): number | undefined {
  return numbers !== undefined && Object.hasOwn(numbers, key) ? numbers[key] : undefined
}
