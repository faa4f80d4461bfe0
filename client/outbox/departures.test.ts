// What leaves together, what at the same time, and what has to wait for what.

import { describe, expect, it } from 'vitest'
import { departures, maximumCalls, maximumTogether, type Waiting } from './departures.ts'
import type { OutboxEntry, WorkName } from './outbox.ts'

function entry(number: number, name: WorkName, input: object): Waiting {
  const command = { id: `c${number}`, name, input, queuedAt: number, time: '0'.repeat(13) }
  return { state: 'waiting', command, unanswered: false, failures: 0, notBefore: 0 }
}

const change = (number: number, documentId: string, kind = 'cart') => entry(number, 'change', { kind, documentId })
const order = (number: number, ...skus: readonly string[]) =>
  entry(number, 'placeOrder', { id: `o${number}`, lines: skus.map((sku) => ({ sku, quantity: 1 })) })
const on = (state: 'sending' | 'failed', one: OutboxEntry, call = 1): OutboxEntry =>
  state === 'sending'
    ? { state, command: one.command, unanswered: false, failures: 0, call }
    : { state: 'waiting', command: one.command, unanswered: true, failures: 1, notBefore: 5_000 }

const calls = (entries: readonly OutboxEntry[]) => departures(entries, 1_000).calls

describe('what leaves the outbox', () => {
  it('orders of different products leave at the same time, each in a call of its own', () => {
    expect(calls([order(1, 'mug'), order(2, 'cup'), order(3, 'tea')])).toEqual([[0], [1], [2]])
  })

  it('S5, R2: of two orders for one product the first asks first', () => {
    expect(calls([order(1, 'mug', 'cup'), order(2, 'cup'), order(3, 'tea')])).toEqual([[0], [2]])
    expect(calls([on('sending', order(1, 'mug')), order(2, 'mug')])).toEqual([])
  })

  it('a sale waits for the delivery, the cancellation and the return before it, whose units it may need', () => {
    const delivery = entry(1, 'recordStockMovements', { movements: [{ sku: 'mug' }, { sku: 'cup' }] })
    expect(calls([delivery, order(2, 'cup')])).toEqual([[0]])
    expect(
      calls([entry(1, 'cancelOrder', { id: 'o9' }), order(2, 'cup'), entry(3, 'shipOrder', { id: 'o8' })]),
    ).toEqual([[0], [2]])
    expect(calls([order(1, 'mug'), entry(2, 'returnOrderLines', { id: 'o9', lines: [] })])).toEqual([[0]])
  })

  it('what is about one order, one customer or one lease keeps its order', () => {
    expect(calls([order(1, 'mug'), entry(2, 'shipOrder', { id: 'o1' })])).toEqual([[0]])
    const customer = entry(1, 'upsertCustomer', { id: 'ada' })
    const hers = entry(2, 'placeOrder', { id: 'o2', customerId: 'ada', lines: [] })
    expect(calls([customer, hers, change(3, 'ada', 'contact')])).toEqual([[0]])
    const leased = (number: number) =>
      entry(number, 'placeOrder', { id: `o${number}`, lines: [{ sku: 'mug' }], leases: [{ id: 'l1', sku: 'mug' }] })
    expect(calls([leased(1), leased(2), entry(3, 'closeLease', { id: 'l1' })])).toEqual([[0]])
    // What is sold from a lease competes with nobody.
    expect(calls([leased(1), order(2, 'mug')])).toEqual([[0], [1]])
  })

  it('nothing passes work that cannot be read', () => {
    expect(calls([entry(1, 'placeOrder', { id: 'o1' }), order(2, 'mug')])).toEqual([[0]])
  })

  it('R7: changes leave together, those of one document in their order, up to a bound, and what is behind them does not wait', () => {
    expect(calls([change(1, 'a'), order(2, 'mug'), change(3, 'a'), change(4, 'b')])).toEqual([[0, 2, 3], [1]])
    const many = Array.from({ length: maximumTogether + 20 }, (_, index) => change(index, `d${index % 7}`))
    expect(calls(many).map(({ length }) => length)).toEqual([maximumTogether])
    const second = calls(many.map((one, index) => (index < maximumTogether ? on('sending', one) : one)))
    expect(second).toEqual([])
    const third = calls([
      ...many.map((one, index) => (index < maximumTogether ? on('sending', one) : one)),
      change(900, 'x'),
    ])
    expect(third).toEqual([[maximumTogether + 20]])
  })

  it('R7: changes that are large together leave in several calls, in their order: a gateway reads no body without end', () => {
    const large = Array.from({ length: 40 }, (_, index) =>
      entry(index, 'change', { kind: 'cart', documentId: 'a', patches: 'x'.repeat(60_000) }),
    )
    expect(calls([...large, change(99, 'a')])).toEqual([Array.from({ length: 16 }, (_, index) => index)])
  })

  it('R7: a change waits for one of its document that failed, and says when that may be sent again', () => {
    const failed = on('failed', change(1, 'a'))
    expect(departures([failed, change(2, 'a'), change(3, 'b')], 1_000)).toEqual({ calls: [[2]], wakeAt: 5_000 })
  })

  it('I3: changes that may have been sent before are asked for apart from those that were not', () => {
    const again = { ...change(1, 'a'), unanswered: true }
    expect(calls([again, change(2, 'b'), change(3, 'c')])).toEqual([[0]])
  })

  it('changes of a contact leave apart from those of carts and of other contacts: each goes to its home', () => {
    const ada = (number: number) => change(number, 'ada', 'contact')
    expect(calls([ada(1), change(2, 'a'), ada(3), change(4, 'bob', 'contact')])).toEqual([[0, 2]])
    expect(calls([on('sending', ada(1)), change(2, 'a'), ada(3), change(4, 'bob', 'contact')])).toEqual([[1]])
  })

  it('no more calls than the bound are under way', () => {
    const orders = Array.from({ length: maximumCalls + 5 }, (_, index) => order(index, `sku-${index}`))
    expect(calls(orders)).toHaveLength(maximumCalls)
    const under = orders.map((one, index) => (index < maximumCalls - 2 ? on('sending', one, index) : one))
    expect(calls(under)).toEqual([[maximumCalls - 2], [maximumCalls - 1]])
  })
})
