import { describe, expect, it } from 'vitest'
import { decimalScalar } from './scalars.ts'

describe('a Decimal', () => {
  it('is taken as it is written, and what is none is told how one is written', () => {
    for (const amount of ['0', '-0.5', '1500', '12.50', '999999999999999999.000001'])
      expect(decimalScalar.parse(amount)).toBe(amount)
    for (const amount of ['', '12,50', '1e3', '.5', '5.', '+5', ' 5', '0x10', 'NaN'])
      expect(() => decimalScalar.parse(amount)).toThrow('a string of digits with a point, such as "12.50"')
    for (const amount of ['007.50', '9999999999999999999', '0.0000001'])
      expect(() => decimalScalar.parse(amount)).toThrow('up to 18 before it, without zeros that lead, and 6 behind')
    expect(() => decimalScalar.parse(12.5)).toThrow('so that no cent is lost; got the number 12.5')
  })
})
