import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HealthInput, healthRules, nextHealth, type RegionHealth, unknownHealth } from './health.ts'

const answered = (latencyMs = 10): HealthInput => ({ kind: 'sample', latencyMs })
const lost: HealthInput = { kind: 'lost', why: 'refuses connections' }

function after(inputs: readonly HealthInput[], everyMs = 500, from: RegionHealth = unknownHealth(0)): RegionHealth {
  return inputs.reduce(
    (health, input, index) => nextHealth(health, input, from.updatedAt + (index + 1) * everyMs),
    from,
  )
}

const times = (count: number, input: HealthInput): HealthInput[] => Array.from({ length: count }, () => input)

const anyInput: fc.Arbitrary<HealthInput> = fc.oneof(
  fc.record({
    kind: fc.constant('sample' as const),
    latencyMs: fc.option(fc.double({ min: 0, max: 20_000, noNaN: true })),
  }),
  fc.constant(lost),
  fc.constant<HealthInput>({ kind: 'slow', why: 'no answer' }),
)

describe('the health of a region', () => {
  it('G1: a region that answers is healthy, and one that is lost twice in a row is unreachable, with the reason', () => {
    expect(after([answered()]).state).toBe('HEALTHY')
    expect(after([...times(20, answered()), lost]).state).not.toBe('UNREACHABLE')
    const gone = after([...times(20, answered()), lost, lost])
    expect(gone).toMatchObject({ state: 'UNREACHABLE', reason: 'refuses connections' })
  })

  it('G1: comes back after three answers in a row, not after one', () => {
    const gone = after([answered(), lost, lost, lost])
    expect(after(times(2, answered()), 500, gone).state).toBe('UNREACHABLE')
    expect(after(times(3, answered()), 500, gone).state).toBe('HEALTHY')
    expect(after([answered(), answered(), lost, answered(), answered()], 500, gone).state).toBe('UNREACHABLE')
  })

  it('G1: a region that slows down is eased off before it fails, and taken back when it is quick again', () => {
    const usual = after(times(120, answered(20)))
    const slow = after(times(6, answered(900)), 500, usual)
    expect(slow.state).toBe('DEGRADED')
    expect(slow.reason).toMatch(/answers in \d+ ms, usually \d+ ms/)
    expect(after(times(30, answered(20)), 500, slow).state).toBe('HEALTHY')
  })

  it('G1: a tenth of calls failing degrades it; it does not flap around the limit', () => {
    const usual = after(times(20, answered()))
    const failing = after([answered(), lost, answered(), lost, answered()], 500, usual)
    expect(failing.state).toBe('DEGRADED')
    expect(failing.reason).toMatch(/% of recent calls failed/)
    // Below the upper limit and above the lower one it stays what it was.
    let health = failing
    while (health.errorRate > healthRules.degradedErrorRate * 0.8) health = after([answered()], 500, health)
    expect(health.state).toBe('DEGRADED')
  })

  it('an operation that takes long by its own wish says nothing of latency', () => {
    const usual = after(times(20, answered(10)))
    expect(after(times(20, { kind: 'sample', latencyMs: null }), 1, usual)).toMatchObject({ state: 'HEALTHY' })
  })

  it('G1: averages stay within what was measured, whatever comes in which order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyInput, fc.nat(5_000)), { minLength: 1, maxLength: 200 }), (steps) => {
        let health = unknownHealth(0)
        let now = 0
        let highest = 0
        for (const [input, elapsedMs] of steps) {
          now += elapsedMs
          if (input.kind === 'sample') highest = Math.max(highest, input.latencyMs ?? 0)
          health = nextHealth(health, input, now)
          expect(health.errorRate).toBeGreaterThanOrEqual(0)
          expect(health.errorRate).toBeLessThanOrEqual(1)
          expect(health.latencyMs).toBeLessThanOrEqual(highest + 1e-6)
          expect(health.reason).not.toBe('')
        }
      }),
    )
  })

  it('G1: whatever came before, lost twice is unreachable and enough quick answers are healthy', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 100 }), (inputs) => {
        const before = after(inputs)
        expect(after([lost, lost], 500, before).state).toBe('UNREACHABLE')
        expect(after(times(200, answered(1)), 500, before).state).toBe('HEALTHY')
      }),
    )
  })

  it('what an operator announced stands until it is taken back', () => {
    const draining = after([answered(), { kind: 'announced', as: 'DRAINING' }, lost, lost, answered()])
    expect(draining.state).toBe('DRAINING')
    expect(after([{ kind: 'announced', as: 'SERVING' }, ...times(3, answered())], 5_000, draining).state).toBe(
      'HEALTHY',
    )
  })
})
