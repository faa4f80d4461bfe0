// What an origin owes its own stock rows for one fact of an order, and has not done yet. Pure, and told once per fact:
// what was done is itself a fact. A reservation is (order, line, origin); no more than it sold ever leaves it, by
// release and shipment together, whatever the reasons (S8).

import type { Origin } from '../../clock/origin.ts'
import { mainLocation } from '../../stock/row.ts'
import type { StockEffect } from '../command.ts'
import {
  isOf,
  itemOf,
  type OrderRecord,
  type PlacedFact,
  type PlacedLine,
  type ReturnedFact,
  type SettledCell,
  type SettledFact,
  settledId,
} from './facts.ts'
import { foldOrder, type OrderFold } from './fold.ts'

export interface Owed {
  readonly effects: readonly StockEffect[]
  /** To be written with the effects. */
  readonly fact: SettledFact
}

/**
 * Null where nothing is owed. `records` are all facts known, in the order of `readFacts`; `item` names one of them. A
 * cancellation or return is to be asked about only once it is stable: until then a shipment may still overrule it.
 */
export function owed(origin: Origin, records: readonly OrderRecord[], item: string): Owed | null {
  const fold = foldOrder(records)
  const reason = records.find(({ fact }) => itemOf(fact) === item)
  const id = settledId(origin, item)
  if (fold === undefined || reason === undefined || records.some(({ fact }) => fact.id === id)) return null
  const amounts = new Amounts()
  if (isOf(reason, 'returned') && reason.fact.shipped) {
    if (reason.fact.origin === origin) settleCredit(amounts, reason.fact, !fold.refusals.has(reason))
  } else {
    const reservation = reservationOf(origin, records)
    if (reservation !== undefined) settleReservation(amounts, reservation, fold, reason)
  }
  const effects = amounts.effects()
  if (effects.length === 0) return null
  return { effects, fact: { id, kind: 'settled', origin, reason: item, cells: amounts.cells() } }
}

interface Reservation {
  readonly placed: OrderRecord<PlacedFact>
  readonly released: ReadonlyMap<string, number>
  readonly shipped: ReadonlyMap<string, number>
}

/** What `origin` has reserved for the order, and what has left the reservation since. */
function reservationOf(origin: Origin, records: readonly OrderRecord[]): Reservation | undefined {
  const released = new Map<string, number>()
  const shipped = new Map<string, number>()
  let placed: OrderRecord<PlacedFact> | undefined
  for (const record of records) {
    if (record.fact.origin !== origin) continue
    if (isOf(record, 'placed')) placed ??= record
    if (!isOf(record, 'settled')) continue
    for (const [lineId, units] of Object.entries(record.fact.cells.released ?? {}))
      released.set(lineId, (released.get(lineId) ?? 0) + units)
    for (const [lineId, units] of Object.entries(record.fact.cells.shipped ?? {}))
      shipped.set(lineId, (shipped.get(lineId) ?? 0) + units)
  }
  return placed && { placed, released, shipped }
}

function settleReservation(amounts: Amounts, reservation: Reservation, fold: OrderFold, reason: OrderRecord): void {
  const { placed, released, shipped } = reservation
  const stands = placed === fold.placed
  const partly = isOf(reason, 'returned') && !fold.refusals.has(reason) ? linesOf(reason.fact) : undefined
  for (const line of placed.fact.lines) {
    const gone = shipped.get(line.id) ?? 0
    const left = line.quantity - (released.get(line.id) ?? 0) - gone
    if (reason === placed && !stands) {
      // Another region's claim stands and ships from its own reservation, so what was shipped from here came back.
      amounts.add('released', line, left)
      amounts.add('returned', line, gone)
    }
    if (!stands) continue
    if (isOf(reason, 'shipped')) {
      const target = fold.lines.get(line.id)?.shipped ?? 0
      amounts.add('shipped', line, Math.min(left, target - gone))
    }
    if (isOf(reason, 'cancelled') && fold.cancelled) amounts.add('released', line, left)
    const part = partly?.get(line.id)
    if (part === undefined) continue
    amounts.add('released', line, Math.min(left, part.quantity))
    // Not to be sold again: it leaves the house, too, even where a cancellation has released it before.
    if (!part.restock) amounts.add('writtenOff', line, Math.min(line.quantity - gone, part.quantity))
  }
}

/** A return of shipped units: credited when it stands, taken back when it was credited and does not. */
function settleCredit(amounts: Amounts, fact: ReturnedFact, stands: boolean): void {
  if (stands === fact.credited) return
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

  add(cell: SettledCell, line: Pick<PlacedLine, 'id' | 'sku'>, units: number): void {
    if (units <= 0) return
    addTo(this.#byCell, cell, line.id, units)
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
