import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RightsItem } from '../replication/peer.ts'
import { noNeed } from './demand.ts'
import { stepRights } from './rebalancer.ts'
import {
  awayMs,
  type Known,
  maximumInFlight,
  maximumSales,
  openRights,
  type RightsAction,
  type RightsInput,
  type RightsState,
} from './rights-state.ts'

const peers = ['ap', 'us']

/** A machine with what it has said to do so far. */
class Desk {
  state: RightsState = openRights(peers)
  nowMs = 0
  readonly asked: Extract<RightsAction, { type: 'ask' }>[] = []
  readonly settled: Extract<RightsAction, { type: 'settle' }>[] = []
  readonly looks: string[][] = []

  do(input: RightsInput): void {
    const before = JSON.stringify(this.state, withMaps)
    const { state, actions } = stepRights(this.state, input, this.nowMs)
    expect(JSON.stringify(this.state, withMaps)).toBe(before)
    this.state = state
    for (const action of actions) {
      if (action.type === 'ask') this.asked.push(action)
      if (action.type === 'settle') this.settled.push(action)
      if (action.type === 'look') this.looks.push([...action.skus])
    }
  }

  sale(id: number, needs: Record<string, number>, sinceMs = id): void {
    const lines = Object.entries(needs).map(([sku, units]) => ({ sku, needed: units, missing: units }))
    this.do({ type: 'sales', sales: [{ id, sinceMs, untilMs: this.nowMs + 5_000, lines }] })
  }

  looked(...known: readonly (Partial<Known> & { sku: string; at: Record<string, number> })[]): void {
    const full = known.map(({ at, ...one }) => ({
      held: 0,
      need: noNeed,
      peers: new Map(peers.map((peer) => [peer, at[peer] ?? 0])),
      ...one,
    }))
    this.do({ type: 'looked', known: full })
  }

  answer(request: number, given: Record<string, number>): void {
    this.do({ type: 'answered', request, given: new Map(Object.entries(given)) })
  }

  /** The items of one request, in short. */
  items(request: number): Record<string, number> {
    const items: readonly RightsItem[] = this.asked.find((action) => action.request === request)?.items ?? []
    return Object.fromEntries(items.map(({ sku, units, extra }) => [sku, units + extra]))
  }
}

function withMaps(_: string, value: unknown): unknown {
  return value instanceof Map || value instanceof Set ? [...value] : value
}

