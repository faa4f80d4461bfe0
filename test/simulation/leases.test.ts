// Tills that sell offline in a whole cluster under misfortune: cuts, crashes, full disks, clocks that jump.

import { describe, expect, it } from 'vitest'
import { simulate, standardRun } from './run/simulate.ts'

/** Always the same. */
const seeds = Array.from({ length: Number(process.env.LEASE_SEEDS ?? 8) }, (_, index) => 9_001 + index)

describe('tills under misfortune', () => {
  it('S6 S1 S8: what was lent is sold, back or with the device, in every region, and each sale counts once', async () => {
    let leases = 0
    for (const seed of seeds) leases += (await simulate({ ...standardRun, seed, commands: 60, tills: 6 })).leases
    // Some runs restore a region from an old copy, and what it had lent is then nobody's to settle.
    expect(leases).toBeGreaterThan(seeds.length)
  }, 240_000)
})
