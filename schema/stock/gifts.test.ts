import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Giver, giftOf, type RightsWish } from './gifts.ts'

const nobody = { low: 0, perHour: 0 }
const wish = (parts: Partial<RightsWish>): RightsWish => ({
  units: 0,
  least: 0,
  extra: 0,
  held: 0,
  ...nobody,
  ...parts,
})
const giver = (parts: Partial<Giver>): Giver => ({ rights: 0, reserved: 0, elsewhere: 0, ...nobody, ...parts })

const units = fc.nat(1_000)
const wishes: fc.Arbitrary<RightsWish> = fc.record({
  units,
  least: units,
  extra: units,
  held: units,
  low: fc.nat(50),
  perHour: fc.nat(100_000),
})
const givers: fc.Arbitrary<Giver> = fc.record({
  rights: units,
  reserved: units,
  elsewhere: units,
  low: fc.nat(50),
  perHour: fc.nat(100_000),
})

describe('what a region gives a peer that asks for rights', () => {
  it('S1 S4: never more than it has and does not keep for older sales, and no sale gets less for what is asked ahead', () => {
    fc.assert(
      fc.property(wishes, givers, (asked, from) => {
        const given = giftOf(asked, from)
        expect(Number.isSafeInteger(given)).toBe(true)
        expect(given).toBeLessThanOrEqual(Math.max(0, from.rights - from.reserved))
        expect(given).toBeGreaterThanOrEqual(giftOf({ ...asked, extra: 0 }, from))
      }),
    )
  })

  it('S4: sales that wait get what is there, unless all that is known would do for none of them', () => {
    expect(giftOf(wish({ units: 4, least: 4 }), giver({ rights: 3, elsewhere: 1 }))).toBe(3)
    expect(giftOf(wish({ units: 4, least: 4 }), giver({ rights: 2, elsewhere: 1 }))).toBe(0)
    expect(giftOf(wish({ units: 4, least: 4 }), giver({ rights: 9, reserved: 7 }))).toBe(2)
  })

  it('S4: for sales to come, plenty is parted by demand, and nobody gives below its own mark', () => {
    const busy = { low: 5, perHour: 3_600 }
    expect(giftOf(wish({ extra: 500, ...busy }), giver({ rights: 1_000 }))).toBe(500)
    expect(giftOf(wish({ extra: 900, ...busy }), giver({ rights: 1_000, ...busy }))).toBe(500)
    expect(giftOf(wish({ extra: 900, low: 1, perHour: 360 }), giver({ rights: 100, low: 98, perHour: 360 }))).toBe(2)
  })

  it('S4: scarce stock goes whole to the region that sells clearly more, else to the one that holds more', () => {
    const [much, little] = [
      { low: 4, perHour: 1_000 },
      { low: 2, perHour: 100 },
    ]
    expect(giftOf(wish({ extra: 1, held: 0, ...much }), giver({ rights: 3, ...little }))).toBe(3)
    expect(giftOf(wish({ extra: 1, held: 3, ...little }), giver({ rights: 1, ...much }))).toBe(0)
    expect(giftOf(wish({ extra: 1, held: 3, ...much }), giver({ rights: 1, ...much }))).toBe(1)
    expect(giftOf(wish({ extra: 1, held: 1, ...much }), giver({ rights: 3, ...much }))).toBe(0)
  })

  it('S4: with demands as they are, two regions that ask each other in turn soon have nothing to move any more', () => {
    const region = fc.record({ rights: units, low: fc.nat(50), perHour: fc.nat(100_000), target: units })
    fc.assert(
      fc.property(region, region, (left, right) => {
        const regions = [
          { ...left, target: Math.max(left.target, left.low * 3) },
          { ...right, target: Math.max(right.target, right.low * 3) },
        ]
        const moved: number[] = []
        for (let turn = 0; turn < 12; turn++) {
          const [asks, gives] = [regions[turn % 2], regions[(turn + 1) % 2]]
          if (!asks || !gives) continue
          const { rights: held, low, perHour, target } = asks
          // As the rebalancer asks: below the mark alone, and up to the target.
          const extra = held < low ? target - held : 0
          const given = giftOf(
            { units: 0, least: 0, extra, held, low, perHour },
            { ...gives, reserved: 0, elsewhere: 0 },
          )
          asks.rights += given
          gives.rights -= given
          moved.push(given)
        }
        expect(moved.slice(4)).toEqual(moved.slice(4).map(() => 0))
      }),
    )
  })
})
