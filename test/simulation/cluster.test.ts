import { describe, expect, it } from 'vitest'
import { simulate } from './simulate.ts'

// SEED runs one seed; SEEDS says how many of them, from 1 on.
const seeds = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: Number(process.env.SEEDS ?? 40) }, (_, index) => index + 1)

describe('a cluster under misfortune', () => {
  it.each(seeds)(
    'C1 C2 C3 S1 S3 S5 S8 I1 I2 I4: seed %i ends with equal regions, no order lost and every unit accounted for',
    async (seed) => {
      const cluster = await simulate({ seed, commands: 60, faults: 5, overMs: 30_000 })
      expect(cluster.trace.length).toBeGreaterThan(60)
    },
  )

  it('the same seed runs the same', async () => {
    const options = { seed: 7, commands: 30, faults: 4, overMs: 15_000 }
    const first = await simulate(options)
    const second = await simulate(options)
    expect(second.trace).toEqual(first.trace)
  })
})
