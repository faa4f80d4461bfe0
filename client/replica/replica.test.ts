// What an app reads from the replica: confirmed data, and on top of it what is pending.

import { genesisHeads } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { contactKind } from '@causeway/schema/documents/contact/kind'
import type { DocumentState } from '@causeway/schema/documents/document'
import type { Unit } from '@causeway/schema/documents/units/unit'
import { describe, expect, it } from 'vitest'
import type { HeldContent, HeldItem, Step } from './confirmed.ts'
import type { Pending } from './pending.ts'
import { Replica } from './replica.ts'

const time = { wallMs: 1_700_000_000_000, counter: 0 }
const register = (value: DocumentState[string][string][number]['value']) => [{ value, time, region: 'eu-west-1' }]

function product(id: string, title: string, tags: readonly string[] = [], archived = false): HeldItem {
  const claimed = ['0lqv2f3k80000', 'eu-west-1']
  const state = {
    fields: { title: register(title), archived: register(archived) },
    ...(tags.length > 0 && { tags: Object.fromEntries(tags.map((tag) => [tag, register(true)])) }),
    variants: { [`sku-${id}`]: register({ title: 'One', price: 1_250, currencyCode: 'GBP', claimed }) },
  }
  return { kind: 'product', id, scopes: ['s1'], content: { state } }
}

const stock = (sku: string, available: number, reserved = 0): HeldItem =>
  item('stock', sku, {
    level: { available, reserved, leased: 0, onHand: available + reserved, rights: [] },
    updatedAt: time.wallMs,
  })

function item(kind: HeldItem['kind'], id: string, content: HeldContent): HeldItem {
  return { kind, id, scopes: ['s1'], content }
}

function stepOf(...items: readonly HeldItem[]): Step {
  const place = { cursor: 'c', at: {}, held: ['s1'], region: 'eu-west-1', regions: ['eu-west-1'], offsetMs: 0 }
  return { items: new Map(items.map((one) => [`${one.kind}/${one.id}`, one])), place }
}

const order = (id: string, sku: string, quantity: number): Pending => ({
  type: 'command',
  id: `c-${id}`,
  name: 'placeOrder',
  time,
  input: { id, lines: [{ sku, quantity }] },
})

function unit(id: string, sku: string, quantity: number, base = genesisHeads(cartKind)): Pending {
  const patches = [{ map: 'lines', key: sku, value: { quantity } }]
  const made: Unit = { id, kind: 'cart', documentId: 'c1', base, dependsOn: [], patches, time, region: 'eu-west-1' }
  return { type: 'unit', id, unit: made }
}

