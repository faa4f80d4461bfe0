// Devices in a whole cluster under misfortune, theirs and the regions': the SDK itself in virtual time. `DEVICES=500 DEVICES_FROM=1`
// runs more of them.

import { describe, expect, it } from 'vitest'
import { simulateDevices } from './run.ts'

const from = Number(process.env.DEVICES_FROM ?? 1)
const count = Number(process.env.DEVICES ?? 60)
const seeds = Array.from({ length: count }, (_, index) => from + index)

describe('devices under misfortune', () => {
  it('R1 R2 R3 R4 R7 R8 S6: every command has one outcome, nothing said to be kept is lost, and every device comes to show what stands', async () => {
    const sums = { sales: 0, leased: 0, refused: 0, leases: 0 }
    for (const seed of seeds) {
      const report = await simulateDevices(seed)
      for (const name of ['sales', 'leased', 'refused', 'leases'] as const) sums[name] += report[name]
    }
    if (count < 20) return
    // Nothing would be found where nothing is done.
    expect(sums.sales).toBeGreaterThan(count * 4)
    expect(sums.leased).toBeGreaterThan(count / 2)
    expect(sums.refused).toBeGreaterThan(count / 2)
    expect(sums.leases).toBeGreaterThan(count)
  }, 240_000)

  it('the same seed runs the same', async () => {
    const [first, second] = [await simulateDevices(7), await simulateDevices(7)]
    expect(second.trace).toEqual(first.trace)
  })
})
