// The SDK on real regions behind real gateways: what a shopper and a till see, offline and back.

import { memoryStorage } from '@causeway/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceShop, eu, linesOf, us } from './devices.testing.ts'

let shop: DeviceShop
beforeAll(async () => {
  shop = await DeviceShop.open()
})
afterAll(() => shop.stop())

const price = { amount: '12.50', currencyCode: 'GBP' }

describe('a device', () => {
  it('R4: follows what it asked for in one stream, and what is sold elsewhere shows', async () => {
    const device = await shop.device(us)
    const scope = await device.follow({ products: true, stock: ['mug'] })
    await scope.caughtUp
    expect(scope.progress.loaded).toBe(scope.progress.total)
    expect(
      device
        .products()
        .get()
        .map(({ id }) => id),
    ).toEqual(['product-cup', 'product-mug'])
    expect(device.product('product-mug').get()).toMatchObject({ title: 'Mug', variants: [{ sku: 'mug', price }] })
    const before = device.stock('mug').get()?.available ?? 0
    const till = await shop.device(eu)
    await (await till.placeOrder({ id: 'elsewhere', lines: [{ sku: 'mug', quantity: 2 }] })).outcome
    await expect.poll(() => device.stock('mug').get()?.available).toBe(before - 2)
  })

  it('R8: what it orders shows at once, and never flickers back on the way to being confirmed', async () => {
    const device = await shop.device(us)
    await (await device.follow({ products: true, stock: ['cup'], orders: ['mine'] })).caughtUp
    const seen: (string | undefined)[] = []
    device.order('mine').subscribe((order) => seen.push(order?.status))
    const command = await device.placeOrder({ id: 'mine', lines: [{ sku: 'cup', quantity: 3 }] })
    expect(device.order('mine').get()).toMatchObject({ status: 'PLACED', total: { amount: '37.50' } })
    expect(device.stock('cup').get()).toMatchObject({ available: 97, reserved: 3 })
    expect((await command.outcome).status).toBe('accepted')
    await command.acknowledge()
    await expect.poll(() => device.order('mine').get()?.region).toBe(us)
    await expect.poll(() => device.status().pending).toBe(0)
    expect(seen).not.toContain(undefined)
    expect(device.stock('cup').get()).toMatchObject({ available: 97 })
  })

  it('R3: a command that is refused later is undone, and the app is told why', async () => {
    const device = await shop.device(us)
    await (await device.follow({ products: true, stock: ['mug'] })).caughtUp
    device.disconnect()
    const others = await shop.device(us)
    const [mine, left] = [device.stock('mug').get()?.available ?? 0, 1]
    const command = await device.placeOrder({ id: 'too-late', lines: [{ sku: 'mug', quantity: 5 }] })
    expect(device.order('too-late').get()?.status).toBe('PLACED')
    expect(device.stock('mug').get()?.available).toBe(mine - 5)
    const bought = await others.placeOrder({ id: 'first', lines: [{ sku: 'mug', quantity: mine - left }] })
    expect((await bought.outcome).status).toBe('accepted')
    device.connect()
    expect(await command.outcome).toMatchObject({ status: 'refused', code: 'OUT_OF_STOCK' })
    await expect.poll(() => device.order('too-late').get()).toBeUndefined()
    await expect.poll(() => device.stock('mug').get()?.available).toBe(left)
    expect(device.status().refused).toBe(1)
    expect(device.commands().map(({ name, state }) => [name, state])).toEqual([['placeOrder', 'settled']])
    await command.acknowledge()
    expect(device.status().refused).toBe(0)
  })

  it('R7: two devices that edit one cart offline, in two regions, end with both edits', async () => {
    const [phone, laptop] = [await shop.device(us), await shop.device(eu)]
    for (const device of [phone, laptop]) await (await device.follow({ carts: ['shared'] })).caughtUp
    await phone.cart('shared').change((cart) => {
      cart.lines.mug = { quantity: 1 }
      cart.lines.cup = { quantity: 1 }
    })
    await expect.poll(() => linesOf(laptop, 'shared')).toEqual({ mug: 1, cup: 1 })
    for (const device of [phone, laptop]) device.disconnect()
    await phone.cart('shared').change((cart) => {
      delete cart.lines.mug
    })
    await laptop.cart('shared').change((cart) => {
      cart.lines.mug = { quantity: 5 }
      cart.lines.jug = { quantity: 1 }
    })
    expect(linesOf(phone, 'shared')).toEqual({ cup: 1 })
    expect(linesOf(laptop, 'shared')).toEqual({ cup: 1, jug: 1, mug: 5 })
    for (const device of [phone, laptop]) device.connect()
    // The addition survives the removal that had not seen it.
    for (const device of [phone, laptop]) {
      await expect.poll(() => linesOf(device, 'shared'), { timeout: 5_000 }).toEqual({ cup: 1, jug: 1, mug: 5 })
      await expect.poll(() => device.status().pending).toBe(0)
    }
    await shop.converge()
    expect(await shop.cluster.at(us).region.digest()).toBe(await shop.cluster.at(eu).region.digest())
  })

  it('R7: a change that is refused is undone and kept for the app, and what was done on top of it is made anew', async () => {
    const device = await shop.device(us)
    await (await device.follow({ carts: ['refused-cart'] })).caughtUp
    device.disconnect()
    const wrong = await device.cart('refused-cart').change((cart) => {
      cart.lines.mug = { quantity: -1 }
    })
    await device.cart('refused-cart').change((cart) => {
      cart.lines.cup = { quantity: 2 }
    })
    expect(linesOf(device, 'refused-cart')).toEqual({ mug: -1, cup: 2 })
    device.connect()
    expect(await wrong?.outcome).toMatchObject({ status: 'refused', code: 'INVALID' })
    await expect.poll(() => device.status().pending).toBe(0)
    await expect.poll(() => linesOf(device, 'refused-cart')).toEqual({ cup: 2 })
    expect(device.commands().map(({ name, id }) => [name, id])).toEqual([['change', wrong?.id]])
  })

  it('goes on through another gateway and another region from what it holds, and loads nothing anew', async () => {
    const storage = memoryStorage()
    const device = await shop.device(us, { storage })
    await (await device.follow({ products: true, carts: ['moving'] })).caughtUp
    await (
      await device.cart('moving').change((cart) => {
        cart.lines.mug = { quantity: 1 }
      })
    )?.outcome
    await device.close()
    await shop.converge()
    const moved = await shop.device(eu, { storage })
    expect(linesOf(moved, 'moving')).toEqual({ mug: 1 })
    expect(moved.products().get()).toHaveLength(2)
    const scope = await moved.follow({ products: true, carts: ['moving'] })
    const loads: number[] = []
    moved.onStatus(() => loads.push(scope.progress.total))
    await scope.caughtUp
    expect(moved.status().region).toBe(eu)
    expect(Math.max(...loads)).toBe(1)
    await moved.cart('moving').change((cart) => {
      cart.lines.mug = { quantity: 2 }
    })
    await expect.poll(() => moved.status().pending).toBe(0)
  })

  it('R1: what was queued offline is there after a reload, shown as before, and takes effect once', async () => {
    const storage = memoryStorage()
    const device = await shop.device(us, { storage })
    await (await device.follow({ products: true, carts: ['kept'] })).caughtUp
    device.disconnect()
    await device.cart('kept').change((cart) => {
      cart.lines.cup = { quantity: 4 }
    })
    await device.placeOrder({ id: 'kept-order', lines: [{ sku: 'cup', quantity: 1 }] })
    await device.close()
    const again = await shop.device(us, { storage })
    expect(linesOf(again, 'kept')).toEqual({ cup: 4 })
    expect(
      again
        .orders()
        .get()
        .map(({ id }) => id),
    ).toEqual(['kept-order'])
    await expect.poll(() => again.status().pending).toBe(0)
    expect((await again.commands()[0]?.outcome)?.status).toBe('accepted')
  })

  it('a scope that is no longer followed lets go of its data, another one keeps its own', async () => {
    const device = await shop.device(us)
    const [all, one] = [
      await device.follow({ products: true }),
      await device.follow({ products: { tag: 'none' }, stock: ['cup'] }),
    ]
    await all.caughtUp
    await one.caughtUp
    expect(device.products().get()).toHaveLength(2)
    await all.unfollow()
    expect(device.products().get()).toEqual([])
    expect(device.stock('cup').get()).toBeDefined()
  })

  it('M2: a device whose clock is a day ahead stamps its changes with the region’s time, before and after it knows it', async () => {
    const dayMs = 86_400_000
    const device = await shop.device(us, { ports: { now: () => Date.now() + dayMs } })
    device.disconnect()
    await device.cart('early').change((cart) => {
      cart.lines.mug = { quantity: 1 }
    })
    device.connect()
    await expect.poll(() => device.status().pending).toBe(0)
    expect(device.status().refused).toBe(0)
    await (await device.follow({ carts: ['early'] })).caughtUp
    const updated = Date.parse(device.cart('early').get()?.updatedAt ?? '')
    expect(Math.abs(updated - Date.now())).toBeLessThan(60_000)
    expect(device.status().clockOffsetMs).toBeLessThan(-dayMs + 60_000)
  })
})
