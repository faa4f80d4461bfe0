import { beforeAll, describe, expect, it } from 'vitest'
import { type Policy, type SoldThrough, sellThrough } from './sell-through.ts'

/** 6 orders a second in each of three regions, for nine tenths of the units that they want. */
const options = { seed: 7, skus: 30, perSecond: 6, forMs: 12_000, shiftMs: 6_000, stockShare: 0.9 }
/** A sale that is answered within this crossed no ocean. */
const localMs = 20

describe('shoppers whose wishes shift between regions oceans apart', () => {
  const outcomes = new Map<Policy, SoldThrough>()
  const of = (policy: Policy): SoldThrough => {
    const outcome = outcomes.get(policy)
    if (outcome === undefined) throw new Error(`${policy} was not run`)
    return outcome
  }
  const shareOf = (policy: Policy, holds: (sale: SoldThrough['sales'][number]) => boolean) =>
    of(policy).sales.filter(holds).length / of(policy).sales.length

  beforeAll(async () => {
    for (const policy of ['followed', 'fixed', 'owner'] as const)
      outcomes.set(policy, await sellThrough({ ...options, policy }))
  })

  it('S4: fewer than one sale in a hundred is refused while its units lie unsold somewhere', () => {
    expect(of('followed').sales.length).toBeGreaterThan(150)
    expect(shareOf('followed', ({ wasAvailable }) => wasAvailable)).toBeLessThan(0.01)
    expect(shareOf('fixed', ({ wasAvailable }) => wasAvailable)).toBeGreaterThan(0.1)
    expect(shareOf('owner', ({ wasAvailable }) => wasAvailable)).toBe(0)
  })

  it('S4: far more sales are answered in their own region than where one region is asked for each', () => {
    const isLocal = ({ tookMs }: { tookMs: number }) => tookMs < localMs
    expect(shareOf('followed', isLocal)).toBeGreaterThan(0.55)
    expect(shareOf('owner', isLocal)).toBeLessThan(0.4)
  })

  it('S4: what could not be sold at once was sold after a round trip or two', () => {
    const waits = of('followed')
      .sales.filter(({ accepted }) => accepted)
      .map(({ tookMs }) => tookMs)
    expect(Math.max(...waits)).toBeLessThan(1_500)
  })

  it('S1 S4: nothing was sold twice, and hardly anything was left while people wanted it', () => {
    const { sales, unitsStocked, unitsLeft } = of('followed')
    const sold = sales
      .filter(({ accepted }) => accepted)
      .flatMap(({ order }) => order.lines.map(({ quantity }) => quantity))
      .reduce((sum, units) => sum + units, 0)
    expect(sold).toBe(unitsStocked - unitsLeft)
    expect(unitsLeft).toBeLessThan(of('fixed').unitsLeft / 2)
  })

  it('S4: the regions ask less than once for each sale, and move fewer units than they sell', () => {
    const { sales, requests, unitsMoved, unitsStocked } = of('followed')
    expect(requests).toBeLessThan(sales.length * 1.5)
    expect(unitsMoved).toBeLessThan(unitsStocked * 1.5)
  })
})
