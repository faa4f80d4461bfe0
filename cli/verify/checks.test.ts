import { describe, expect, it } from 'vitest'
import { checkDigests, type RegionContent, runChecks } from './checks.ts'
import type { OrderState, ProductState, StockState } from './region-state.ts'

const gbp = (amount: string) => ({ amount, currencyCode: 'GBP' })

function stock(change: Partial<StockState> = {}): StockState {
  const rights = [
    { region: 'eu', units: 5 },
    { region: 'us', units: 3 },
  ]
  return { sku: 'mug', available: 8, reserved: 2, leased: 0, onHand: 10, rights, ...change }
}

function product(level: StockState): ProductState {
  const variants = [{ id: 'variant:mug', sku: 'mug', title: 'Mug', price: gbp('12.50'), stock: level }]
  return {
    id: 'p1',
    title: 'Mug',
    description: '',
    tags: [],
    archived: false,
    updatedAt: '2026-01-01T00:00:00.000Z',
    variants,
  }
}

function order(change: Partial<OrderState> = {}): OrderState {
  return {
    id: 'o1',
    status: 'PLACED',
    paymentState: 'UNPAID',
    fulfilmentState: 'UNFULFILLED',
    cancelled: false,
    customerId: null,
    region: 'eu',
    placedAt: '2026-01-01T00:00:00.000Z',
    total: gbp('25.00'),
    lines: [{ id: '1', sku: 'mug', quantity: 3, returnedQuantity: 1, unitPrice: gbp('12.50') }],
    ...change,
  }
}

function content(region: string, level = stock(), orders = [order()]): RegionContent {
  return { region, products: new Map([['p1', product(level)]]), orders: new Map(orders.map((each) => [each.id, each])) }
}

function broken(...contents: RegionContent[]): string[] {
  return runChecks(contents).flatMap((check) => check.broken)
}

describe('causeway verify', () => {
  it('finds nothing where the regions are equal and the stock adds up', () => {
    expect(broken(content('eu'), content('us'))).toEqual([])
    expect(runChecks([content('eu'), content('us')]).map(({ checked }) => checked)).toEqual([1, 1, 1, 1])
  })

  it('names the documents that differ, and where', () => {
    expect(broken(content('eu'), content('us', stock(), [order({ status: 'PAID' })]))).toEqual([
      'order o1: us differ from eu',
    ])
    expect(broken(content('eu'), content('us', stock(), []))).toEqual(['order o1: not in us'])
  })

  it('S1: finds stock below zero and shares that do not add up', () => {
    const oversold = stock({ available: -1, onHand: 1, rights: [{ region: 'eu', units: -1 }] })
    expect(broken(content('eu', oversold))).toEqual(['stock mug: -1 available', 'stock mug: eu may sell -1'])
    expect(broken(content('eu', stock({ rights: [{ region: 'eu', units: 9 }] })))).toEqual([
      "stock mug: the regions' shares are 9, and 8 are available",
    ])
  })

  it('finds units that are reserved by no order', () => {
    expect(broken(content('eu', stock(), [order({ cancelled: true })]))).toEqual([
      'stock mug: 2 units reserved, and open orders hold 0 (or a till has signed a sale whose order has not come: leases(sku:))',
    ])
  })

  it('C3: finds digests that differ', () => {
    const statuses = [
      { id: 'eu', digest: 'aaaa' },
      { id: 'us', digest: 'bbbb' },
    ]
    expect(checkDigests(statuses).broken).toEqual(['digest of us: bbbb, and eu has aaaa'])
  })
})