describe('the rebalancer', () => {
  it('S4: a multi-line sale asks different peers at once and is worth another try when all of it came', () => {
    const desk = new Desk()
    desk.sale(1, { mug: 2, hat: 1 })
    expect(desk.looks).toEqual([['mug', 'hat']])
    desk.looked({ sku: 'mug', at: { us: 5 } }, { sku: 'hat', at: { ap: 5 } })
    expect(desk.asked.map(({ peer, items }) => [peer, items.map(({ sku }) => sku)])).toEqual([
      ['us', ['mug']],
      ['ap', ['hat']],
    ])
    desk.answer(1, { mug: 2 })
    expect(desk.settled).toEqual([])
    desk.answer(2, { hat: 1 })
    expect(desk.settled).toMatchObject([{ sale: 1, helped: true }])
  })

  it('S4: a sale that has what it lacked waits for no further peer, and who comes meanwhile does not ask that one again', () => {
    const desk = new Desk()
    desk.sale(1, { mug: 2 })
    desk.looked({ sku: 'mug', at: { us: 5, ap: 5 }, need: { low: 9, perHour: 900, target: 27 } })
    expect(desk.asked.map(({ peer }) => peer)).toEqual(['ap', 'us'])
    desk.sale(2, { mug: 3 })
    desk.answer(2, { mug: 2 })
    expect(desk.settled).toMatchObject([{ sale: 1, helped: true }])
    desk.looked({ sku: 'mug', at: { us: 5, ap: 5 } })
    expect(desk.asked.map(({ peer }) => peer)).toEqual(['ap', 'us', 'us'])
    desk.answer(3, { mug: 3 })
    expect(desk.settled).toMatchObject([{ sale: 1 }, { sale: 2, helped: true }])
    desk.answer(1, { mug: 5 })
    desk.sale(3, { mug: 1 })
    desk.looked({ sku: 'mug', at: { ap: 5 } })
    expect(desk.asked.at(-1)?.peer).toBe('ap')
  })

  it('S4: what is still under way from an earlier asking is waited for where it may be just what lacks', () => {
    const desk = new Desk()
    desk.sale(1, { mug: 2 })
    desk.looked({ sku: 'mug', at: { us: 2, ap: 5 }, need: { low: 9, perHour: 900, target: 27 } })
    desk.answer(2, { mug: 2 })
    expect(desk.settled).toMatchObject([{ sale: 1, helped: true }])
    desk.sale(2, { mug: 3 })
    desk.looked({ sku: 'mug', at: { us: 0, ap: 5 } })
    desk.answer(3, {})
    expect(desk.settled).toHaveLength(1)
    desk.answer(1, { mug: 5 })
    expect(desk.settled).toMatchObject([{ sale: 1 }, { sale: 2, helped: true }])
  })

  it('S4: what comes late counts for who waits by then, and whoever it came from is asked for the rest', () => {
    const late = () => {
      const desk = new Desk()
      desk.sale(1, { mug: 2 })
      desk.looked({ sku: 'mug', at: { us: 2, ap: 20 }, need: { low: 9, perHour: 900, target: 27 } })
      desk.answer(2, { mug: 2 })
      desk.sale(2, { mug: 9 })
      desk.looked({ sku: 'mug', at: { us: 0, ap: 20 } })
      return desk
    }
    const enough = late()
    enough.answer(1, { mug: 9 })
    expect(enough.settled).toMatchObject([{ sale: 1 }, { sale: 2, helped: true }])
    const some = late()
    some.answer(1, { mug: 5 })
    some.answer(3, {})
    expect(some.asked.at(-1)).toMatchObject({ peer: 'ap', items: [{ sku: 'mug', units: 4 }] })
    some.answer(4, { mug: 4 })
    expect(some.settled).toMatchObject([{ sale: 1 }, { sale: 2, helped: true }])
    const nothing = late()
    nothing.answer(3, {})
    nothing.answer(1, {})
    expect(nothing.asked.length).toBe(3)
    expect(nothing.settled).toMatchObject([{ sale: 1 }, { sale: 2, helped: false }])
  })

  it('S4: an order that cannot be filled moves nothing: the line that is had nowhere is asked for alone', () => {
    const desk = new Desk()
    desk.sale(1, { mug: 2, hat: 9 })
    desk.looked({ sku: 'mug', at: { us: 5 } }, { sku: 'hat', at: { us: 3 } })
    expect(desk.asked.map(({ peer, items }) => [peer, items.map(({ sku }) => sku)])).toEqual([
      ['us', ['hat']],
      ['ap', ['hat']],
    ])
    desk.answer(1, {})
    desk.answer(2, {})
    expect(desk.settled).toMatchObject([{ sale: 1, helped: false }])
    expect(desk.asked.length).toBe(2)
  })

  it('S4: where that line came after all, the others are asked for then', () => {
    const desk = new Desk()
    desk.sale(1, { mug: 2, hat: 4 })
    desk.looked({ sku: 'mug', at: { us: 5 } }, { sku: 'hat', at: { us: 3 } })
    desk.answer(1, { hat: 4 })
    desk.answer(2, {})
    desk.looked({ sku: 'mug', at: { us: 5 } })
    expect(desk.items(3)).toEqual({ mug: 2 })
    desk.answer(3, { mug: 2 })
    expect(desk.settled).toMatchObject([{ sale: 1, helped: true }])
  })

  it('S4: sales that come while a SKU is being asked for wait for the answer, and ask again only where it was too little', () => {
    const desk = new Desk()
    desk.sale(1, { mug: 2 })
    desk.looked({ sku: 'mug', at: { us: 9 }, need: { low: 1, perHour: 60, target: 3 } })
    for (const id of [2, 3]) desk.sale(id, { mug: 1 })
    expect(desk.items(1)).toEqual({ mug: 5 })
    desk.answer(1, { mug: 5 })
    expect(desk.settled.map(({ sale, helped }) => [sale, helped])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ])
    for (const id of [4, 5]) desk.sale(id, { mug: 1 })
    desk.looked({ sku: 'mug', at: { us: 1 } })
    desk.sale(6, { mug: 1 })
    expect(desk.asked.length).toBe(3)
    desk.answer(2, { mug: 1 })
    desk.answer(3, {})
    expect(desk.looks.at(-1)).toEqual(['mug'])
    expect([...(desk.state.rounds.get('mug')?.sales ?? [])]).toEqual([6])
  })

  it('S4: at most so many requests to a peer are under way; SKUs that come meanwhile travel together', () => {
    const desk = new Desk()
    for (let id = 1; id <= 10; id++) {
      desk.sale(id, { [`sku-${id}`]: 1 })
      desk.looked({ sku: `sku-${id}`, at: { us: 9 } })
    }
    expect(desk.asked.length).toBe(maximumInFlight)
    desk.answer(1, { 'sku-1': 1 })
    expect(desk.asked.length).toBe(maximumInFlight + 1)
    expect(Object.keys(desk.items(maximumInFlight + 1)).length).toBe(10 - maximumInFlight)
  })

  it('S4: a peer that could not be asked counts as unreachable for a moment, without being asked again', () => {
    const desk = new Desk()
    desk.sale(1, { mug: 2 })
    desk.looked({ sku: 'mug', at: { us: 9 } })
    desk.do({ type: 'failed', request: 1 })
    expect(desk.asked.map(({ peer }) => peer)).toEqual(['us', 'ap'])
    desk.answer(2, {})
    expect(desk.settled).toMatchObject([{ sale: 1, helped: false, unreachable: new Set(['us']) }])
    desk.sale(2, { mug: 2 })
    desk.looked({ sku: 'mug', at: { us: 9 } })
    expect(desk.asked.map(({ peer }) => peer)).toEqual(['us', 'ap', 'ap'])
    desk.nowMs += awayMs
    desk.sale(3, { hat: 2 })
    desk.looked({ sku: 'hat', at: { us: 9 } })
    expect(desk.asked.map(({ peer }) => peer)).toEqual(['us', 'ap', 'ap', 'us'])
  })

  it('S4: more sales than can wait are told at once that nobody could be asked', () => {
    const desk = new Desk()
    const lines = [{ sku: 'mug', needed: 1, missing: 1 }]
    const sales = Array.from({ length: maximumSales + 1 }, (_, id) => ({ id, sinceMs: id, untilMs: 5_000, lines }))
    desk.state = stepRights(desk.state, { type: 'sales', sales: sales.slice(0, -1) }, 0).state
    const { actions } = stepRights(desk.state, { type: 'sales', sales: sales.slice(-1) }, 0)
    expect(actions).toMatchObject([{ type: 'settle', sale: maximumSales, helped: false, unreachable: new Set(peers) }])
  })

  it('S4: whatever peers answer, and in whatever order, every sale is settled once and nothing stays behind', () => {
    const sale = fc.record({
      needs: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 9 }), { minKeys: 1 }),
    })
    const event = fc.oneof(
      { weight: 3, arbitrary: sale },
      { weight: 4, arbitrary: fc.record({ landing: fc.nat(), units: fc.nat(9), fails: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ looks: fc.nat(9) }) },
      { weight: 1, arbitrary: fc.record({ low: fc.constantFrom('a', 'b', 'c') }) },
      { weight: 1, arbitrary: fc.record({ expires: fc.constant(true) }) },
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const desk = new Desk()
        let sales = 0
        const land = (place: number, units: number, fails: boolean) => {
          const flights = [...desk.state.flights]
          const [request, flight] = flights[place % Math.max(1, flights.length)] ?? []
          if (request === undefined || flight === undefined) return
          if (fails) desk.do({ type: 'failed', request })
          else desk.answer(request, Object.fromEntries(flight.skus.map((sku) => [sku, units])))
        }
        const look = (units: number) => {
          const looking = [...desk.state.rounds.values()].filter(({ stage }) => stage === 'looking')
          const need = { low: 2, perHour: 60, target: 6 }
          desk.looked(...looking.map(({ sku }) => ({ sku, need, at: { us: units, ap: units % 3 } })))
        }
        const check = () => {
          for (const peer of peers) {
            const flights = [...desk.state.flights.values()].filter((flight) => flight.peer === peer)
            expect(flights.length).toBeLessThanOrEqual(maximumInFlight)
            const asked = [
              ...flights.flatMap(({ skus }) => skus),
              ...(desk.state.queues.get(peer) ?? []).map(({ sku }) => sku),
            ]
            expect(new Set(asked).size).toBe(asked.length)
          }
        }
        for (const step of events) {
          desk.nowMs += 50
          if ('needs' in step) desk.sale(++sales, step.needs)
          else if ('landing' in step) land(step.landing, step.units, step.fails)
          else if ('looks' in step) look(step.looks)
          else if ('low' in step) desk.do({ type: 'low', skus: [step.low] })
          else {
            const oldest = Math.min(...[...desk.state.sales.values()].map((one) => one.untilMs))
            desk.do({ type: 'timer', untilMs: oldest })
          }
          check()
        }
        for (let round = 0; round < 40 && desk.state.rounds.size + desk.state.flights.size > 0; round++) {
          look(0)
          while (desk.state.flights.size > 0) land(0, 0, false)
        }
        expect(desk.settled.map((one) => one.sale).sort((a, b) => a - b)).toEqual(
          Array.from({ length: sales }, (_, index) => index + 1),
        )
        const { rounds, flights, queues, late, sales: waiting } = desk.state
        expect([rounds.size, flights.size, queues.size, late.size, waiting.size]).toEqual([0, 0, 0, 0, 0])
      }),
    )
  })
})
