import { describe, expect, it } from 'vitest'
import { receiveStock } from '../../stock/commands.ts'
import type { Decision, Principal, UserError } from '../command.ts'
import { maximumOrderLines } from '../parsing.ts'
import { upsertProduct } from '../product/commands.ts'
import { SmallCluster } from '../testing/small-cluster.ts'
import type { SmallRegion } from '../testing/small-region.ts'
import { orderKind } from './kind.ts'
import { placeOrder } from './place.ts'
import { returnOrderLines } from './return.ts'
import { cancelOrder, deliverOrder, shipOrder } from './transitions.ts'

const shopper: Principal = { subject: 'c1', roles: ['customer'], region: null }
const gbp = (amount: string) => ({ amount, currencyCode: 'GBP' })

function shop(units = 10): SmallRegion {
  const region = new SmallCluster(['mug', 'hat'], ['eu']).region('eu')
  region.seed({ kind: 'customer', id: 'c1', edits: [{ map: 'fields', key: 'homeRegion', value: 'eu' }] })
  for (const sku of ['mug', 'hat']) region.run(receiveStock, { sku, quantity: units })
  return region
}

function errorsOf(decision: Decision): readonly UserError[] {
  if (decision.status === 'accepted') throw new Error('it was accepted')
  return decision.errors
}

function parseErrors(input: unknown): readonly UserError[] {
  const parsed = placeOrder.parse(input)
  return 'errors' in parsed ? parsed.errors : []
}

