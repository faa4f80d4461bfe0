// Whom to ask for a SKU, and for how many units: the best-stocked peers first, several at once where one is not enough.
// Pure; knows no request and no state.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { RightsItem } from '../replication/peer.ts'
import {
  type Flight,
  type ItemBase,
  isParted,
  type Known,
  maximumInFlight,
  maximumItems,
  type SaleLine,
  type WaitingSale,
} from './rights-state.ts'

export interface Plan {
  readonly item: ItemBase
  /** What the sales lack together: each of them may have counted on the same units here. */
  readonly lack: number
  readonly asks: readonly { readonly peer: RegionId; readonly item: RightsItem }[]
  /** Peers that seem to have none; they are asked where those that seemed to have some give less. */
  readonly rest: readonly RegionId[]
}

/** Below so many low-water marks in all, whatever is known is asked for: fragments help nobody. */
const gatherMarks = 2

/** `sales`: those that the SKU is needed for; none where it is asked for ahead. `away`: peers that cannot be asked. */
export function planRound(known: Known, sales: readonly WaitingSale[], away: ReadonlySet<RegionId>): Plan {
  const { sku, need } = known
  const held = Math.max(0, known.held)
  const needs = sales.map((sale) => neededOf(sale, sku))
  const lack = Math.max(0, needs.reduce((sum, units) => sum + units, 0) - held)
  const item: ItemBase = {
    sku,
    held,
    low: need.low,
    perHour: need.perHour,
    least: sales.length === 0 ? 0 : Math.min(...sales.map((sale) => leastOf(sale, sku))),
    sinceMs: sales.length === 0 ? null : Math.min(...sales.map(({ sinceMs }) => sinceMs)),
  }
  const peers = [...known.peers]
    .filter(([peer]) => !away.has(peer))
    .map(([peer, units]) => ({ peer, units: Math.max(0, units) }))
    .sort((left, right) => right.units - left.units || (left.peer < right.peer ? -1 : 1))
  const total = peers.reduce((sum, { units }) => sum + units, 0)
  const gathers = total + held < gatherMarks * need.low
  let unasked = lack
  let ahead = Math.max(0, need.target - (sales.length === 0 ? held : 0))
  const asks: { peer: RegionId; item: RightsItem }[] = []
  const rest: RegionId[] = []
  for (const { peer, units: known } of peers) {
    // Where all that is known does not do, we may be behind: each may have more than we know.
    const units = total >= lack ? Math.min(unasked, known) : Math.min(lack, known + lack - total)
    const extra = gathers ? known - Math.min(known, units) : Math.min(ahead, Math.max(0, known - units))
    unasked -= Math.min(unasked, units)
    ahead -= Math.min(ahead, extra)
    if (units + extra > 0) asks.push({ peer, item: { ...item, units, extra } })
    else rest.push(peer)
  }
  return { item, lack, asks, rest }
}

/** Of a sale that takes all or nothing, where one of its lines is likely nowhere to be had: the others. */
export function linesThatWait(sale: WaitingSale, totals: ReadonlyMap<string, number>): readonly SaleLine[] | undefined {
  if (sale.lines.length < 2 || isParted(sale)) return undefined
  const seen = sale.lines.filter(({ sku }) => totals.has(sku) && sale.open.has(sku))
  const likely = seen.filter(({ sku, needed }) => (totals.get(sku) ?? 0) >= needed)
  return likely.length === seen.length ? undefined : likely
}

function leastOf({ bySku }: WaitingSale, sku: string): number {
  const line = bySku.get(sku)
  return line?.least ?? line?.needed ?? 0
}

export function neededOf({ bySku }: WaitingSale, sku: string): number {
  return bySku.get(sku)?.needed ?? 0
}

/** What goes to a peer now, in as many requests as may be under way, and what gathers for the next one. */
export function requestsOf(queue: readonly RightsItem[], flights: Iterable<Flight>, peer: RegionId) {
  let free = maximumInFlight
  for (const flight of flights) if (flight.peer === peer) free -= 1
  const requests: RightsItem[][] = []
  let start = 0
  for (; start < queue.length && requests.length < free; start += maximumItems)
    requests.push(queue.slice(start, start + maximumItems))
  return { requests, rest: queue.slice(start) }
}

export function skusOf(lines: readonly SaleLine[]): ReadonlySet<string> {
  return new Set(lines.map(({ sku }) => sku))
}

/** Of what peers hold; who owes counts for nothing. */
export function sumOf(units: Iterable<number>): number {
  let sum = 0
  for (const one of units) sum += Math.max(0, one)
  return sum
}
