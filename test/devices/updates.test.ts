// An app that is updated while it has unsent work (R6): what it had queued in the old shapes goes out in the new ones, in order; what
// was signed or may have been sent stays as it is.

import { memoryStorage } from '@causeway/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceShop, linesOf, us } from './devices.testing.ts'

let shop: DeviceShop
beforeAll(async () => {
  shop = await DeviceShop.open()
})
afterAll(() => shop.stop())

interface Line {
  readonly sku: string
}

interface Patch {
  readonly map: string
  readonly key: string
}

/** The old app wrote the SKU in capitals. */
function migrate({ name, input }: { readonly name: string; readonly input: object }): object {
  if (name === 'placeOrder' && 'lines' in input) {
    const lines = input.lines as readonly Line[]
    return { ...input, lines: lines.map((line) => ({ ...line, sku: line.sku.toLowerCase() })) }
  }
  if (name !== 'change' || !('patches' in input)) return input
  const patches = input.patches as readonly Patch[]
  return {
    ...input,
    patches: patches.map((patch) => ({ ...patch, key: patch.map === 'lines' ? patch.key.toLowerCase() : patch.key })),
  }
}

describe('an app that is updated with unsent work', () => {
  it('R6: changes that stand on one another, and orders, go out in the new shapes; a sale from a lease as it was signed', async () => {
    const storage = memoryStorage()
    const old = await shop.device(us, { storage, documents: { version: 1 } })
    await (await old.follow({ products: true, carts: ['updated'], stock: ['mug'] })).caughtUp
    const lease = await old.lease({ sku: 'mug', quantity: 2, minutes: 60 })
    old.disconnect()
    for (const [sku, quantity] of [
      ['MUG', 1],
      ['CUP', 2],
      ['MUG', 3],
    ] as const)
      await old.cart('updated').change((cart) => {
        cart.lines[sku] = { quantity }
      })
    await old.placeOrder({ id: 'old-order', lines: [{ sku: 'CUP', quantity: 1 }] })
    await old.placeOrder({ id: 'old-sale', lines: [{ sku: 'mug', quantity: 2 }], fromLeases: 'only' })
    await old.close()

    const seen: object[] = []
    const look = (work: { readonly name: string; readonly input: object }) => {
      seen.push(work.input)
      return migrate(work)
    }
    const updated = await shop.device(us, { storage, documents: { version: 2, migrate: look } })
    expect(seen).toHaveLength(4)
    expect(linesOf(updated, 'updated')).toEqual({ cup: 2, mug: 3 })
    await expect.poll(() => [updated.status().pending, updated.status().refused], { timeout: 10_000 }).toEqual([0, 0])
    await expect.poll(() => linesOf(updated, 'updated')).toEqual({ cup: 2, mug: 3 })
    const outcomes = await Promise.all(updated.commands().map(({ outcome }) => outcome))
    expect(outcomes.map(({ status }) => status)).toEqual(['accepted', 'accepted'])
    expect(updated.leases()).toMatchObject([{ id: lease.id, left: 0 }])
    const other = await shop.device(us)
    await (await other.follow({ carts: ['updated'], orders: ['old-order', 'old-sale'] })).caughtUp
    expect(linesOf(other, 'updated')).toEqual({ cup: 2, mug: 3 })
    expect(
      other
        .orders()
        .get()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['old-order', 'old-sale'])
  })
})
