// What an app reads from the views that it holds.

import { describe, expect, it } from 'vitest'
import { Replica } from './replica.ts'
import type { OrderStatus, OrderView, ProductView } from './views.ts'

function product(id: string, title: string, more: Partial<ProductView> = {}): ProductView {
  return { id, title, description: '', tags: [], archived: false, updatedAt: '', variants: [], ...more }
}

function order(id: string, placedAt: string, status: OrderStatus): OrderView {
  const nothing = { amount: '0.00', currencyCode: 'GBP' }
  const base = {
    fulfilmentState: 'UNFULFILLED',
    cancelled: false,
    customerId: null,
    region: 'eu-west-1',
    adjustments: [],
    lines: [],
  } as const
  return { id, placedAt, status, subtotal: nothing, total: nothing, ...base }
}

describe('the replica', () => {
  it('finds products by words and tag, in order of id, without archived ones', () => {
    const replica = new Replica()
    replica.put('product', 'b', product('b', 'Red mug', { tags: ['kitchen'] }))
    replica.put('product', 'a', product('a', 'Blue mug'))
    replica.put('product', 'c', product('c', 'Old mug', { archived: true }))
    expect(replica.products({ search: 'MUG' }).map((one) => one.id)).toEqual(['a', 'b'])
    expect(replica.products({ search: 'mug kitchen' }).map((one) => one.id)).toEqual(['b'])
    expect(replica.products({ tag: 'kitchen', first: 1 }).map((one) => one.id)).toEqual(['b'])
  })

  it('lists orders newest first', () => {
    const replica = new Replica()
    replica.put('order', 'o1', order('o1', '2026-01-01T00:00:00.000Z', 'PLACED'))
    replica.put('order', 'o2', order('o2', '2026-01-02T00:00:00.000Z', 'SHIPPED'))
    expect(replica.orders({}).map((one) => one.id)).toEqual(['o2', 'o1'])
    expect(replica.orders({ status: 'PLACED' }).map((one) => one.id)).toEqual(['o1'])
  })

  it('tells listeners of one view and of its kind, until they leave', () => {
    const replica = new Replica()
    const heard: string[] = []
    const leave = replica.listen('product/a', () => heard.push('a'))
    replica.listen('product', () => heard.push('any'))
    replica.put('product', 'a', product('a', 'Mug'))
    replica.put('product', 'b', product('b', 'Cup'))
    leave()
    replica.clear()
    expect(heard).toEqual(['a', 'any', 'any', 'any', 'any'])
    expect(replica.get('product', 'a')).toBeUndefined()
  })
})
