// What a shop's log relies on when wall clocks drift, stand still or jump back.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareTimes,
  formatTime,
  type HybridTime,
  isTooFarAhead,
  maximumCounter,
  maximumDriftMs,
  observe,
  originOfTime,
  parseTime,
  tick,
} from './hybrid-clock.ts'

const start = 1_763_800_000_000

const times: fc.Arbitrary<HybridTime> = fc.record({
  wallMs: fc.integer({ min: 0, max: 36 ** 9 - 1 }),
  counter: fc.oneof(fc.integer({ min: 0, max: maximumCounter }), fc.constant(maximumCounter)),
})

describe('the hybrid clock', () => {
  it('C1: every new fact has a later time than the last, whatever the wall clock does', () => {
    const walls = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -1e9, max: 1e9 })))
    fc.assert(
      fc.property(walls, times, (steps, first) => {
        let wallMs = start
        let last = first
        for (const step of steps) {
          wallMs += step
          const next = tick(last, wallMs)
          expect(compareTimes(next, last)).toBeGreaterThan(0)
          expect(next.wallMs).toBeGreaterThanOrEqual(wallMs)
          last = next
        }
      }),
    )
  })

  it('a clock that jumps back an hour still orders its sales', () => {
    const before = tick(originOfTime, start)
    const after = tick(before, start - 3_600_000)
    expect(after).toEqual({ wallMs: start, counter: 1 })
  })

  it('goes into the next millisecond when one holds more facts than the counter', () => {
    expect(tick({ wallMs: start, counter: maximumCounter }, start)).toEqual({ wallMs: start + 1, counter: 0 })
  })

  it('C1: what a region writes after hearing of a fact is later than that fact', () => {
    fc.assert(
      fc.property(times, times, fc.nat(), (own, heard, wallMs) => {
        const next = tick(observe(own, heard), wallMs)
        expect(compareTimes(next, heard)).toBeGreaterThan(0)
        expect(compareTimes(next, own)).toBeGreaterThan(0)
      }),
    )
  })

  it('C7: peers with wrong clocks drag a region ahead by no more than the permitted drift', () => {
    const step = fc.record({
      passedMs: fc.integer({ min: 0, max: 100 }),
      peerAheadMs: fc.integer({ min: -1e6, max: 1e6 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let wallMs = start
        let last = originOfTime
        for (const { passedMs, peerAheadMs } of steps) {
          wallMs += passedMs
          const heard = { wallMs: wallMs + peerAheadMs, counter: 0 }
          expect(isTooFarAhead(heard, wallMs)).toBe(peerAheadMs > maximumDriftMs)
          // What is too far ahead waits instead of being observed.
          if (!isTooFarAhead(heard, wallMs)) last = observe(last, heard)
          last = tick(last, wallMs)
          expect(last.wallMs - wallMs).toBeLessThanOrEqual(maximumDriftMs)
        }
      }),
    )
  })

  it('written as text, times sort as they happened and read back the same', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        expect(parseTime(formatTime(a))).toEqual(a)
        const [left, right] = [formatTime(a), formatTime(b)]
        expect(Math.sign(left < right ? -1 : left > right ? 1 : 0)).toBe(Math.sign(compareTimes(a, b)))
      }),
    )
  })

  it.each(['', 'yesterday', '0000000000000g', formatTime({ wallMs: start, counter: 0 }).slice(1)])(
    'refuses %j as a time',
    (text) => {
      expect(() => parseTime(text)).toThrow(RangeError)
    },
  )
})
