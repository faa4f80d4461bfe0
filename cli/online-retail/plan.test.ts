import { describe, expect, it } from 'vitest'
import { Pacer } from './lanes.ts'
import { listOrders } from './place-orders.ts'
import { makePlan } from './plan.ts'
import { totalsByRegion } from './report.ts'
import { type RetailRow, readRow } from './rows.ts'

/** Rows of CSV text without quotes, the header left out. */
function rowsOf(text: string): RetailRow[] {
  return text
    .trim()
    .split('\n')
    .map((line, index) => {
      const read = readRow(line.trim().split(','), index + 2)
      if ('corrupt' in read) throw new Error(read.corrupt)
      return read.row
    })
}

const shop = `
  536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
  536365,85123a,HOLDER,2,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
  536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom
  536366,71053,LANTERN,4,2010-12-02 09:00:00,3.39,,Japan
  536367,DCGSSBOY,BOYS PARTY BAG,3,2010-12-02 10:00:00,3.29,12345.0,USA
  536368,22139,,56,2010-12-02 11:00:00,0.0,,United Kingdom
  536369,22139,damaged,-5,2010-12-02 11:00:00,0.0,,United Kingdom
  536370,85123A,HOLDER,3,2010-12-03 08:00:00,2.95,17850.0,United Kingdom
  C536371,85123A,HOLDER,-5,2010-12-04 08:00:00,2.95,17850.0,United Kingdom
  C536372,85123A,HOLDER,-10,2010-12-05 08:00:00,2.95,17850.0,United Kingdom
  C536373,85123A,HOLDER,-1,2010-12-05 08:00:00,2.95,,United Kingdom
  C536374,71053,LANTERN,-1,2010-12-05 08:00:00,3.39,17850.0,United Kingdom
  A536375,B,Adjust bad debt,1,2010-12-06 08:00:00,11062.06,,United Kingdom
`

describe('the plan of an import', () => {
  const plan = makePlan(rowsOf(shop))

  it('each invoice of goods is one order in the region of its country, with the prices it was charged', () => {
    expect(plan.orders.map(({ id, region }) => [id, region])).toEqual([
      ['online-retail-536365', 'eu-west-1'],
      ['online-retail-536366', 'ap-south-1'],
      ['online-retail-536367', 'us-east-1'],
      ['online-retail-536370', 'eu-west-1'],
    ])
    expect(plan.orders[0]?.lines).toEqual([
      { id: '1', sku: '85123A', quantity: 6, pricePence: 255 },
      { id: '2', sku: '85123A', quantity: 2, pricePence: 255 },
    ])
    expect(totalsByRegion(plan.orders)[1]).toEqual({
      region: 'eu-west-1',
      orders: 2,
      lines: 3,
      units: 11,
      revenue: '29.25',
    })
  })

  it('what is left out is counted once, by reason', () => {
    expect(Object.fromEntries(plan.skipped)).toEqual({
      'not-goods': { lines: 1, units: 1 },
      'no-price': { lines: 1, units: 56 },
      'write-off': { lines: 1, units: 5 },
      adjustment: { lines: 1, units: 1 },
    })
    expect(Object.fromEntries(plan.otherCodes)).toEqual({ POST: 1 })
    expect(plan.emptyInvoices).toBe(2)
  })

  it('a cancellation returns the latest earlier purchases, and what is too much is reported', () => {
    expect(plan.returns.map(({ invoice, orderId, lines }) => [invoice, orderId, lines])).toEqual([
      ['C536371', 'online-retail-536370', [{ lineId: '1', quantity: 3 }]],
      ['C536371', 'online-retail-536365', [{ lineId: '2', quantity: 2 }]],
      ['C536372', 'online-retail-536365', [{ lineId: '1', quantity: 6 }]],
    ])
    expect(Object.fromEntries(plan.unmatched)).toEqual({
      'more-than-bought': { lines: 1, units: 4 },
      'no-customer': { lines: 1, units: 1 },
      'no-earlier-purchase': { lines: 1, units: 1 },
    })
  })

  it('stock is received for what each day sells, in the region that sells it', () => {
    const received = plan.receipts.map(({ day, region, units }) => [day, region, Object.fromEntries(units)])
    expect(received).toEqual([
      ['2010-12-01', 'eu-west-1', { '85123A': 8 }],
      ['2010-12-02', 'ap-south-1', { '71053': 4 }],
      ['2010-12-02', 'us-east-1', { DCGSSBOY: 3 }],
      ['2010-12-03', 'eu-west-1', { '85123A': 3 }],
    ])
  })

  it('the same rows give the same plan, keys included', () => {
    expect(makePlan(rowsOf(shop))).toEqual(plan)
  })

  it('lists hold orders of one region, bounded in orders and lines, and lose none', () => {
    const rows = Array.from({ length: 450 }, (_, index) => {
      const country = index % 3 === 0 ? 'Japan' : 'France'
      return `${600_000 + index},85123A,HOLDER,1,2010-12-01 08:26:00,2.55,,${country}`
    })
    const { orders } = makePlan(rowsOf(rows.join('\n')))
    const lists = listOrders(orders, undefined)
    expect(
      lists.every((list) => list.orders.length <= 100 && list.orders.every(({ region }) => region === list.region)),
    ).toBe(true)
    expect(new Set(lists.flatMap((list) => list.orders.map(({ id }) => id))).size).toBe(450)
  })
})

describe('a line of the file', () => {
  const good = ['536365', '85123A', 'X', '6', '2010-12-01 08:26:00', '2.55', '17850.0', 'France']
  const withField = (index: number, value: string) => good.map((field, at) => (at === index ? value : field))

  it.each([
    [good.slice(0, 7), '7 columns instead of 8'],
    [withField(0, 'X1'), 'InvoiceNo "X1" is no invoice number'],
    [withField(1, ''), 'StockCode "" is no stock code'],
    [withField(3, '6.5'), 'Quantity "6.5" is no whole number'],
    [withField(3, '2147483648'), 'Quantity "2147483648" is no whole number'],
    [withField(4, '2010-02-30 08:26:00'), 'InvoiceDate "2010-02-30 08:26:00" is no date'],
    [withField(4, 'yesterday'), 'InvoiceDate "yesterday" is no date'],
    [withField(5, '2,55'), 'UnitPrice "2,55" is no amount'],
    [withField(6, 'Bob'), 'CustomerID "Bob" is no customer number'],
  ])('%j is corrupt: %s', (fields, reason) => {
    expect(readRow(fields, 2)).toEqual({ corrupt: reason })
  })

  it('prices are read by their digits', () => {
    const pence = (text: string) => {
      const read = readRow(withField(5, text), 2)
      return 'row' in read ? read.row.pricePence : 'corrupt'
    }
    expect(['0.29', '2.5', '3', '-11062.06', '0.001', '1.100'].map(pence)).toEqual([
      29,
      250,
      300,
      -1_106_206,
      null,
      110,
    ])
  })
})

describe('the rate', () => {
  it('spreads work evenly and lets everything through without a limit', () => {
    const pacer = new Pacer(100)
    expect([pacer.claim(10, 0), pacer.claim(10, 0), pacer.claim(10, 150), pacer.claim(10, 1_000)]).toEqual([
      0, 100, 50, 0,
    ])
    expect(new Pacer(undefined).claim(1_000, 0)).toBe(0)
  })
})
