import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reckonTime, stampTime } from './device-time.ts'

describe("a device's time", () => {
  it("M2: is the region's at the last sync and what has passed since, however the device's clock is set", () => {
    const synced = { regionMs: 1_764_000_000_000, runningMs: 5_000.7 }
    expect(reckonTime(synced, 65_000.7)).toBe(1_764_000_060_000)
    expect(reckonTime(synced, 4_000)).toBe(synced.regionMs)
  })

  it('M2: ahead of the region is stamped again, and only then', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (given, region) => {
        const { ms, isAgain } = stampTime(given, region)
        expect(ms).toBe(Math.min(given, region))
        expect(isAgain).toBe(given > region)
        expect(stampTime(ms, region)).toEqual({ ms, isAgain: false })
      }),
    )
  })
})
