// A device that was away while regions folded the document which it had changed: it carries its own changes over (C11).

import { defaultRetention } from '@causeway/regions/history/retention'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { DeviceShop, linesOf, us } from './devices.testing.ts'

let shop: DeviceShop
beforeAll(async () => {
  shop = await DeviceShop.open({ retention: { ...defaultRetention, foldBytes: 200, roundMs: 50 } })
})
afterAll(() => shop.stop())

/** Opens no line before it may: what comes by the sync comes after what comes by answers. */
class LateSocket extends WebSocket {
  static gate: Promise<void> = Promise.resolve()

  override emit(event: string, ...rest: unknown[]): boolean {
    if (event === 'open') void LateSocket.gate.then(() => super.emit(event, ...rest))
    return event === 'open' || super.emit(event, ...rest)
  }
}

async function isFolded(id: string): Promise<boolean> {
  const { store } = shop.cluster.at(us).region
  const loaded = await store.load({
    documents: [],
    bytes: [{ kind: 'cart', id }],
    skus: [],
    ids: [],
    aliases: [],
    keys: [],
  })
  return (loaded.bytes[0]?.marks.length ?? 0) > 0
}

const put = (client: Awaited<ReturnType<DeviceShop['device']>>, sku: string, quantity: number) =>
  client.cart('kept').change((cart) => {
    cart.lines[sku] = { quantity }
  })

it('C11, R7: what a device changed while regions folded the cart is carried over, removals too, however late the fold comes to it', async () => {
  const sent: string[][] = []
  const counting: typeof fetch = (input, init) => {
    const { variables } = JSON.parse(String(init?.body)) as { variables: { input?: { units?: { id: string }[] } } }
    if (variables.input?.units !== undefined) sent.push(variables.input.units.map(({ id }) => id))
    return fetch(input, init)
  }
  const ports = { fetch: counting }
  const [device, other] = [await shop.device(us, { webSocket: LateSocket, ports }), await shop.device(us)]
  await (await put(device, 'cup', 1))?.outcome
  await (await put(device, 'mug', 1))?.outcome
  await (await device.follow({ carts: ['kept'] })).caughtUp
  device.disconnect()
  const mine = [
    await put(device, 'cup', 5),
    await device.cart('kept').change((cart) => void delete cart.lines.mug),
    await put(device, 'tea', 2),
  ]
  await (await other.follow({ carts: ['kept'] })).caughtUp
  // A history that has outgrown what it says: it is worth folding then.
  for (let index = 0; index < 400; index += 1) await put(other, 'hat', index + 1)
  await expect.poll(() => other.status().pending, { timeout: 20_000 }).toBe(0)
  await expect.poll(() => isFolded('kept'), { timeout: 20_000 }).toBe(true)
  let openGate = () => {}
  LateSocket.gate = new Promise((resolve) => (openGate = resolve))
  const before = sent.length
  device.connect()
  // They are asked about again, and are not made anew on what the device knows to be gone.
  await expect.poll(() => sent.length, { timeout: 10_000 }).toBeGreaterThan(before + 2)
  expect(new Set(sent.slice(before).flat()).size).toBe(3)
  expect(device.status()).toMatchObject({ pending: 3, refused: 0 })
  expect(linesOf(device, 'kept')).toEqual({ cup: 5, tea: 2 })
  openGate()
  const outcomes = await Promise.all(mine.map((one) => one?.outcome))
  expect(outcomes.map((one) => one?.status)).toEqual(['accepted', 'accepted', 'accepted'])
  await expect.poll(() => linesOf(device, 'kept')).toMatchObject({ cup: 5, tea: 2, hat: expect.any(Number) })
  expect(Object.keys(linesOf(device, 'kept') ?? {}).sort()).toEqual(['cup', 'hat', 'tea'])
  await expect.poll(() => linesOf(other, 'kept')).toEqual(linesOf(device, 'kept'))
})
