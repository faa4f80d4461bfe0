// Devices under misfortune, by seed: offline for a while, killed in the middle of any write, reloaded, with an expired token, a
// clock that jumps, answers that are lost and gateways that change. Whatever comes, every command has one outcome, what was said to be
// kept is kept, and in the end every device shows what the regions hold. `DEVICE_SEEDS=20 DEVICE_FROM=1` runs more of them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceShop } from './devices.testing.ts'
import { Story } from './story.testing.ts'

const from = Number(process.env.DEVICE_FROM ?? 1)
const seeds = Array.from({ length: Number(process.env.DEVICE_SEEDS ?? 4) }, (_, index) => from + index)

let shop: DeviceShop
beforeAll(async () => {
  shop = await DeviceShop.open()
})
afterAll(() => shop.stop())

describe('devices under misfortune', () => {
  it.each(seeds)(
    'R1, R2, R3, R8: whatever happens, nothing is lost, doubled or left standing (seed %i)',
    async (seed) => {
      const story = new Story(shop, seed)
      try {
        await story.run()
      } catch (error) {
        throw new Error(`seed ${seed} (DEVICE_FROM=${seed} DEVICE_SEEDS=1)\n${story.trace.join('\n')}`, {
          cause: error,
        })
      } finally {
        await story.end()
      }
      expect(story.trace.length).toBeGreaterThan(40)
    },
  )
})
