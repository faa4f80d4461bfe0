// What the rebalancer holds, hears and does (rebalancer.ts), and its bounds. Data alone.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { RightsItem } from '../replication/peer.ts'
import type { Need } from './demand.ts'
import type { Late } from './late-answers.ts'

/** Sales that wait for rights at once; one more is told at once that nobody could be asked. */
export const maximumSales = 5_000
/** SKUs asked about at once; at the bound nothing is asked ahead of need. */
export const maximumRounds = 10_000
/** SKUs in one request; more wait for the next one to the same peer. */
export const maximumItems = 2_000
/** Requests to one peer that are under way; SKUs that come meanwhile gather for the next one. */
export const maximumInFlight = 4
/** A peer that could not be asked is not asked again for so long: it counts as unreachable meanwhile. */
export const awayMs = 500

export interface SaleLine {
  readonly sku: string
  /** What the sale takes, and what of it is not here. */
  readonly needed: number
  readonly missing: number
  /** Fewer would be of no use; left out: as many as are needed. */
  readonly least?: number
}

/** A command that lacks rights. */
export interface Sale {
  readonly id: number
  /** Hybrid time at which it was first short: the older one comes first, everywhere. */
  readonly sinceMs: number
  readonly untilMs: number
  readonly lines: readonly SaleLine[]
}

/** A command that takes what it can get: each of its lines stands for itself. */
export function isParted({ lines }: Pick<Sale, 'lines'>): boolean {
  return lines.some(({ least }) => least !== undefined)
}

export interface WaitingSale extends Sale {
  readonly bySku: ReadonlyMap<string, SaleLine>
  /** Its SKUs whose rounds are not over. */
  readonly open: ReadonlySet<string>
  /** Lines that are asked for once those are here that are likely nowhere to be had. */
  readonly postponed: readonly SaleLine[]
  /** SKUs of which something came. */
  readonly came: ReadonlySet<string>
  readonly unreachable: ReadonlySet<RegionId>
}

export function openSale(sale: Sale): WaitingSale {
  const bySku = new Map(sale.lines.map((line) => [line.sku, line]))
  return { ...sale, bySku, open: new Set(bySku.keys()), postponed: [], came: new Set(), unreachable: new Set() }
}

/** One that a step has copied for itself. */
export interface EditableSale extends WaitingSale {
  readonly open: Set<string>
  readonly came: Set<string>
  readonly unreachable: Set<RegionId>
}

export function editableCopy(sale: WaitingSale): EditableSale {
  const { open, came, unreachable } = sale
  return { ...sale, open: new Set(open), came: new Set(came), unreachable: new Set(unreachable) }
}

/** Of what it still lacks nothing came, and nothing else is left to ask for. */
export function isHopeless(sale: WaitingSale): boolean {
  const { lines, came, postponed } = sale
  if (isParted(sale)) return came.size === 0
  const later = new Set(postponed.map(({ sku }) => sku))
  return lines.some(({ sku }) => !came.has(sku) && !later.has(sku))
}

/** What the region knows of a SKU when a round begins. */
export interface Known {
  readonly sku: string
  readonly held: number
  readonly need: Need
  /** Rights of the peers. */
  readonly peers: ReadonlyMap<RegionId, number>
}

/** What every peer that is asked for a SKU in one round is told alike. */
export type ItemBase = Omit<RightsItem, 'units' | 'extra'>

/** One SKU, from the first that asks for it until its sales have what they lack, or every peer that was asked has answered. */
export interface Round {
  readonly sku: string
  /** Those it is for. Who comes later waits for its end. */
  readonly sales: readonly number[]
  readonly later: readonly number[]
  readonly stage: 'looking' | 'asking'
  readonly item: ItemBase
  /** What its sales lack together, and what has come. */
  readonly lack: number
  readonly came: number
  /** Peers that are to answer, and those that have not been asked. */
  readonly asked: ReadonlySet<RegionId>
  readonly unasked: readonly RegionId[]
  readonly failed: ReadonlySet<RegionId>
}

export function openRound(sku: string, sales: readonly number[]): Round {
  const item = { sku, least: 0, held: 0, low: 0, perHour: 0, sinceMs: null }
  const none = { later: [], asked: new Set<RegionId>(), unasked: [], failed: new Set<RegionId>() }
  return { sku, sales, stage: 'looking', item, lack: 0, came: 0, ...none }
}

export interface Flight {
  readonly peer: RegionId
  readonly skus: readonly string[]
}

export interface RightsState {
  readonly peers: readonly RegionId[]
  readonly sales: ReadonlyMap<number, WaitingSale>
  readonly rounds: ReadonlyMap<string, Round>
  /** By peer: what goes with the next request, of each SKU once. */
  readonly queues: ReadonlyMap<RegionId, readonly RightsItem[]>
  readonly flights: ReadonlyMap<number, Flight>
  readonly awayUntilMs: ReadonlyMap<RegionId, number>
  /** By SKU, peers that are to answer for a round that is over: it had what it was for. They are asked again after that. */
  readonly late: Late
  readonly requests: number
}

export type RightsInput =
  | { readonly type: 'sales'; readonly sales: readonly Sale[] }
  /** Rights of these have fallen below their low-water marks. */
  | { readonly type: 'low'; readonly skus: readonly string[] }
  | { readonly type: 'looked'; readonly known: readonly Known[] }
  /** The gift is here. */
  | { readonly type: 'answered'; readonly request: number; readonly given: ReadonlyMap<string, number> }
  | { readonly type: 'failed'; readonly request: number }
  /** The time of those is over that had until then; by timers, for a clock may be set back. */
  | { readonly type: 'timer'; readonly untilMs: number }

export type RightsAction =
  /** Read the rows of these SKUs, and say what they tell. */
  | { readonly type: 'look'; readonly skus: readonly string[] }
  | { readonly type: 'ask'; readonly request: number; readonly peer: RegionId; readonly items: readonly RightsItem[] }
  /** `helped`: of every SKU that it lacked something came, so it is worth another try. */
  | {
      readonly type: 'settle'
      readonly sale: number
      readonly helped: boolean
      readonly unreachable: ReadonlySet<RegionId>
    }
  /** A round is over; so many units came. */
  | { readonly type: 'over'; readonly sku: string; readonly came: number }

export interface RightsStep {
  readonly state: RightsState
  readonly actions: readonly RightsAction[]
}

export function openRights(peers: readonly RegionId[]): RightsState {
  return {
    peers,
    sales: new Map(),
    rounds: new Map(),
    queues: new Map(),
    flights: new Map(),
    awayUntilMs: new Map(),
    late: new Map(),
    requests: 0,
  }
}
