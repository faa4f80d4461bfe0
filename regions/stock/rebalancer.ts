// The rebalancer as a pure state machine: which peers are asked for rights to which SKUs, when, and which of the sales that
// wait are worth another try (S4). Owns no clock, no socket and no SQL: rights-broker.ts drives it.
//
// - One round at a time for a SKU, however many sales wait for it; one request to a peer holds many SKUs.
// - A round asks the peers that are known to hold the units, all at once; the others where those gave less.
// - A round is over once what its sales lack has come: they do not wait for whoever is asked beyond that, or is slow.
// - A sale is settled when the rounds of all its SKUs are over, or its time is. Units are not set aside for it: it is
//   worth another try if something came of everything that it lacked, and is over else.
// - Lines that seem to be had nowhere are asked for first, alone: an order that cannot be filled moves nothing else.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { RightsItem } from '../replication/peer.ts'
import { LateAnswers } from './late-answers.ts'
import { linesThatWait, neededOf, planRound, requestsOf, skusOf, sumOf } from './rights-plan.ts'
import {
  awayMs,
  type EditableSale,
  editableCopy,
  type Flight,
  isHopeless,
  type Known,
  maximumRounds,
  maximumSales,
  openRound,
  openSale,
  type RightsAction,
  type RightsInput,
  type RightsState,
  type RightsStep,
  type Round,
  type Sale,
  type WaitingSale,
} from './rights-state.ts'

/** The next state and what to do, in order. Inputs that come too late change nothing. */
export function stepRights(state: RightsState, input: RightsInput, nowMs: number): RightsStep {
  const draft = new Draft(state, nowMs)
  switch (input.type) {
    case 'sales':
      for (const sale of input.sales) draft.take(sale)
      break
    case 'low':
      for (const sku of input.skus) draft.lookAhead(sku)
      break
    case 'looked':
      draft.looked(input.known)
      break
    case 'answered':
      draft.landed(input.request, input.given)
      break
    case 'failed':
      draft.landed(input.request, null)
      break
    case 'timer':
      draft.expire(input.untilMs)
      break
  }
  return draft.end()
}

/** A state while it is changed; what was handed in stays as it is. */
class Draft {
  readonly #nowMs: number
  readonly #peers: readonly RegionId[]
  readonly #sales: Map<number, WaitingSale>
  readonly #rounds: Map<string, Round>
  readonly #queues: Map<RegionId, RightsItem[]>
  readonly #flights: Map<number, Flight>
  readonly #awayUntilMs: Map<RegionId, number>
  readonly #late: LateAnswers
  readonly #edited = new Map<number, EditableSale>()
  readonly #actions: RightsAction[] = []
  readonly #look: string[] = []
  #requests: number

  constructor(state: RightsState, nowMs: number) {
    this.#nowMs = nowMs
    this.#peers = state.peers
    this.#sales = new Map(state.sales)
    this.#rounds = new Map(state.rounds)
    this.#queues = new Map([...state.queues].map(([peer, items]) => [peer, [...items]]))
    this.#flights = new Map(state.flights)
    this.#awayUntilMs = new Map(state.awayUntilMs)
    this.#late = new LateAnswers(state.late)
    this.#requests = state.requests
  }

  take(sale: Sale): void {
    if (this.#sales.size >= maximumSales) {
      this.#actions.push({ type: 'settle', sale: sale.id, helped: false, unreachable: new Set(this.#peers) })
      return
    }
    this.#sales.set(sale.id, openSale(sale))
    for (const { sku } of sale.lines) this.#join(sku, sale.id)
  }

