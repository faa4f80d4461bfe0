// Devices that come back after long: the log that led from where they stood is gone. They are brought up to what stands, and nothing
// of what they had not sent is lost.

import { StoreError } from '@causeway/db/store'
import { defaultRetention } from '@causeway/regions/history/retention'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceShop, linesOf, us } from './devices.testing.ts'

/** Everything that may go goes at once. */
const retention = { ...defaultRetention, logMs: 1, archiveMs: 1, smallMs: 1, foldBytes: 200, roundMs: 100 }

let shop: DeviceShop
beforeAll(async () => {
  shop = await DeviceShop.open({ retention })
})
afterAll(() => shop.stop())

/** The log no longer reaches back to its beginning. */
async function isLogDropped(): Promise<boolean> {
  const { store } = shop.cluster.at(us).region
  const look = store.commitsAfterVector({}, 0, 1)
  return await look.then(
    () => false,
    (error: unknown) => error instanceof StoreError && error.code === 'LOG_DROPPED',
  )
}

describe('a device that was away for long', () => {
  it('R4: where the log no longer leads from its place to now, it gets its scopes anew and goes on', async () => {
    const device = await shop.device(us)
    await (await device.follow({ products: true, carts: ['old-place'], stock: ['cup'] })).caughtUp
    await (
      await device.cart('old-place').change((cart) => {
        cart.lines.cup = { quantity: 1 }
      })
    )?.outcome
    device.disconnect()
    await device.cart('old-place').change((cart) => {
      cart.lines.mug = { quantity: 3 }
    })
    const others = await shop.device(us)
    const sold = await others.placeOrder({ id: 'meanwhile', lines: [{ sku: 'cup', quantity: 2 }] })
    expect((await sold.outcome).status).toBe('accepted')
    await expect.poll(isLogDropped, { timeout: 20_000 }).toBe(true)
    const scope = await device.follow({ products: true, carts: ['old-place'], stock: ['cup'] })
    device.connect()
    await scope.caughtUp
    expect(device.stock('cup').get()?.available).toBe(98)
    await expect.poll(() => device.status().pending).toBe(0)
    expect(linesOf(device, 'old-place')).toEqual({ cup: 1, mug: 3 })
  })
})
