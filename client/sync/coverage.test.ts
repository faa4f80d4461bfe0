// What goes on being shown of accepted work while a scope that is to bring it is loading, and what does not.

import { encodeToken } from '@causeway/schema/clock/causal-token'
import type { DocumentState } from '@causeway/schema/documents/document'
import type { SyncItem } from '@causeway/schema/sync/items'
import type { ScopeRequest } from '@causeway/schema/sync/scope'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type CausewayClient, createClient } from '../client.ts'
import type { QueuedCommand } from '../outbox/outbox.ts'
import { memoryStorage } from '../storage/memory.ts'
import { Coverage } from './coverage.ts'
import { outcomesAt, ScriptedGateway } from './scripted-gateway.testing.ts'

const at = (value: DocumentState[string][string][number]['value'], wallMs = 1) => [
  { value, time: { wallMs, counter: 0 }, region: 'eu-west-1' },
]
const variant = { title: 'One', price: 1_250, currencyCode: 'GBP', claimed: ['0lqv2f3k80000', 'eu-west-1'] }
const mug: DocumentState = { fields: { title: at('Mug') }, variants: { mug: at(variant) } }
const line = { id: '1', sku: 'mug', quantity: 1, unitPrice: 1_250 }
const placed = {
  ...{ id: 'placed:eu-west-1', kind: 'placed', origin: 'eu-west-1', customerId: null, currencyCode: 'GBP' },
  ...{ lines: [line], adjustments: [], placedAt: null },
}

function ofScope(scope: string) {
  return {
    product: (): SyncItem => ({ kind: 'product', id: 'p', scopes: [scope], content: { state: mug } }),
    stock: (available: number, reserved: number): SyncItem => {
      const level = { available, reserved, leased: 0, onHand: available + reserved, rights: [] }
      return { kind: 'stock', id: 'mug', scopes: [scope], content: { level, updatedAt: 1 } }
    },
    order: (facts: object): SyncItem => {
      return { kind: 'order', id: 'o1', scopes: [scope], content: { state: { facts } as DocumentState } }
    },
  }
}

describe('accepted work and a scope that is still loading', () => {
  let gateway: ScriptedGateway
  let client: CausewayClient
  beforeEach(async () => {
    gateway = await new ScriptedGateway().start()
    client = await createClient({ url: gateway.url, storage: memoryStorage(), webSocket: WebSocket })
  })
  afterEach(async () => {
    await client.close()
    await gateway.stop()
  })

  const asked = (count: number) => expect.poll(() => gateway.asked.length).toBeGreaterThanOrEqual(count)
  /** Two items are still to come. */
  const loading = { phase: 'CATCHING_UP', loaded: 1, total: 3 } as const
  const available = () => client.stock('mug').get()?.available
  const shown = () => client.order('o1').get()

  /** The last mug is sold, and what held scopes bring is past the outcome. Gives the scopes' names, the one that loads last. */
  async function sellTheLast(more: () => Promise<unknown> = async () => {}) {
    await client.follow({ products: true, stock: ['mug'] })
    await asked(1)
    const catalogue = gateway.last.scopes[0]?.name ?? ''
    const { product, stock } = ofScope(catalogue)
    gateway.last.say({ 'eu-west-1': 1 }, { items: [product(), stock(1, 0)] })
    await expect.poll(available).toBe(1)
    const command = await client.placeOrder({ id: 'o1', lines: [{ sku: 'mug', quantity: 1 }] })
    await command.outcome
    await command.acknowledge()
    await more()
    expect(shown()?.status).toBe('PLACED')
    const scope = await client.follow({ orders: ['o1'] })
    await asked(2)
    const orders = gateway.last.scopes[1]?.name ?? ''
    const isShown: boolean[] = []
    client.order('o1').subscribe((view) => isShown.push(view !== undefined))
    gateway.last.say(outcomesAt, { held: [catalogue], ...loading, items: [stock(0, 1)] })
    await expect.poll(() => client.status().behind).toBe(2)
    return { catalogue, orders, scope, isShown }
  }

  it('R8: an accepted order goes on being shown until the scope that is to bring it is held, and its sale counts once', async () => {
    const { catalogue, orders, isShown } = await sellTheLast()
    expect(shown()?.status).toBe('PLACED')
    expect(client.stock('mug').get()).toMatchObject({ available: 0, reserved: 1 })
    const { pending, refused } = client.status()
    expect([pending, refused, client.commands()]).toEqual([0, 0, []])
    const facts = { [placed.id]: at(placed) }
    gateway.last.say({ 'eu-west-1': 9_001 }, { held: [catalogue, orders], items: [ofScope(orders).order(facts)] })
    await expect.poll(() => client.status().behind).toBe(0)
    expect(shown()?.status).toBe('PLACED')
    expect(isShown).not.toContain(false)
  })

  it('R8: of a return that has come with its order nothing is shown twice', async () => {
    const shipped = { id: 'shipped:s', kind: 'shipped', origin: 'eu-west-1', except: {}, note: null }
    const lines = [{ lineId: '1', sku: 'mug', quantity: 1, restock: true }]
    const returned = {
      id: 'returned:r',
      kind: 'returned',
      origin: 'eu-west-1',
      shipped: true,
      credited: true,
      lines,
      note: null,
    }
    const { catalogue, orders } = await sellTheLast(async () => {
      const command = await client.returnOrderLines({ id: 'o1', lines: [{ lineId: '1', quantity: 1 }] })
      await command.outcome
      await command.acknowledge()
    })
    expect(shown()?.lines[0]?.returnedQuantity).toBe(1)
    const two = { ...placed, lines: [{ ...line, quantity: 2 }] }
    const facts = { [placed.id]: at(two), [shipped.id]: at(shipped, 2), [returned.id]: at(returned, 3) }
    gateway.last.say(outcomesAt, { held: [catalogue], ...loading, items: [ofScope(orders).order(facts)] })
    await expect.poll(() => shown()?.lines[0]?.quantity).toBe(2)
    expect(shown()?.lines[0]?.returnedQuantity).toBe(1)
  })

  it('R8: what is waited for is shown no longer once nobody follows it, nor when it is followed again', async () => {
    const { scope } = await sellTheLast()
    expect(shown()?.status).toBe('PLACED')
    await scope.unfollow()
    expect(shown()).toBeUndefined()
    await client.follow({ orders: ['o1'] })
    expect(shown()).toBeUndefined()
  })

  it('R8: an order that is in none of the scopes when they have come is shown no longer', async () => {
    const { catalogue, orders } = await sellTheLast()
    gateway.last.say({ 'eu-west-1': 9_001 }, { held: [catalogue, orders] })
    await expect.poll(shown).toBeUndefined()
  })
})

