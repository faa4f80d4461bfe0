import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  answered,
  caughtUp,
  type MemberFreshness,
  sentAtMs,
  shown,
  unknownFreshness,
  withoutFuture,
} from './member-freshness.ts'

const heard = (state: MemberFreshness, us: number, memberMs: number, ownMs: number, applied: number) =>
  shown(state, { us }, sentAtMs(state, memberMs, ownMs), { us: applied })

describe('how fresh a member is known here', () => {
  it('Q2: nothing is known of a member that was never heard', () => {
    expect(unknownFreshness.upToMs).toBeNull()
  })

  it('Q2: what it has shown counts from the moment at which it is applied, and as of when it was sent', () => {
    const behind = heard(unknownFreshness, 5, 1_000, 1_040, 3)
    expect(behind.upToMs).toBeNull()
    expect(caughtUp(behind, { us: 4 }).upToMs).toBeNull()
    expect(caughtUp(behind, { us: 5 }).upToMs).toBe(1_000)
  })

  it('Q2: a heartbeat that was long under way is as old as it is', () => {
    expect(heard(unknownFreshness, 5, 1_000, 9_000, 5).upToMs).toBe(1_000)
  })

  it('Q2: a member whose clock is an hour ahead is fresh up to when it was heard, and no later', () => {
    expect(heard(unknownFreshness, 5, 3_601_000, 1_040, 5).upToMs).toBe(1_040)
  })

  it('Q2: once it has been asked, the difference of the clocks is taken off', () => {
    const measured = answered(unknownFreshness, { vector: { us: 5 }, memberMs: 3_600_990 }, 1_000, { us: 5 })
    expect(measured.upToMs).toBe(1_000)
    // Sent at 2,000 of our clock, and 5 s under way.
    expect(heard(measured, 5, 3_602_000, 7_000, 5).upToMs).toBeLessThanOrEqual(2_010)
  })

  it('Q2: when our clock is set back, what was noted before says nothing', () => {
    const known = heard(heard(unknownFreshness, 5, 9_000, 9_000, 5), 6, 9_500, 9_500, 5)
    const back = withoutFuture(known, 2_000)
    expect(back).toEqual(unknownFreshness)
    expect(heard(back, 5, 2_500, 2_500, 5).upToMs).toBe(2_500)
  })

  it('Q2: whatever is heard in whatever order, it is never known up to a moment at which it had written more', () => {
    // Our clock and the member's agree here; it writes its nth event at n × 10 ms.
    const message = fc.record({ sentMs: fc.nat(2_000), delayMs: fc.nat(500), applied: fc.nat(200) })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
        let state = unknownFreshness
        let applied = 0
        for (const each of messages.sort((a, b) => a.sentMs + a.delayMs - b.sentMs - b.delayMs)) {
          applied = Math.max(applied, Math.min(each.applied, Math.floor((each.sentMs + each.delayMs) / 10)))
          state = heard(state, Math.floor(each.sentMs / 10), each.sentMs, each.sentMs + each.delayMs, applied)
          state = caughtUp(state, { us: applied })
          expect(Math.floor((state.upToMs ?? 0) / 10)).toBeLessThanOrEqual(applied)
          expect(state.marks.length).toBeLessThanOrEqual(64)
        }
      }),
    )
  })
})