describe('the replica', () => {
  it('finds products by words and tag, in order of id, without archived ones', () => {
    const replica = new Replica('ada')
    replica.update(
      stepOf(product('b', 'Red mug', ['kitchen']), product('a', 'Blue mug'), product('c', 'Old mug', [], true)),
      [],
    )
    expect(replica.products({ search: 'MUG' }).map((one) => one.id)).toEqual(['a', 'b'])
    expect(replica.products({ search: 'mug kitchen' }).map((one) => one.id)).toEqual(['b'])
    expect(replica.products({ tag: 'kitchen', first: 1 }).map((one) => one.id)).toEqual(['b'])
    expect(replica.get('product', 'a')?.variants[0]?.price).toEqual({ amount: '12.50', currencyCode: 'GBP' })
  })

  it('tells listeners of one view and of its kind, only where something looks different, until they leave', () => {
    const replica = new Replica('ada')
    replica.update(stepOf(product('a', 'Mug')), [])
    const first = replica.get('product', 'a')
    const heard: string[] = []
    const leave = replica.listen('product/a', () => heard.push('a'))
    replica.listen('product', () => heard.push('any'))
    replica.update(stepOf(product('a', 'Mug')), [])
    expect(heard).toEqual([])
    expect(replica.get('product', 'a')).toBe(first)
    replica.update(stepOf(product('a', 'Cup')), [])
    leave()
    replica.clear()
    expect(heard).toEqual(['a', 'any', 'any'])
    expect(replica.get('product', 'a')).toBeUndefined()
  })

  it('R3, R8: an effect shows at once, goes with its work, and comes and goes with the confirmed data in one moment', () => {
    const replica = new Replica('ada')
    replica.update(stepOf(product('a', 'Mug'), stock('sku-a', 10)), [])
    const seen: (number | undefined)[] = []
    replica.listen('stock/sku-a', () => seen.push(replica.get('stock', 'sku-a')?.available))
    const [first, second] = [order('o1', 'sku-a', 3), order('o2', 'sku-a', 4)]
    replica.update(null, [first])
    replica.update(null, [first, second])
    expect(
      replica
        .orders({})
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['o1', 'o2'])
    // The first one is confirmed, the second refused.
    replica.update(stepOf(stock('sku-a', 7, 3)), [second])
    replica.update(null, [])
    expect(seen).toEqual([7, 3, 7])
    expect(replica.orders({})).toEqual([])
  })

  it('runs what is pending again on what comes in: an order for which nothing is left is not shown any more', () => {
    const replica = new Replica('ada')
    const pending = [order('o1', 'sku-a', 8)]
    replica.update(stepOf(product('a', 'Mug'), stock('sku-a', 10)), pending)
    expect(replica.get('order', 'o1')?.status).toBe('PLACED')
    replica.update(stepOf(stock('sku-a', 5)), pending)
    expect(replica.get('order', 'o1')).toBeUndefined()
    expect(replica.get('stock', 'sku-a')?.available).toBe(5)
  })

  it('R3: what a shopper sends back is announced until its outcome comes, and what a till takes in is for sale at once', () => {
    const line = { id: '1', sku: 'sku-a', quantity: 3, unitPrice: 1_250 }
    const placed = {
      ...{ id: 'placed:eu-west-1', kind: 'placed', origin: 'eu-west-1', customerId: 'ada', currencyCode: 'GBP' },
      ...{ lines: [line], adjustments: [], placedAt: null },
    }
    const shipped = { id: 'shipped:s', kind: 'shipped', origin: 'eu-west-1', except: {}, note: null }
    const facts = { [placed.id]: register(placed), [shipped.id]: register(shipped) }
    const confirmed = stepOf(product('a', 'Mug'), stock('sku-a', 7), item('order', 'o1', { state: { facts } }))
    const input = { id: 'o1', lines: [{ lineId: '1', quantity: 2 }] }
    const back: Pending = { type: 'command', id: 'r1', name: 'returnOrderLines', time, input }
    const seen = (user: string) => {
      const replica = new Replica(user)
      replica.update(confirmed, [back])
      const [shown] = replica.get('order', 'o1')?.lines ?? []
      const { returnedQuantity, announcedQuantity } = shown ?? {}
      return { returnedQuantity, announcedQuantity, available: replica.get('stock', 'sku-a')?.available }
    }
    expect(seen('ada')).toEqual({ returnedQuantity: 2, announcedQuantity: 2, available: 7 })
    expect(seen('till')).toEqual({ returnedQuantity: 2, announcedQuantity: 0, available: 9 })
  })

  it('R7: a unit on a change that is gone is shown all the same until it is made anew', () => {
    const replica = new Replica('ada')
    const first = unit('device-unit-000001', 'a', 1)
    replica.update(stepOf(), [first])
    const heads = replica.heads('cart', 'c1', null)
    expect(heads).not.toEqual(genesisHeads(cartKind))
    expect(replica.heads('cart', 'c1', first.id)).toEqual(genesisHeads(cartKind))
    const second = unit('device-unit-000002', 'b', 2, heads)
    replica.update(null, [first, second])
    expect(replica.get('cart', 'c1')?.lines).toEqual([
      { sku: 'a', quantity: 1 },
      { sku: 'b', quantity: 2 },
    ])
    replica.update(null, [second])
    expect(replica.get('cart', 'c1')?.lines).toEqual([{ sku: 'b', quantity: 2 }])
  })

  it('what is changed of a contact shows above a command that was asked before it, and beside one asked later', () => {
    const replica = new Replica('ada')
    const at = (wallMs: number) => ({ wallMs, counter: 0 })
    const named = (id: string, wallMs: number, input: object): Pending => ({
      ...{ type: 'command', name: 'upsertCustomer', id, time: at(wallMs) },
      input: { id: 'ada', homeRegion: 'eu-west-1', ...input },
    })
    const patches = [{ map: 'fields', key: 'name', value: 'Ada by hand' }]
    const base = genesisHeads(contactKind)
    const made: Unit = {
      ...{ id: 'device-unit-000001', kind: 'contact', documentId: 'ada', base, dependsOn: [], patches },
      ...{ time: at(time.wallMs + 2), region: 'eu-west-1' },
    }
    const hand: Pending = { type: 'unit', id: made.id, unit: made }
    const first = named('c1', time.wallMs + 1, { name: 'Ada by command', email: 'ada@example.org' })
    const customer = item('customer', 'ada', { state: { fields: { homeRegion: register('eu-west-1') } } })
    replica.update(stepOf(customer), [first])
    expect(replica.get('customer', 'ada')).toMatchObject({ name: 'Ada by command', email: 'ada@example.org' })
    replica.update(null, [first, hand])
    expect(replica.get('customer', 'ada')).toMatchObject({ name: 'Ada by hand', email: 'ada@example.org' })
    replica.update(null, [first, hand, named('c2', time.wallMs + 3, { name: 'Ada at last' })])
    expect(replica.get('customer', 'ada')).toMatchObject({ name: 'Ada at last', email: 'ada@example.org' })
  })

  it('of what is pending, runs again what a change concerns and nothing else, with the same to see as if all were run', () => {
    const skus = ['a', 'b', 'c']
    const confirmed = stepOf(...skus.flatMap((sku) => [product(sku, sku), stock(`sku-${sku}`, 10)]))
    const orders = skus.flatMap((sku) => [order(`${sku}1`, `sku-${sku}`, 6), order(`${sku}2`, `sku-${sku}`, 5)])
    const replica = new Replica('ada')
    replica.update(confirmed, orders)
    const heard: string[] = []
    for (const sku of skus) replica.listen(`stock/sku-${sku}`, () => heard.push(sku))
    const show = (one: Replica) => ({
      orders: one.orders({}).map(({ id }) => id),
      stock: skus.map((sku) => one.get('stock', `sku-${sku}`)?.available),
    })
    expect(show(replica).stock).toEqual([4, 4, 4])
    // The first order of b is refused: the second one has room now.
    const left = orders.filter(({ id }) => id !== 'c-b1')
    replica.update(null, left)
    replica.update(stepOf(stock('sku-c', 11)), left)
    expect(heard).toEqual(['b', 'c'])
    const anew = new Replica('ada')
    anew.update(stepOf(...skus.flatMap((sku) => [product(sku, sku), stock(`sku-${sku}`, sku === 'c' ? 11 : 10)])), left)
    expect(show(replica)).toEqual(show(anew))
    expect(show(anew).stock).toEqual([4, 5, 0])
  })
})
