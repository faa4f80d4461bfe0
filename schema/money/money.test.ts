import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addMoney, formatMoney, MoneyError, negateMoney, parseMoney, sumMoney, sumProducts } from './money.ts'

const currency = fc.constantFrom('GBP', 'JPY', 'KWD', 'CLF', 'EUR')
const money = fc.record({ minor: fc.maxSafeInteger(), currencyCode: currency }).map(({ minor, currencyCode }) => ({
  minor: minor === 0 ? 0 : minor,
  currencyCode,
}))

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof MoneyError) return error.code
    throw error
  }
  return 'none'
}

describe('money', () => {
  it('is read and written with the decimals of its currency', () => {
    expect(parseMoney({ amount: '12.5', currencyCode: 'GBP' })).toEqual({ minor: 1250, currencyCode: 'GBP' })
    expect(parseMoney({ amount: '1200', currencyCode: 'JPY' })).toEqual({ minor: 1200, currencyCode: 'JPY' })
    expect(parseMoney({ amount: '-0.005', currencyCode: 'KWD' })).toEqual({ minor: -5, currencyCode: 'KWD' })
    expect(formatMoney({ minor: -5, currencyCode: 'KWD' }).amount).toBe('-0.005')
    expect(formatMoney({ minor: 1250, currencyCode: 'GBP' }).amount).toBe('12.50')
    expect(formatMoney({ minor: 7, currencyCode: 'JPY' }).amount).toBe('7')
  })

  it('keeps every amount exactly, whatever its size', () => {
    fc.assert(
      fc.property(money, (value) => {
        expect(parseMoney(formatMoney(value))).toEqual(value)
      }),
    )
  })

  it('adds, negates and multiplies as whole numbers do', () => {
    const small = fc.integer({ min: -1_000_000, max: 1_000_000 })
    fc.assert(
      fc.property(small, small, fc.nat(1000), (left, right, quantity) => {
        const a = { minor: left, currencyCode: 'GBP' }
        const b = { minor: right, currencyCode: 'GBP' }
        expect(BigInt(addMoney(a, b).minor)).toBe(BigInt(left) + BigInt(right))
        expect(addMoney(a, negateMoney(a)).minor).toBe(0)
        const copies = Array.from({ length: quantity }, () => a)
        expect(sumProducts([{ unitPrice: left, quantity }], 'GBP')).toEqual(sumMoney(copies, 'GBP'))
      }),
    )
  })

  it('sums as many amounts as there are, in any order, to the same as whole numbers do', () => {
    const amounts = fc.array(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), { maxLength: 50 })
    fc.assert(
      fc.property(amounts, currency, (minors, currencyCode) => {
        const parts = minors.map((minor) => parseMoney(formatMoney({ minor: minor === 0 ? 0 : minor, currencyCode })))
        const exact = minors.reduce((sum, minor) => sum + BigInt(minor), 0n)
        expect(BigInt(sumMoney(parts, currencyCode).minor)).toBe(exact)
        expect(sumMoney([...parts].reverse(), currencyCode)).toEqual(sumMoney(parts, currencyCode))
      }),
    )
  })

  it('reads what it writes, digit by digit: no amount is what a float would make of it', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), currency, (minor, currencyCode) => {
        const { amount } = formatMoney({ minor: minor === 0 ? 0 : minor, currencyCode })
        expect(BigInt(amount.replace('.', ''))).toBe(BigInt(minor))
        expect(amount).toMatch(/^-?\d+(?:\.\d+)?$/)
      }),
    )
  })

  it('refuses what is no exact amount', () => {
    for (const amount of ['', '1,50', '1.', '.5', '1e3', '0x1', ' 1', '--1', 'NaN', '+1'])
      expect(codeOf(() => parseMoney({ amount, currencyCode: 'GBP' }))).toBe('AMOUNT')
    expect(codeOf(() => parseMoney({ amount: '1.005', currencyCode: 'GBP' }))).toBe('PRECISION')
    expect(codeOf(() => parseMoney({ amount: '1.0', currencyCode: 'JPY' }))).toBe('PRECISION')
    expect(codeOf(() => parseMoney({ amount: '1', currencyCode: 'gbp' }))).toBe('CURRENCY')
    for (const amount of ['90071992547409.92', '999999999999999999', '9'.repeat(40)])
      expect(codeOf(() => parseMoney({ amount, currencyCode: 'GBP' }))).toBe('RANGE')
  })

  it('takes the currencies of ISO 4217 and no others, and still shows what is stored in another one', () => {
    for (const currencyCode of ['GBP', 'EUR', 'USD', 'INR', 'XCG', 'XOF', 'HRK'])
      expect(codeOf(() => parseMoney({ amount: '1', currencyCode }))).toBe('none')
    const none = 'X'.repeat(3)
    for (const currencyCode of ['ABC', 'ZZZ', none, 'XTS', 'XAU', 'GB', 'GBPX', '', 'constructor', '£££'])
      expect(codeOf(() => parseMoney({ amount: '1', currencyCode }))).toBe('CURRENCY')
    expect(formatMoney({ minor: 1250, currencyCode: 'ABC' })).toEqual({ amount: '12.50', currencyCode: 'ABC' })
    const long = 'G'.repeat(100_000)
    expect(() => parseMoney({ amount: '1', currencyCode: long })).toThrow(/^"G{20}…" is no currency/)
  })

  it('knows the decimals of the standard, which are not those that people write', () => {
    const places = { HUF: 2, COP: 2, IQD: 3, UYW: 4, JPY: 0, UGX: 0, GBP: 2 }
    for (const [currencyCode, count] of Object.entries(places))
      expect([currencyCode, formatMoney({ minor: 0, currencyCode }).amount.length]).toEqual([
        currencyCode,
        count === 0 ? 1 : count + 2,
      ])
  })

  it('refuses arithmetic that has no exact answer', () => {
    const most = { minor: Number.MAX_SAFE_INTEGER, currencyCode: 'GBP' }
    expect(codeOf(() => addMoney(most, { minor: 1, currencyCode: 'GBP' }))).toBe('RANGE')
    expect(codeOf(() => sumProducts([{ unitPrice: most.minor, quantity: 2 }], 'GBP'))).toBe('RANGE')
    expect(codeOf(() => addMoney(most, { minor: 1, currencyCode: 'EUR' }))).toBe('CURRENCY_MISMATCH')
  })
})