describe('placing an order', () => {
  it('charges the current price, names the lines and sums it all up', () => {
    const region = shop()
    const lines = [
      { sku: 'mug', quantity: 2 },
      { id: '1', sku: 'hat', quantity: 1 },
      { sku: 'mug', quantity: 1 },
    ]
    const adjustments = [{ kind: 'SHIPPING', label: 'post', amount: gbp('2.50') }]
    region.run(placeOrder, { id: 'o1', customerId: 'c1', lines, adjustments }, { principal: shopper })
    const order = region.view(orderKind, 'o1')
    expect(order).toMatchObject({
      status: 'PLACED',
      customerId: 'c1',
      region: 'eu',
      subtotal: { minor: 400, currencyCode: 'GBP' },
      total: { minor: 650 },
    })
    expect(order?.lines.map(({ id, sku }) => [id, sku])).toEqual([
      ['2', 'mug'],
      ['1', 'hat'],
      ['3', 'mug'],
    ])
    expect(region.rights('mug')).toBe(7)
  })

  it('S5: placing the same id again is the same order and sells nothing more', () => {
    const region = shop()
    for (let n = 0; n < 2; n++) region.run(placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 2 }] })
    expect(region.rights('mug')).toBe(8)
  })

  it('takes all units or none, and says what is left and where', () => {
    const region = shop(3)
    const lines = [
      { sku: 'hat', quantity: 1 },
      { sku: 'mug', quantity: 2 },
      { sku: 'mug', quantity: 2 },
    ]
    const decision = region.run(placeOrder, { id: 'o1', lines })
    expect(decision).toMatchObject({
      status: 'refused',
      shortages: [{ sku: 'mug', missing: 1 }],
      errors: [
        {
          code: 'OUT_OF_STOCK',
          sku: 'mug',
          available: 3,
          rights: [{ region: 'eu', units: 3 }],
          field: ['lines', '1', 'sku'],
        },
      ],
    })
    expect(region.rights('hat')).toBe(3)
  })

  it('holds a customer to the price they were shown, and staff to the price they charged', () => {
    const region = shop()
    const input = (id: string, amount: string) => ({
      id,
      customerId: 'c1',
      lines: [{ sku: 'mug', quantity: 1, unitPrice: gbp(amount) }],
    })
    expect(errorsOf(region.run(placeOrder, input('o1', '0.90'), { principal: shopper }))).toMatchObject([
      { code: 'PRICE_CHANGED', field: ['lines', '0', 'unitPrice'] },
    ])
    expect(region.run(placeOrder, input('o2', '1.00'), { principal: shopper }).status).toBe('accepted')
    expect(region.run(placeOrder, input('o3', '0.00')).status).toBe('accepted')
    expect(region.view(orderKind, 'o3')?.total.minor).toBe(0)
  })

  it('comes to 0 or more, whoever places it and whatever lowers it', () => {
    const region = shop()
    const lines = [{ sku: 'mug', quantity: 3 }]
    const lower = (kind: string, ...amounts: readonly string[]) =>
      amounts.map((amount) => ({ kind, label: 'less', amount: gbp(amount) }))
    const before = region.rights('mug')
    for (const adjustments of [lower('DISCOUNT', '-3.01'), lower('DISCOUNT', '-2', '-2'), lower('OTHER', '1', '-4.01')])
      expect(errorsOf(region.run(placeOrder, { id: 'o1', lines, adjustments }))).toMatchObject([
        { code: 'INVALID', field: ['adjustments'], message: expect.stringMatching(/-\d\.\d\d GBP.*0 at the most/) },
      ])
    const most = `-${Number.MAX_SAFE_INTEGER / 100}`.replace(/(\.\d\d)\d*/, '$1')
    expect(
      errorsOf(region.run(placeOrder, { id: 'o1', lines, adjustments: lower('OTHER', most, most) })),
    ).toMatchObject([{ code: 'INVALID', message: expect.stringMatching(/more than can be held/) }])
    expect(region.view(orderKind, 'o1')).toBeUndefined()
    expect(region.rights('mug')).toBe(before)
    expect(region.run(placeOrder, { id: 'o2', lines, adjustments: lower('DISCOUNT', '-3') }).status).toBe('accepted')
    expect(region.view(orderKind, 'o2')?.total.minor).toBe(0)
  })

  it('keeps customers to their own orders, and discounts and dates to staff', () => {
    const region = shop()
    const lines = [{ sku: 'mug', quantity: 1 }]
    const discount = [{ kind: 'DISCOUNT', label: 'for me', amount: gbp('-1.00') }]
    const tries = [
      { id: 'o1', lines },
      { id: 'o1', customerId: 'c2', lines },
      { id: 'o1', customerId: 'c1', lines, placedAt: '2010-12-01T08:26:00.000Z' },
      { id: 'o1', customerId: 'c1', lines, adjustments: discount },
    ]
    for (const input of tries)
      expect(errorsOf(region.run(placeOrder, input, { principal: shopper }))).toMatchObject([{ code: 'FORBIDDEN' }])
    region.run(placeOrder, { id: 'o2', lines, placedAt: '2010-12-01T08:26:00.000Z' }, { wallMs: Date.UTC(2011, 0, 1) })
    expect(region.view(orderKind, 'o2')?.placedAt).toBe(Date.UTC(2010, 11, 1, 8, 26))
    const peek = region.run(placeOrder, { id: 'o2', customerId: 'c1', lines }, { principal: shopper })
    expect(errorsOf(peek)).toMatchObject([{ code: 'FORBIDDEN' }])
    const nobody: Principal = { subject: 'x', roles: [], region: null }
    expect(errorsOf(region.run(placeOrder, { id: 'o3', lines }, { principal: nobody }))).toMatchObject([
      { code: 'FORBIDDEN' },
    ])
  })

  it('names every unknown thing with its place in the input', () => {
    const region = shop()
    region.run(upsertProduct, { id: 'p2', title: 'Old', archived: true, variants: [{ sku: 'old', price: gbp('1') }] })
    region.run(upsertProduct, {
      id: 'p3',
      title: 'Euro',
      variants: [{ sku: 'euro', price: { amount: '1', currencyCode: 'EUR' } }],
    })
    const lines = [
      { sku: 'nope', quantity: 1 },
      { sku: 'old', quantity: 1 },
    ]
    expect(errorsOf(region.run(placeOrder, { id: 'p1', customerId: 'c9', lines }))).toMatchObject([
      { code: 'INVALID', field: ['id'] },
      { code: 'NOT_FOUND', field: ['customerId'] },
      { code: 'NOT_FOUND', field: ['lines', '0', 'sku'] },
      { code: 'INVALID', field: ['lines', '1', 'sku'] },
    ])
    const mixed = [
      { sku: 'mug', quantity: 1 },
      { sku: 'euro', quantity: 1 },
    ]
    expect(errorsOf(region.run(placeOrder, { id: 'o1', lines: mixed }))).toMatchObject([
      { code: 'CURRENCY_MISMATCH', field: ['lines', '1', 'unitPrice'] },
    ])
  })

  it('refuses malformed input with the path and a hint', () => {
    const line = { sku: 'mug', quantity: 1 }
    expect(parseErrors({ id: 'stock:x', lines: [line] })).toMatchObject([{ code: 'INVALID', field: ['id'] }])
    expect(parseErrors({ id: 'eu:7', lines: [line] })).toMatchObject([{ field: ['id'] }])
    expect(parseErrors({ id: 'o1', lines: [] })).toMatchObject([{ code: 'INVALID', field: ['lines'] }])
    for (const quantity of [0, -1, 1.5, 2 ** 31])
      expect(parseErrors({ id: 'o1', lines: [{ sku: 'mug', quantity }] })).toMatchObject([
        { code: 'INVALID', field: ['lines', '0', 'quantity'] },
      ])
    expect(parseErrors({ id: 'o1', lines: Array(maximumOrderLines + 1).fill(line) })).toMatchObject([
      { code: 'LIMIT_EXCEEDED', field: ['lines'] },
    ])
    const twice = [
      { ...line, id: 'a' },
      { ...line, id: 'a' },
    ]
    expect(parseErrors({ id: 'o1', lines: twice })).toMatchObject([{ field: ['lines', '1', 'id'] }])
    expect(parseErrors({ id: 'o1', lines: [{ ...line, unitPrice: gbp('1.005') }] })).toMatchObject([
      { field: ['lines', '0', 'unitPrice', 'amount'] },
    ])
    expect(parseErrors({ id: 'o1', lines: [{ ...line, unitPrice: gbp('-1') }] })).toMatchObject([
      { field: ['lines', '0', 'unitPrice', 'amount'] },
    ])
  })
})

