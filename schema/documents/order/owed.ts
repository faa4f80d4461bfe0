// What an origin owes its own stock rows for one fact of an order, and has not done yet. Pure, and told once per fact:
// what was done is itself a fact. A reservation is (order, line, origin); no more than it sold ever leaves it, by
// release and shipment together, whatever the reasons (S8).

import type { Origin } from '../../clock/origin.ts'
import { mainLocation } from '../../stock/row.ts'
import type { StockEffect } from '../command.ts'
import {
  isOf,
  itemLookedAt,
  itemOf,
  leftOutBy,
  type OrderRecord,
  type PlacedLine,
  type ReturnedFact,
  reservationKey,
  type SettledCell,
  type SettledFact,
  settledId,
  settlerOf,
} from './facts.ts'
import { foldOrder, type OrderFold } from './fold.ts'

export interface Owed {
  readonly effects: readonly StockEffect[]
  /** To be written with the effects. */
  readonly fact: SettledFact
}

/**
 * What `writer` owes for a reservation of `origin`: its own, or one that it has taken over (S7).
 * Null where nothing is owed. `records` are all facts known, in the order of `readFacts`; `item` names one of them. A
 * cancellation or return is to be asked about only once it is stable: until then a shipment may still overrule it. So is
 * what a shipment left out (`leftOutBy`): until then another one may have sent it.
 */
export function owed(
  origin: Origin,
  records: readonly OrderRecord[],
  item: string,
  writer: Origin = origin,
): Owed | null {
  const fold = foldOrder(records)
  const looked = itemLookedAt(item)
  const reason =
    records.find(({ fact }) => itemOf(fact) === looked) ?? records.find((record) => leftOut(record, looked))
  const id = settledId(origin, item)
  if (fold === undefined || reason === undefined || records.some(({ fact }) => fact.id === id)) return null
  const amounts = new Amounts()
  if (isOf(reason, 'returned') && reason.fact.shipped) {
    if (reason.fact.origin === origin) settleCredit(amounts, reason.fact, !fold.refusals.has(reason))
  } else {
    const reservation = reservationOf(origin, records, looked)
    if (reservation !== undefined && leftOut(reason, looked)) settleLeftOut(amounts, reservation, fold)
    else if (reservation !== undefined) settleReservation(amounts, reservation, fold, reason)
  }
  const effects = amounts.effects()
  if (effects.length === 0) return null
  const whose = writer === origin ? {} : { holder: origin }
  return { effects, fact: { id, kind: 'settled', origin: writer, ...whose, reason: item, cells: amounts.cells() } }
}

function leftOut(record: OrderRecord, item: string): boolean {
  return isOf(record, 'shipped') && leftOutBy(record.fact) === item
}

/** Lines whose units `origin` settles and has not settled for `item`, the claim that holds each, and what has left them since. */
interface Reservation {
  readonly held: ReadonlyMap<string, { readonly line: PlacedLine; readonly claim: OrderRecord }>
  readonly released: ReadonlyMap<string, number>
  readonly shipped: ReadonlyMap<string, number>
  /** Of units that never left. */
  readonly writtenOff: ReadonlyMap<string, number>
}

function reservationOf(origin: Origin, records: readonly OrderRecord[], item: string): Reservation | undefined {
  const held = new Map<string, { readonly line: PlacedLine; readonly claim: OrderRecord }>()
  const released = new Map<string, number>()
  const shipped = new Map<string, number>()
  const writtenOff = new Map<string, number>()
  const keptItems = new Set<string>()
  const done = new Set<string>()
  for (const record of records) if (isOf(record, 'returned') && !record.fact.shipped) keptItems.add(itemOf(record.fact))
  const soldFromLeases = new Map<string, OrderRecord>()
  for (const record of records) {
    if (isOf(record, 'placed')) {
      for (const line of record.fact.lines) {
        // Claims that tell of one sale from a lease hold the same units, whomever they name as its lender and however their lines
        // part them: the standing one comes first.
        if (line.lease !== undefined) {
          const { id } = line.lease
          if ((soldFromLeases.get(id) ?? record) !== record) continue
          soldFromLeases.set(id, record)
        }
        if (settlerOf(line, record.fact) === origin) held.set(reservationKey(line), { line, claim: record })
      }
    }
    if (!isOf(record, 'settled') || (record.fact.holder ?? record.fact.origin) !== origin) continue
    for (const [key, units] of Object.entries(record.fact.cells.released ?? {})) addUnits(released, key, units)
    for (const [key, units] of Object.entries(record.fact.cells.shipped ?? {})) addUnits(shipped, key, units)
    const reason = itemLookedAt(record.fact.reason)
    if (reason === item) for (const lines of Object.values(record.fact.cells)) for (const key in lines) done.add(key)
    if (!keptItems.has(reason)) continue
    for (const [key, units] of Object.entries(record.fact.cells.writtenOff ?? {})) addUnits(writtenOff, key, units)
  }
  for (const key of done) held.delete(key)
  return held.size > 0 ? { held, released, shipped, writtenOff } : undefined
}