  lookAhead(sku: string): void {
    if (!this.#rounds.has(sku) && this.#rounds.size < maximumRounds) this.#begin(sku, [])
  }

  looked(known: readonly Known[]): void {
    const looking = known.filter(({ sku }) => this.#rounds.get(sku)?.stage === 'looking')
    this.#postpone(looking)
    for (const one of looking) this.#plan(one)
  }

  /** `given` is null where the peer could not be asked. */
  landed(request: number, given: ReadonlyMap<string, number> | null): void {
    const flight = this.#flights.get(request)
    if (flight === undefined) return
    this.#flights.delete(request)
    if (given === null) this.#awayUntilMs.set(flight.peer, this.#nowMs + awayMs)
    for (const sku of flight.skus) {
      const units = given?.get(sku) ?? 0
      const isLate = this.#late.landed(sku, flight.peer)
      const round = this.#rounds.get(sku)
      // While the rows are being read, what comes late is among them.
      if (round === undefined || (isLate && round.stage === 'looking')) continue
      const asked = new Set(round.asked)
      if (!isLate) asked.delete(flight.peer)
      const failed = given === null ? new Set(round.failed).add(flight.peer) : round.failed
      // Who has nothing is not asked for more.
      const unasked = units > 0 ? round.unasked : round.unasked.filter((peer) => peer !== flight.peer)
      const next = { ...round, asked, failed, unasked, came: round.came + units }
      this.#rounds.set(sku, next)
      if (asked.size === 0) this.#goOn(next)
      else if (next.lack > 0 && next.came >= next.lack) {
        this.#late.add(sku, asked)
        this.#over(next, true)
      }
    }
  }

  expire(untilMs: number): void {
    for (const sale of this.#sales.values()) {
      if (sale.untilMs > untilMs) continue
      const unreachable = new Set(sale.unreachable)
      for (const sku of sale.open) for (const peer of this.#rounds.get(sku)?.asked ?? []) unreachable.add(peer)
      this.#settle(sale, false, unreachable)
    }
  }

  end(): RightsStep {
    if (this.#look.length > 0) this.#actions.unshift({ type: 'look', skus: [...new Set(this.#look)] })
    for (const peer of this.#queues.keys()) this.#dispatch(peer)
    const state = {
      peers: this.#peers,
      sales: this.#sales,
      rounds: this.#rounds,
      queues: this.#queues,
      flights: this.#flights,
      awayUntilMs: this.#awayUntilMs,
      late: this.#late.all,
      requests: this.#requests,
    }
    return { state, actions: this.#actions }
  }

  #join(sku: string, sale: number): void {
    const round = this.#rounds.get(sku)
    if (round === undefined) this.#begin(sku, [sale])
    else if (round.stage === 'looking') this.#rounds.set(sku, { ...round, sales: [...round.sales, sale] })
    else this.#rounds.set(sku, { ...round, later: [...round.later, sale] })
  }

  #begin(sku: string, sales: readonly number[]): void {
    this.#rounds.set(sku, openRound(sku, sales))
    this.#look.push(sku)
  }

  /** Of sales with lines that all that is known does not do for, the other lines wait. */
  #postpone(known: readonly Known[]): void {
    const totals = new Map(known.map(({ sku, held, peers }) => [sku, held + sumOf(peers.values())]))
    const sales = new Set(known.flatMap(({ sku }) => this.#rounds.get(sku)?.sales ?? []))
    for (const id of sales) {
      const sale = this.#sales.get(id)
      const likely = sale && linesThatWait(sale, totals)
      if (sale === undefined || !likely) continue
      const open = new Set(sale.open)
      for (const { sku } of likely) {
        open.delete(sku)
        const round = this.#rounds.get(sku)
        if (round) this.#rounds.set(sku, { ...round, sales: round.sales.filter((other) => other !== id) })
      }
      this.#sales.set(id, { ...sale, open, postponed: [...sale.postponed, ...likely] })
    }
  }

  #plan(known: Known): void {
    const round = this.#rounds.get(known.sku)
    if (round === undefined) return
    const late = this.#late.of(known.sku)
    const away = new Set(this.#peers.filter((peer) => this.#isAway(peer)))
    const sales = this.#salesOf(round)
    const { item, lack, asks, rest } = planRound(known, sales, new Set([...away, ...(late ?? [])]))
    // Those that are still to answer are asked once they have.
    const unasked = [...rest, ...(late ?? [])]
    const asking: Round = { ...round, stage: 'asking', item, lack, failed: away, asked: new Set(), unasked }
    this.#rounds.set(known.sku, asking)
    if (sales.length > 0 && lack === 0) this.#over(asking, true)
    else this.#ask(asking, asks)
  }

  #ask(round: Round, asks: readonly { readonly peer: RegionId; readonly item: RightsItem }[]): void {
    for (const { peer, item } of asks) {
      const queue = this.#queues.get(peer)
      if (queue) queue.push(item)
      else this.#queues.set(peer, [item])
    }
    const next = { ...round, asked: new Set(asks.map(({ peer }) => peer)) }
    this.#rounds.set(round.sku, next)
    if (asks.length === 0) this.#goOn(next)
  }

  /** Every peer that was asked has answered: those that were not are asked for what still lacks, or it is over. */
  #goOn(round: Round): void {
    const lack = round.lack - round.came
    const late = this.#late.of(round.sku)
    const waiting = round.unasked.filter((peer) => late?.has(peer))
    const others = round.unasked.filter((peer) => !late?.has(peer))
    const reachable = others.filter((peer) => !this.#isAway(peer))
    const away = others.filter((peer) => this.#isAway(peer))
    const next = { ...round, failed: new Set([...round.failed, ...away]), unasked: waiting }
    if (lack > 0 && reachable.length === 0 && waiting.length > 0 && this.#salesOf(round).length > 0) {
      // What is under way from them may be just what lacks.
      this.#late.take(round.sku)
      this.#rounds.set(round.sku, { ...next, asked: new Set(waiting) })
    } else if (lack <= 0 || reachable.length === 0 || this.#salesOf(round).length === 0)
      this.#over(next, round.came > 0)
    else
      this.#ask(
        next,
        reachable.map((peer) => ({ peer, item: { ...round.item, units: lack, extra: 0 } })),
      )
  }

  #over(round: Round, helped: boolean): void {
    this.#rounds.delete(round.sku)
    this.#actions.push({ type: 'over', sku: round.sku, came: round.came })
    for (const id of round.sales) this.#lineOver(id, round, helped)
    // What came beyond is for those that came later; were it too little, they ask again.
    if (round.came > round.lack) for (const id of round.later) this.#lineOver(id, round, true)
    else if (round.later.length > 0) this.#begin(round.sku, round.later)
  }

  #lineOver(id: number, round: Round, helped: boolean): void {
    const sale = this.#editable(id)
    if (sale === undefined) return
    sale.open.delete(round.sku)
    if (helped) sale.came.add(round.sku)
    for (const peer of round.failed) sale.unreachable.add(peer)
    if (sale.open.size > 0) return
    const isOver = isHopeless(sale)
    if (isOver || sale.postponed.length === 0) this.#settle(sale, !isOver, sale.unreachable)
    else {
      this.#sales.set(id, { ...sale, open: skusOf(sale.postponed), postponed: [] })
      for (const { sku } of sale.postponed) this.#join(sku, id)
    }
  }

  /** A copy of this step's own: made once, for an order may have thousands of lines whose rounds end together. */
  #editable(id: number): EditableSale | undefined {
    const sale = this.#sales.get(id)
    if (sale === undefined) return undefined
    const known = this.#edited.get(id)
    if (sale === known) return known
    const copy = editableCopy(sale)
    this.#edited.set(id, copy)
    this.#sales.set(id, copy)
    return copy
  }

  #settle(sale: WaitingSale, helped: boolean, unreachable: ReadonlySet<RegionId>): void {
    this.#sales.delete(sale.id)
    this.#actions.push({ type: 'settle', sale: sale.id, helped, unreachable })
  }

  #dispatch(peer: RegionId): void {
    const { requests, rest } = requestsOf(this.#queues.get(peer) ?? [], this.#flights.values(), peer)
    for (const items of requests) {
      this.#requests += 1
      const request = this.#requests
      this.#flights.set(request, { peer, skus: items.map(({ sku }) => sku) })
      this.#actions.push({ type: 'ask', request, peer, items })
    }
    if (rest.length > 0) this.#queues.set(peer, rest)
    else this.#queues.delete(peer)
  }

  /** Older ones first; those whose time is over are no longer there. */
  #salesOf(round: Round): readonly WaitingSale[] {
    return round.sales.flatMap((id) => this.#sales.get(id) ?? []).filter((sale) => neededOf(sale, round.sku) > 0)
  }

  #isAway(peer: RegionId): boolean {
    const untilMs = this.#awayUntilMs.get(peer) ?? 0
    // A clock that was set back must not keep a peer away.
    return untilMs > this.#nowMs && untilMs - this.#nowMs <= awayMs
  }
}