describe('what follows an order', () => {
  it('goes through its states, and refuses steps that make no sense', () => {
    const region = shop()
    region.run(placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 2 }] })
    const codes = (decision: Decision) => (decision.status === 'accepted' ? 'ok' : decision.errors[0]?.code)
    expect(codes(region.run(deliverOrder, { id: 'o1' }))).toBe('ILLEGAL_TRANSITION')
    expect(codes(region.run(shipOrder, { id: 'o1' }))).toBe('ok')
    expect(codes(region.run(shipOrder, { id: 'o1' }))).toBe('ILLEGAL_TRANSITION')
    expect(codes(region.run(cancelOrder, { id: 'o1' }))).toBe('ILLEGAL_TRANSITION')
    expect(codes(region.run(deliverOrder, { id: 'o1', note: 'porch' }))).toBe('ok')
    expect(region.view(orderKind, 'o1')?.status).toBe('DELIVERED')
    expect(codes(region.run(shipOrder, { id: 'none' }))).toBe('NOT_FOUND')
    expect(codes(region.run(shipOrder, { id: 'o1' }, { principal: shopper }))).toBe('FORBIDDEN')
    expect(codes(region.run(cancelOrder, { id: 'o1' }, { principal: shopper }))).toBe('FORBIDDEN')
  })

  it('takes no more units back than there are', () => {
    const region = shop()
    region.run(placeOrder, { id: 'o1', lines: [{ sku: 'mug', quantity: 2 }] })
    region.run(shipOrder, { id: 'o1' })
    const back = (lineId: string, quantity: number) =>
      region.run(returnOrderLines, { id: 'o1', lines: [{ lineId, quantity }] })
    expect(errorsOf(back('1', 3))).toMatchObject([{ code: 'INVALID', field: ['lines', '0', 'quantity'] }])
    expect(errorsOf(back('9', 1))).toMatchObject([{ code: 'NOT_FOUND', field: ['lines', '0', 'lineId'] }])
    expect(back('1', 2).status).toBe('accepted')
    expect(region.view(orderKind, 'o1')).toMatchObject({ fulfilmentState: 'RETURNED', status: 'DELIVERED' })
    expect(region.rights('mug')).toBe(10)
  })
})
