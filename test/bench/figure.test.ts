// The arithmetic under the figures.

import { describe, expect, it } from 'vitest'
import { percentile } from './figure.ts'

describe('percentile', () => {
  it('is the nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([percentile(samples, 0.5), percentile(samples, 0.99), percentile(samples, 1)]).toEqual([50, 99, 100])
    expect(percentile([7], 0.01)).toBe(7)
  })

  it('refuses to make a figure of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError)
  })
})
