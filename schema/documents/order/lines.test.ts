import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { checkedMovements, recordStockMovements } from '../../stock/commands.ts'
import { parserOf } from '../parsing.ts'
import { checkedLines, linesInput } from './lines.ts'

const text = fc.constantFrom('mug', 'print-1', '', ' ', 'stock:mug', 'a'.repeat(129), 'é')
const odd = fc.constantFrom<unknown>(null, undefined, 0, -1, 1.5, 2 ** 31, NaN, true, [], {}, 'mug')
const price = fc.record({
  amount: fc.oneof(fc.constantFrom<unknown>('1.00', '-1.00', '0', '1.005', 'x', '', '9'.repeat(17)), odd),
  currencyCode: fc.oneof(fc.constantFrom<unknown>('GBP', 'JPY', 'gbp', ''), odd),
})
const line = fc.record(
  {
    id: fc.oneof(text, odd),
    sku: fc.oneof(text, odd),
    quantity: fc.oneof(fc.integer({ min: 1, max: 9 }), odd),
    unitPrice: fc.oneof(price, odd),
    more: odd,
  },
  { requiredKeys: [] },
)
const goodLine = fc.record(
  {
    id: fc.constantFrom('a', 'b'),
    sku: fc.constantFrom('mug', 'print-1'),
    quantity: fc.integer({ min: 1, max: 9 }),
    unitPrice: fc.constantFrom(null, { amount: '1.50', currencyCode: 'GBP' }),
  },
  { requiredKeys: ['sku', 'quantity'] },
)

describe('lines of an order', () => {
  it('are accepted, made into the same and refused for the same reasons as their schema says', () => {
    const [quick, careful] = [parserOf(z.object({ lines: linesInput })), parserOf(z.object({ lines: checkedLines }))]
    const list = fc.oneof(fc.array(goodLine), fc.array(fc.oneof({ weight: 4, arbitrary: goodLine }, line, odd)), odd)
    fc.assert(
      fc.property(list, (lines) => {
        expect(quick({ lines })).toEqual(careful({ lines }))
      }),
      { numRuns: 2_000 },
    )
  })

  it('are refused as too many, with the limit', () => {
    const parse = parserOf(z.object({ lines: linesInput }))
    const parsed = parse({ lines: Array.from({ length: 2_001 }, () => ({ sku: 'mug', quantity: 1 })) })
    expect(parsed).toEqual({
      errors: [{ code: 'LIMIT_EXCEEDED', message: 'Give up to 2000 lines.', field: ['lines'] }],
    })
  })
})

describe('stock movements', () => {
  const good = fc.record(
    {
      id: fc.uuid(),
      sku: fc.constantFrom('mug', 'print-1'),
      kind: fc.constantFrom('RECEIPT', 'SALE', 'RETURN', 'WRITE_OFF'),
      quantity: fc.integer({ min: 1, max: 9 }),
      at: fc.constantFrom(null, '2010-12-01T08:26:00.000Z'),
    },
    { requiredKeys: ['id', 'sku', 'kind', 'quantity'] },
  )
  const bad = fc.record(
    {
      id: fc.oneof(text, odd),
      sku: fc.oneof(text, odd),
      kind: fc.oneof(fc.constantFrom('SALE', 'sale'), odd),
      quantity: fc.oneof(fc.integer({ min: 0, max: 9 }), odd),
      at: fc.oneof(fc.constantFrom('yesterday', '2010-12-01T08:26:00.000Z'), odd),
    },
    { requiredKeys: [] },
  )

  it('are read, taken one by one and refused as a list as their schema says', () => {
    const careful = parserOf(z.object({ movements: checkedMovements }))
    const list = fc.oneof(fc.uniqueArray(good, { selector: ({ id }) => id }), fc.array(fc.oneof(good, bad, odd)), odd)
    fc.assert(
      fc.property(list, (movements) => {
        const repeats = Array.isArray(movements) && new Set(movements.map((one) => one?.id)).size < movements.length
        fc.pre(!repeats)
        expect(recordStockMovements.parse({ movements })).toEqual(careful({ movements }))
      }),
      { numRuns: 2_000 },
    )
  })
})
