// The draws that the load is made of.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Zipf } from './zipf.ts'

describe("Zipf's law", () => {
  it('gives the n-th a share in proportion to 1/n', () => {
    const draws = 10_000
    let next = 0
    // Evenly over [0, 1): the shares themselves, no sample of them.
    const zipf = new Zipf(4, () => next++ / draws)
    const counts = [0, 0, 0, 0]
    for (let draw = 0; draw < draws; draw += 1) {
      const drawn = zipf.draw()
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    const [first = 0, second = 0, third = 0, fourth = 0] = counts
    expect([first / second, first / third, first / fourth]).toEqual([
      expect.closeTo(2, 1),
      expect.closeTo(3, 1),
      expect.closeTo(4, 1),
    ])
  })

  it('always draws one that there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0, max: 1, noNaN: true }), (count, random) => {
        const drawn = new Zipf(count, () => random).draw()
        expect(drawn).toBeGreaterThanOrEqual(0)
        expect(drawn).toBeLessThan(count)
      }),
    )
  })
})