function settleReservation(amounts: Amounts, reservation: Reservation, fold: OrderFold, reason: OrderRecord): void {
  const { held, released, shipped, writtenOff } = reservation
  const partly = isOf(reason, 'returned') && !fold.refusals.has(reason) ? linesOf(reason.fact) : undefined
  for (const [key, { line, claim }] of held) {
    const gone = shipped.get(key) ?? 0
    const left = line.quantity - (released.get(key) ?? 0) - gone
    if (claim !== fold.placed) {
      // What another claim lost is settled by whoever reserved for that, though its lines may be called the same.
      if (claim !== reason) continue
      // Another claim stands and ships from its own reservation, so what was shipped from here came back.
      amounts.add('released', line, left)
      amounts.add('returned', line, gone)
      continue
    }
    if (isOf(reason, 'shipped')) {
      const target = fold.lines.get(line.id)?.shipped ?? 0
      amounts.add('shipped', line, Math.min(left, target - gone))
    }
    if (isOf(reason, 'cancelled') && fold.cancelled) amounts.add('released', line, left)
    const part = partly?.get(line.id)
    const progress = fold.lines.get(line.id)
    if (part?.sku !== line.sku || progress === undefined) continue
    // No more than all requests together come to: another one may have released units of this one's already.
    amounts.add('released', line, Math.min(left, part.quantity, progress.cancelled - (released.get(key) ?? 0)))
    // Not to be sold again: it leaves the house, too, even where a cancellation has released it before.
    if (!part.restock)
      amounts.add('writtenOff', line, Math.min(part.quantity, progress.writtenOff - (writtenOff.get(key) ?? 0)))
  }
}

/** What no shipment sent goes back on sale, as far as no cancellation has released it. */
function settleLeftOut(amounts: Amounts, { held, released, shipped }: Reservation, fold: OrderFold): void {
  for (const [key, { line, claim }] of held) {
    if (claim !== fold.placed) continue
    const back = released.get(key) ?? 0
    const left = line.quantity - back - (shipped.get(key) ?? 0)
    amounts.add('released', line, Math.min(left, (fold.lines.get(line.id)?.cancelled ?? 0) - back))
  }
}

function addUnits(sums: Map<string, number>, key: string, units: number): void {
  sums.set(key, (sums.get(key) ?? 0) + units)
}

/** A return of shipped units: credited when it stands, taken back when it was credited and does not. */
function settleCredit(amounts: Amounts, fact: ReturnedFact, stands: boolean): void {
  if (stands === fact.credited || fact.announced) return
  for (const { lineId, sku, quantity, restock } of fact.lines)
    if (restock) amounts.add(stands ? 'returned' : 'writtenOff', { id: lineId, sku }, quantity)
}

function linesOf(fact: ReturnedFact): ReadonlyMap<string, ReturnedFact['lines'][number]> {
  return new Map(fact.lines.map((line) => [line.lineId, line]))
}

/** Gathers units by cell and line, and sums them up by SKU. */
class Amounts {
  readonly #byCell = new Map<SettledCell, Map<string, number>>()
  readonly #bySku = new Map<string, Map<SettledCell, number>>()

  add(cell: SettledCell, line: Pick<PlacedLine, 'id' | 'sku' | 'lease'>, units: number): void {
    if (units <= 0) return
    addTo(this.#byCell, cell, reservationKey(line), units)
    addTo(this.#bySku, line.sku, cell, units)
  }

  effects(): readonly StockEffect[] {
    return [...this.#bySku].map(([sku, cells]) => ({ sku, location: mainLocation, ...Object.fromEntries(cells) }))
  }

  cells(): SettledFact['cells'] {
    return Object.fromEntries([...this.#byCell].map(([cell, lines]) => [cell, Object.fromEntries(lines)]))
  }
}

function addTo<Outer, Inner>(sums: Map<Outer, Map<Inner, number>>, outer: Outer, inner: Inner, units: number): void {
  const inside = sums.get(outer) ?? new Map<Inner, number>()
  inside.set(inner, (inside.get(inner) ?? 0) + units)
  sums.set(outer, inside)
}
