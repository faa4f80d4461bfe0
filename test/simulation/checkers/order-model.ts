// What an order comes to, worked out from its facts alone and apart from the code under test: which claim stands, what
// was shipped, cancelled and returned, and how many units of each SKU it keeps. Any order of the facts, same answer.

import { compareTimes, type HybridTime } from '@causeway/schema/clock/hybrid-clock'
import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { OrderFact } from '@causeway/schema/documents/order/facts'
import type { Written } from './history.ts'

export interface KnownFact {
  readonly fact: OrderFact
  readonly time: HybridTime
  readonly region: RegionId
}

export interface ModelLine {
  readonly sku: string
  readonly quantity: number
  readonly shipped: number
  readonly returned: number
}

export interface OrderModel {
  /** Where the claim that stands was made (S5). */
  readonly region: RegionId
  readonly isCancelled: boolean
  /** Somebody sent it off, if only what a claim that does not stand had reserved. */
  readonly isShipped: boolean
  /** By line: units ordered, shipped, and returned or never sent. */
  readonly lines: ReadonlyMap<string, ModelLine>
  /** By SKU, units that are not for sale because of it, once all that is owed for it has been done. */
  readonly taken: ReadonlyMap<string, number>
  /** Of those, units that are in the house for it and have yet to be sent. */
  readonly held: ReadonlyMap<string, number>
}

/** Every order's facts, in their one order, from the logs. */
export function factsOf(history: readonly Written[]): ReadonlyMap<string, readonly KnownFact[]> {
  const facts = new Map<string, KnownFact[]>()
  for (const { commit } of history) {
    for (const { type, entityId, data } of commit.events) {
      if (!type.startsWith('order.')) continue
      const known = { fact: data as unknown as OrderFact, time: commit.time, region: regionOf(commit.origin) }
      facts.set(entityId, [...(facts.get(entityId) ?? []), known])
    }
  }
  for (const list of facts.values()) list.sort(compareFacts)
  return facts
}

const ranks: Readonly<Record<string, number>> = { placed: 0, cancelled: 1, shipped: 2, delivered: 3, settled: 5 }

function rankOf(fact: OrderFact): number {
  if (fact.kind === 'returned') return fact.shipped ? 4 : 1
  return ranks[fact.kind] ?? 0
}

export function compareFacts(left: KnownFact, right: KnownFact): number {
  const byTime = compareTimes(left.time, right.time)
  if (byTime !== 0) return byTime
  if (left.region !== right.region) return left.region < right.region ? -1 : 1
  if (left.fact.id === right.fact.id) return 0
  return rankOf(left.fact) - rankOf(right.fact) || (left.fact.id < right.fact.id ? -1 : 1)
}

interface Progress {
  readonly sku: string
  readonly quantity: number
  readonly shipped: number
  /** Not shipped. */
  readonly kept: number
  back: number
  /** Of those that came back, what customers say and nobody has taken in. */
  awaited: number
  gone: number
  spoilt: number
  restocked: number
}

/** What is taken in is first what was announced. */
function settledBy({ quantity }: { readonly quantity: number }, { awaited }: Progress): number {
  return Math.min(quantity, awaited)
}

/**
 * Undefined where nobody has placed it. `facts` in their order; a fact written twice counts once, but units that left with
 * either writing of a shipment have left, and a return counts by that writing of it which can be true: units cannot come back before
 * they were sent, nor be kept after.
 */
export function modelOrder(facts: readonly KnownFact[]): OrderModel | undefined {
  const distinct = facts.filter(({ fact }, index) => facts.findIndex((other) => other.fact.id === fact.id) === index)
  const standing = distinct.find(({ fact }) => fact.kind === 'placed')
  if (standing?.fact.kind !== 'placed') return undefined
  const shipments = facts.flatMap(({ fact }) => (fact.kind === 'shipped' ? [fact] : []))
  const isShipped = shipments.length > 0
  const isCancelled = !isShipped && distinct.some(({ fact }) => fact.kind === 'cancelled')
  const lines = new Map(
    standing.fact.lines.map(({ id, sku, quantity }) => {
      const shipped = Math.max(
        0,
        ...shipments.map(({ except }) => quantity - (except[id] ?? except[`${id}/${sku}`] ?? 0)),
      )
      return [
        id,
        { sku, quantity, shipped, kept: quantity - shipped, back: 0, awaited: 0, gone: 0, spoilt: 0, restocked: 0 },
      ] as [string, Progress]
    }),
  )
  const counted = new Set<string>()
  for (const { fact } of facts) {
    if (fact.kind !== 'returned' || counted.has(`${fact.id} ${fact.shipped}`)) continue
    const isOfLine = ({ lineId, sku }: { lineId: string; sku: string }) => lines.get(lineId)?.sku === sku
    // Of units that were not to be sent, each line that the standing claim has counts by itself.
    const named = fact.eachLine ? fact.lines.filter(isOfLine) : fact.lines
    const taken = named.map((line) => ({ line, held: lines.get(line.lineId) }))
    const stands =
      taken.length > 0 &&
      taken.every(({ line, held }) => {
        if (held === undefined || !isOfLine(line)) return false
        return !fact.shipped || held.back + line.quantity - (fact.announced ? 0 : settledBy(line, held)) <= held.shipped
      })
    // One of which nothing is left to be kept is overruled, and another answer under its key may say what is.
    const isOver = ({ line, held }: (typeof taken)[number]) =>
      held?.gone === held?.kept && (line.restock || held?.spoilt === held?.kept)
    if (!stands || (!fact.shipped && taken.every(isOver))) continue
    counted.add(`${fact.id} ${fact.shipped}`)
    for (const { line, held } of taken) {
      if (held === undefined) continue
      if (!fact.shipped) {
        // Requests to keep units add up, to what was not sent.
        held.gone = Math.min(held.kept, held.gone + line.quantity)
        if (!line.restock) held.spoilt = Math.min(held.kept, held.spoilt + line.quantity)
        continue
      }
      const settled = fact.announced ? 0 : settledBy(line, held)
      held.back += line.quantity - settled
      held.awaited += fact.announced ? line.quantity : -settled
      if (line.restock) held.restocked += line.quantity
    }
  }
  const taken = new Map<string, number>()
  const waiting = new Map<string, number>()
  const shown = new Map<string, ModelLine>()
  for (const [id, { sku, quantity, shipped, kept, back, gone, spoilt, restocked }] of lines) {
    // Of an order that was sent, what was not sent will not be, whoever asked for it.
    const unsent = isShipped ? kept : gone
    const held = isCancelled ? 0 : kept - unsent
    taken.set(sku, (taken.get(sku) ?? 0) + held + spoilt + shipped - restocked)
    waiting.set(sku, (waiting.get(sku) ?? 0) + held)
    shown.set(id, { sku, quantity, shipped, returned: back + unsent })
  }
  return { region: standing.region, isCancelled, isShipped, lines: shown, taken, held: waiting }
}
