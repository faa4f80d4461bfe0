// Whole clusters under misfortune whose operators have keys: regions are retired by orders, dead, cut off or alive, and others are
// restored from old copies meanwhile, which ends their earlier logs without any.

import { describe, expect, it } from 'vitest'
import { simulate, standardRun } from './run/simulate.ts'

/** Of three regions and four. */
const seeds = [1, 2, 6, 7, 9, 22]

describe('operators who have keys, under misfortune', () => {
  it('S7 C6 W8: what they order is done as it is without, and nobody is held for a retire that is as it should be', async () => {
    let taken = 0
    for (const seed of seeds) {
      const { trace } = await simulate({ ...standardRun, seed, commands: 80, retired: true, orders: true })
      expect(trace.filter((line) => line.includes('breaks S7'))).toEqual([])
      taken += trace.filter((line) => /retireRegion .*"signature.* accepted/.test(line)).length
    }
    expect(taken).toBeGreaterThanOrEqual(seeds.length)
  }, 120_000)
})
