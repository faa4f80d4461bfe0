// The facts of an order: everything about it follows from the set of them, in whatever order they came. Knows neither
// what follows (fold.ts) nor what is owed for them (owed.ts).

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { Origin, RegionId } from '../../clock/origin.ts'
import type { DocumentState, Register } from '../document.ts'
import { factRegisters } from '../facts.ts'
import { compareText, compareWritten } from '../register.ts'

export type AdjustmentKind = 'DISCOUNT' | 'SHIPPING' | 'TAX' | 'OTHER'

/** `unitPrice` in minor units of the order's currency. */
export type PlacedLine = {
  readonly id: string
  readonly sku: string
  readonly quantity: number
  readonly unitPrice: number
  /** Of a line that a device sold from a lease: the units are sold on the lease's row, and `origin`, which lent them, settles them. */
  readonly lease?: { readonly id: string; readonly origin: Origin }
}

/** Who settles what becomes of a line's units. */
export function settlerOf({ lease }: PlacedLine, { origin }: Pick<PlacedFact, 'origin'>): Origin {
  return lease?.origin ?? origin
}

/** Tells a line of one claim from that of another one. Neither part holds a slash. */
export function lineKey(lineId: string, sku: string): string {
  return `${lineId}/${sku}`
}

/** Names a line's reservation among those that an origin settles of one order. */
export function reservationKey({ id, lease }: Pick<PlacedLine, 'id' | 'lease'>): string {
  return lease === undefined ? id : `${lease.id}/${id}`
}

/** One origin's claim to have placed the order; of several the earliest stands (S5). It reserves the lines there. */
export type PlacedFact = {
  readonly id: string
  readonly kind: 'placed'
  readonly origin: Origin
  readonly customerId: string | null
  readonly currencyCode: string
  readonly lines: readonly PlacedLine[]
  readonly adjustments: readonly { readonly kind: AdjustmentKind; readonly label: string; readonly amount: number }[]
  /** Milliseconds since the epoch where staff or an import said so; null: when the fact was written. */
  readonly placedAt: number | null
}

/**
 * Everything was shipped but `except`: units that were not to be sent as far as the shipping region knew, all requests together. By
 * line and SKU (`lineKey`), for a claim that this region has not heard of may have another SKU under a line's id; until rule version
 * 9 by line, whatever its SKU.
 */
export type ShippedFact = {
  readonly id: string
  readonly kind: 'shipped'
  readonly origin: Origin
  readonly except: Readonly<Record<string, number>>
  readonly note: string | null
}

export type DeliveredFact = {
  readonly id: string
  readonly kind: 'delivered'
  readonly origin: Origin
  readonly note: string | null
}

export type CancelledFact = {
  readonly id: string
  readonly kind: 'cancelled'
  readonly origin: Origin
  readonly note: string | null
}

export type ReturnedLine = {
  readonly lineId: string
  readonly sku: string
  readonly quantity: number
  readonly restock: boolean
}

/**
 * `shipped` false: the lines had not been shipped as far as the region knew, so this cancels them in part.
 * `credited`: its origin has put the units to be restocked back on its own row already, in the same commit.
 * `announced`: the customer says that they come back. They count as returned, and are put back by the return of whoever takes them in.
 * `eachLine`: where the standing claim has another SKU under a line's id, the other lines count all the same; left out, none does.
 */
export type ReturnedFact = {
  readonly id: string
  readonly kind: 'returned'
  readonly origin: Origin
  readonly shipped: boolean
  readonly credited: boolean
  readonly announced?: true
  readonly eachLine?: true
  readonly lines: readonly ReturnedLine[]
  readonly note: string | null
}

export type SettledCell = 'released' | 'shipped' | 'returned' | 'writtenOff'

/** What an origin has done on its own rows for a reason: cell → line → units. Its id keeps it from doing so twice. */
export type SettledFact = {
  readonly id: string
  readonly kind: 'settled'
  readonly origin: Origin
  /** Whose reservation it was; left out where it was the origin's own (S7: what a fenced origin held is taken over). */
  readonly holder?: Origin
  readonly reason: string
  readonly cells: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Units sold anew, for the chain of the lease that the reason names has given them back though the order holds them. */
  readonly sold?: number
}

export type OrderFact = PlacedFact | ShippedFact | DeliveredFact | CancelledFact | ReturnedFact | SettledFact

/** A fact with when and where it was written. */
export interface OrderRecord<Fact extends OrderFact = OrderFact> {
  readonly fact: Fact
  readonly time: HybridTime
  readonly region: RegionId
}

/** The id of an origin's claim to have placed the order. */
export function placedId(origin: Origin): string {
  return `placed:${origin}`
}

/** What an obligation names as its item: one origin's writing of a fact, for two may have written the same. */
export function itemOf(fact: Pick<OrderFact, 'id' | 'origin'>): string {
  return `${fact.origin}/${fact.id}`
}

/** What an obligation names to look, once a shipment is stable, at what it left out. */
export function leftOutBy(shipped: ShippedFact): string {
  return `left-out:${itemOf(shipped)}`
}

const late = 'late:'

/** What an obligation names to look at `item` once more, for lines of a claim that was heard of after it. */
export function lateItem(item: string): string {
  return `${late}${item}`
}

/** The item that is looked at, for the first time or late. */
export function itemLookedAt(item: string): string {
  return item.startsWith(late) ? item.slice(late.length) : item
}

export function settledId(origin: Origin, item: string): string {
  return `settled:${origin}:${item}`
}

/**
 * Every fact in its one order: by time and region; those of one commit, which share both, by the step that they are.
 * Causes come before effects.
 */
export function readFacts(state: DocumentState): readonly OrderRecord[] {
  return factRegisters(state).map(recordOf).sort(compareRecords)
}

function recordOf({ value, time, region }: Register): OrderRecord {
  return { fact: value as unknown as OrderFact, time, region }
}

export function compareRecords(left: OrderRecord, right: OrderRecord): number {
  return (
    compareWritten(left, right) ||
    stepOf(left.fact) - stepOf(right.fact) ||
    compareText(left.fact.id, right.fact.id) ||
    compareText(left.fact.origin, right.fact.origin)
  )
}

const steps = { placed: 0, cancelled: 1, shipped: 2, delivered: 3, settled: 5 } as const

function stepOf(fact: OrderFact): number {
  if (fact.kind !== 'returned') return steps[fact.kind]
  return fact.shipped ? 4 : 1
}

/** Narrows a record by the kind of its fact. */
export function isOf<Kind extends OrderFact['kind']>(
  record: OrderRecord,
  kind: Kind,
): record is OrderRecord<Extract<OrderFact, { kind: Kind }>> {
  return record.fact.kind === kind
}
