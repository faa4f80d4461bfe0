import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetRules, earn, fullBudget, spend } from './budget.ts'
import { chooseRegions } from './choose.ts'
import { type RegionState, unknownHealth } from './health.ts'

const candidate = (id: string, state: RegionState, latencyMs = 10) => ({
  id,
  health: { ...unknownHealth(0), state, latencyMs },
})

describe('the order in which regions are asked', () => {
  it('is our own region first, then the nearest', () => {
    const regions = [candidate('far', 'HEALTHY', 180), candidate('own', 'HEALTHY', 40), candidate('near', 'HEALTHY', 5)]
    expect(chooseRegions(regions, { own: 'own' })).toEqual(['own', 'near', 'far'])
    expect(chooseRegions(regions, {})).toEqual(['near', 'own', 'far'])
  })

  it('G1: puts a healthy region before our own ailing one, and keeps a lost one as the last resort', () => {
    const regions = [
      candidate('own', 'DEGRADED'),
      candidate('lost', 'UNREACHABLE', 1),
      candidate('far', 'HEALTHY', 180),
    ]
    expect(chooseRegions(regions, { own: 'own' })).toEqual(['far', 'own', 'lost'])
  })

  it('leaves out a retired region, and everything but the pinned one', () => {
    const regions = [candidate('a', 'RETIRED'), candidate('b', 'HEALTHY')]
    expect(chooseRegions(regions, {})).toEqual(['b'])
    expect(chooseRegions(regions, { pinned: 'c', own: 'b' })).toEqual(['c'])
  })
})

describe('the retry budget', () => {
  it('G2: over any traffic, retries are the burst, a floor by time and a fifth of operations at most', () => {
    const step = fc.record({ elapsedMs: fc.nat(2_000), retries: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2_000 }), (steps) => {
        let budget = fullBudget(0)
        let now = 0
        let spent = 0
        for (const { elapsedMs, retries } of steps) {
          now += elapsedMs
          budget = earn(budget, now)
          for (let retry = 0; retry < retries; retry++) {
            const left = spend(budget, now)
            if (left === null) break
            budget = left
            spent++
          }
        }
        const { most, floorPerSecond, shareOfTraffic } = budgetRules
        expect(spent).toBeLessThanOrEqual(most + (now / 1_000) * floorPerSecond + steps.length * shareOfTraffic + 1e-6)
      }),
    )
  })

  it('G2: an empty budget refuses, and fills again with time', () => {
    let budget = fullBudget(0)
    for (let retry = 0; retry < budgetRules.most; retry++) budget = spend(budget, 0) ?? budget
    expect(spend(budget, 0)).toBeNull()
    expect(spend(budget, 1_000)).not.toBeNull()
  })
})