describe('coverage', () => {
  const scope = (name: string, more: Partial<ScopeRequest>): ScopeRequest => {
    return { name, stock: [], orders: [], carts: [], ...more }
  }
  const command = (name: QueuedCommand['name'], input: object): QueuedCommand => {
    return { id: 'c1', name, input, queuedAt: 0, time: '0lqv2f3k80000' }
  }
  const place = command('placeOrder', { id: 'o1', customerId: 'ada', lines: [] })
  const token = encodeToken({ 'eu-west-1': 5 })

  /** What a scope that is held and one that is loading make of it. */
  function covered(of: QueuedCommand, held: Partial<ScopeRequest>, loading: Partial<ScopeRequest>, reached = 5) {
    const place = { cursor: null, at: { 'eu-west-1': reached }, held: ['h'], region: null, regions: [], offsetMs: 0 }
    const scopes = [scope('h', held), scope('l', loading)]
    return new Coverage({ scopes: () => scopes, place: () => place }).of(token, of)
  }

  it('R8: work waits for the scopes that may bring its documents, and for no others', () => {
    expect(covered(place, {}, { orders: ['o1'] }, 4)).toBe('behind')
    expect(covered(place, {}, { orders: ['o1'] })).toBe('counted')
    expect(covered(place, {}, { ordersOf: 'ada' })).toBe('counted')
    expect(covered(place, {}, { ordersOf: 'eve' })).toBe('whole')
    expect(covered(place, {}, { orders: ['o2'], stock: ['mug'], customer: 'ada', products: {} })).toBe('whole')
    expect(covered(place, { orders: ['o1'] }, { ordersOf: 'ada' })).toBe('whole')
    expect(covered(place, { ordersOf: 'ada' }, { orders: ['o1'] })).toBe('whole')
    // Whose order it is a cancellation does not say.
    expect(covered(command('cancelOrder', { id: 'o1' }), {}, { ordersOf: 'eve' })).toBe('counted')
    expect(covered(command('upsertCustomer', { id: 'ada' }), {}, { customer: 'ada' })).toBe('counted')
    expect(covered(command('receiveStock', { sku: 'mug', quantity: 1 }), {}, { stock: ['mug'] })).toBe('whole')
    const change = (kind: string, documentId: string) => command('change', { kind, documentId })
    expect(covered(change('cart', 'c1'), {}, { carts: ['c1'] })).toBe('counted')
    expect(covered(change('cart', 'c1'), {}, { carts: ['c2'] })).toBe('whole')
    expect(covered(change('contact', 'ada'), {}, { customer: 'ada' })).toBe('counted')
  })

  it('R8: what the data had whole once does not come back with a scope that is followed later', () => {
    const held: string[] = []
    const scopes = [scope('h', {})]
    const place = { cursor: null, at: { 'eu-west-1': 5 }, held, region: null, regions: [], offsetMs: 0 }
    const coverage = new Coverage({ scopes: () => scopes, place: () => ({ ...place, held }) })
    const work = command('placeOrder', { id: 'o1', lines: [] })
    expect(coverage.of(token, work)).toBe('whole')
    scopes.push(scope('l', { orders: ['o1'] }))
    expect(coverage.of(token, work)).toBe('whole')
  })
})
