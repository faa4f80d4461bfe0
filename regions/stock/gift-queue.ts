// In which order a giver serves those that ask, as a pure state machine: sales that have waited longer come first, its own
// among them (S4). Knows no rows: how much is given, the command says that runs under the head's lock.
//
// Waiting sales are ordered by (hybrid time, region), the same everywhere. What an older sale of this region takes is kept
// for it; what a younger one takes is given away. So of two orders that each lack what the other's region holds, the
// older one gets both, and neither waits for the other in a circle. A request that gets nothing because of an older sale
// waits until that sale is over, but no longer than `holdMs`.

import type { RegionId } from '@causeway/schema/clock/origin'

/** Requests that are kept waiting; one more is answered at once. */
export const maximumHeld = 500
export const holdMs = 1_000

/** A command of this region that was short of something and is not decided yet. */
export interface Claim {
  readonly id: number
  readonly sinceMs: number
  /** All that it takes, not what it lacks alone. */
  readonly needs: ReadonlyMap<string, number>
}

export interface Ask {
  readonly id: number
  readonly from: RegionId
  readonly untilMs: number
  readonly items: readonly { readonly sku: string; readonly sinceMs: number | null }[]
}

export interface GiftQueueState {
  readonly region: RegionId
  readonly claims: ReadonlyMap<number, Claim>
  /** The same by SKU. */
  readonly claimants: ReadonlyMap<string, readonly Claim[]>
  readonly ready: readonly Ask[]
  /** Being given, until all of them are done. */
  readonly giving: ReadonlyMap<number, Ask>
  readonly held: ReadonlyMap<number, Ask>
}

export type GiftInput =
  /** Many at once: a list of orders is short, and decided, together. */
  | { readonly type: 'claims'; readonly begun: readonly Claim[]; readonly ended: readonly number[] }
  | { readonly type: 'ask'; readonly ask: Ask }
  /** `lacks`: nothing could be given, for it is kept for sales of this region. */
  | { readonly type: 'gave'; readonly id: number; readonly lacks: boolean }
  | { readonly type: 'late'; readonly id: number }

export type GiftAction =
  /** In this order. `reserved`: by SKU, what is kept for sales of this region. */
  | { readonly type: 'give'; readonly id: number; readonly reserved: ReadonlyMap<string, number> }
  /** Say what was given. */
  | { readonly type: 'answer'; readonly id: number }
  | { readonly type: 'hold'; readonly id: number; readonly untilMs: number }

export interface GiftStep {
  readonly state: GiftQueueState
  readonly actions: readonly GiftAction[]
}

export function openGiftQueue(region: RegionId): GiftQueueState {
  const none = new Map()
  return { region, claims: none, claimants: none, ready: [], giving: none, held: none }
}

export function stepGifts(state: GiftQueueState, input: GiftInput, nowMs: number): GiftStep {
  switch (input.type) {
    case 'claims':
      return release(withClaims(state, input.begun), new Set(input.ended))
    case 'ask':
      return giveNext({ ...state, ready: [...state.ready, input.ask] }, [])
    case 'gave':
      return gave(state, input.id, input.lacks, nowMs)
    case 'late': {
      if (!state.held.has(input.id)) return { state, actions: [] }
      return { state: { ...state, held: without(state.held, input.id) }, actions: [{ type: 'answer', id: input.id }] }
    }
  }
}

/** What is kept of a SKU for sales of this region that come before one of `from` that waits since then. */
export function reservedOf(state: GiftQueueState, sku: string, from: RegionId, sinceMs: number | null): number {
  let reserved = 0
  for (const claim of state.claimants.get(sku) ?? []) {
    const isOlder = sinceMs === null || claim.sinceMs < sinceMs || (claim.sinceMs === sinceMs && state.region < from)
    if (isOlder) reserved += claim.needs.get(sku) ?? 0
  }
  return reserved
}

function withClaims(state: GiftQueueState, begun: readonly Claim[]): GiftQueueState {
  if (begun.length === 0) return state
  const claims = new Map(state.claims)
  const more = new Map<string, Claim[]>()
  for (const claim of begun) {
    claims.set(claim.id, claim)
    for (const sku of claim.needs.keys()) {
      const list = more.get(sku)
      if (list) list.push(claim)
      else more.set(sku, [...(state.claimants.get(sku) ?? []), claim])
    }
  }
  return { ...state, claims, claimants: new Map([...state.claimants, ...more]) }
}

function release(state: GiftQueueState, ended: ReadonlySet<number>): GiftStep {
  const claims = new Map(state.claims)
  const skus = new Set<string>()
  for (const id of ended) {
    for (const sku of claims.get(id)?.needs.keys() ?? []) skus.add(sku)
    claims.delete(id)
  }
  if (skus.size === 0) return { state: { ...state, claims }, actions: [] }
  const claimants = new Map(state.claimants)
  for (const sku of skus) {
    const rest = (claimants.get(sku) ?? []).filter(({ id }) => !ended.has(id))
    if (rest.length === 0) claimants.delete(sku)
    else claimants.set(sku, rest)
  }
  const freed = [...state.held.values()].filter(({ items }) => items.some(({ sku }) => skus.has(sku)))
  const held = new Map(state.held)
  for (const ask of freed) held.delete(ask.id)
  return giveNext({ ...state, claims, claimants, held, ready: [...state.ready, ...freed] }, [])
}

function gave(state: GiftQueueState, id: number, lacks: boolean, nowMs: number): GiftStep {
  const ask = state.giving.get(id)
  if (ask === undefined) return { state, actions: [] }
  const next = { ...state, giving: without(state.giving, id) }
  if (!lacks || nowMs >= ask.untilMs || state.held.size >= maximumHeld) return giveNext(next, [{ type: 'answer', id }])
  // A sale that was over meanwhile frees what it kept: it is asked for once more, at once.
  if (!ask.items.some(({ sku, sinceMs }) => reservedOf(state, sku, ask.from, sinceMs) > 0))
    return giveNext({ ...next, ready: [...next.ready, ask] }, [])
  const held = new Map(next.held).set(id, ask)
  return giveNext({ ...next, held }, [{ type: 'hold', id, untilMs: ask.untilMs }])
}

/** While some are being given, the next gather, so that the older of them go first. */
function giveNext(state: GiftQueueState, actions: readonly GiftAction[]): GiftStep {
  if (state.giving.size > 0 || state.ready.length === 0) return { state, actions }
  const ordered = state.ready.toSorted((left, right) => ageOf(left) - ageOf(right) || (left.from < right.from ? -1 : 1))
  const gives = ordered.map((ask): GiftAction => {
    const reserved = new Map(ask.items.map(({ sku, sinceMs }) => [sku, reservedOf(state, sku, ask.from, sinceMs)]))
    return { type: 'give', id: ask.id, reserved }
  })
  const giving = new Map(ordered.map((ask) => [ask.id, ask]))
  return { state: { ...state, ready: [], giving }, actions: [...actions, ...gives] }
}

function ageOf({ items }: Ask): number {
  return Math.min(...items.map(({ sinceMs }) => sinceMs ?? Number.MAX_SAFE_INTEGER))
}

function without<Value>(map: ReadonlyMap<number, Value>, id: number): ReadonlyMap<number, Value> {
  const rest = new Map(map)
  rest.delete(id)
  return rest
}
