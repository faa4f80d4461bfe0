import { describe, expect, it } from 'vitest'
import { emptyMeter, type MeterState, meterApplied, meterHeard, meterTaken, readMeter } from './link-meter.ts'

const heard = (state: MeterState, eu: number, atMs: number, bytes = 0, events = 0, behind = 0) =>
  meterHeard(
    state,
    { word: { peerFrontier: { eu }, peerMs: atMs }, bytes, hasCommits: events > 0, events, behind },
    atMs,
  )

describe('link meter', () => {
  it('C8: what is lacking ages from the moment at which the peer had it', () => {
    let meter = heard(emptyMeter, 5, 1_000)
    meter = heard(meter, 9, 3_000)
    expect(readMeter(meter, { eu: 2 }, true, 4_000)).toMatchObject({ lagEvents: 7, lagMs: 3_000 })
    expect(readMeter(meter, { eu: 5 }, true, 4_000)).toMatchObject({ lagEvents: 4, lagMs: 1_000 })
    expect(readMeter(meter, { eu: 9 }, true, 4_000)).toMatchObject({ lagEvents: 0, lagMs: 0 })
  })

  it('C8: a peer whose clock is off by an hour shows the same lag', () => {
    const meter = meterHeard(
      emptyMeter,
      { word: { peerFrontier: { eu: 5 }, peerMs: 3_601_000 }, bytes: 0, hasCommits: false, events: 0, behind: 1 },
      1_000,
    )
    expect(readMeter(meter, {}, true, 3_000).lagMs).toBe(2_000)
  })

  it('C8: what is lacking is told in commits, as the peer counts them, and never as none while an event is lacking', () => {
    const meter = heard(emptyMeter, 500, 1_000, 0, 0, 12)
    expect(readMeter(meter, {}, true, 1_000)).toMatchObject({ lagEvents: 500, lagCommits: 12 })
    expect(readMeter(meterTaken(meter, 4), { eu: 300 }, true, 1_000)).toMatchObject({ lagEvents: 200, lagCommits: 8 })
    expect(readMeter(meter, { eu: 497 }, true, 1_000)).toMatchObject({ lagEvents: 3, lagCommits: 3 })
    expect(readMeter(meter, { eu: 500 }, true, 1_000)).toMatchObject({ lagEvents: 0, lagCommits: 0 })
    expect(readMeter(heard(emptyMeter, 2, 1_000), {}, true, 1_000)).toMatchObject({ lagEvents: 2, lagCommits: 1 })
  })

  it('C8: what stalled on one line does not make a peer that was heard on the other look behind', () => {
    const wordOf = (eu: number, peerMs: number) => ({
      ...{ word: { peerFrontier: { eu }, peerMs }, bytes: 10, hasCommits: true },
      ...{ events: 0, behind: null },
    })
    const fresh = meterHeard(heard(emptyMeter, 5, 1_000, 0, 0, 3), wordOf(7, 1_100), 1_150)
    const late = meterHeard(fresh, wordOf(6, 1_050), 1_250)
    expect(readMeter(late, { eu: 5 }, true, 1_250)).toMatchObject({ lagMs: 100, lagEvents: 2, lagCommits: 2 })
    expect(readMeter(late, { eu: 7 }, true, 1_250)).toMatchObject({ lagMs: 0, lagEvents: 0 })
    const reset = meterHeard(late, wordOf(9, 1_050 - 3_600_000), 1_300)
    expect(readMeter(reset, { eu: 7 }, true, 2_300).lagMs).toBe(1_000)
  })

  it('C8: bytes of the second line belong to the events that the main line counts', () => {
    const main = heard(emptyMeter, 5, 1_000, 200, 1)
    const second = meterHeard(main, { word: null, bytes: 150, hasCommits: true, events: 0, behind: null }, 1_000)
    expect(readMeter(second, { eu: 5 }, true, 1_000).bytesPerEvent).toBe(350)
  })

  it('C8: while the link is broken, the peer may have written ever since', () => {
    const meter = meterApplied(heard(emptyMeter, 5, 1_000), { eu: 5 })
    expect(readMeter(meter, { eu: 5 }, false, 61_000)).toMatchObject({ lagEvents: 0, lagMs: 60_000 })
  })

  it('C8: however far behind, what is kept is bounded, and the oldest mark stays', () => {
    let meter = emptyMeter
    for (let second = 1; second <= 10_000; second += 1) meter = heard(meter, second, second * 1_000)
    expect(meter.marks.length).toBeLessThanOrEqual(64)
    expect(readMeter(meter, {}, true, 10_000_000).lagMs).toBe(9_999_000)
  })

  it('C8: bytes a second and bytes an event follow what the link carries', () => {
    let meter = emptyMeter
    for (let second = 1; second <= 100; second += 1) meter = heard(meter, second, second * 1_000, 2_000, 50)
    const reading = readMeter(meter, { eu: 100 }, true, 100_000)
    expect(reading.bytesPerSecond).toBeGreaterThan(1_800)
    expect(reading.bytesPerSecond).toBeLessThan(2_200)
    expect(reading.bytesPerEvent).toBeCloseTo(40)
    expect(readMeter(meter, { eu: 100 }, true, 200_000).bytesPerSecond).toBeLessThan(1)
  })
})
