// A shopper away from home: what is personal stays in the home region, and comes to the device through its gateway or is told to be out of reach.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { memoryStorage } from '@causeway/client'
import type { Gateway } from '@causeway/gateway/options'
import { startGateway } from '@causeway/gateway/server'
import { ask } from '@causeway/regions/http/cluster.testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceShop, eu, us } from './devices.testing.ts'

/** A line to a region that can be taken away. */
class Line {
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((near) => {
    const far = connect(this.#port, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => {}).on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  readonly #port: number

  constructor(url: string) {
    this.#port = Number(new URL(url).port)
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  cut(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

let shop: DeviceShop
let home: Line
/** Nearest to us, and knows both regions. */
let gateway: Gateway
beforeAll(async () => {
  shop = await DeviceShop.open()
  home = new Line(shop.cluster.at(eu).server.url)
  gateway = await startGateway({
    ...{
      listen: { host: '127.0.0.1', port: 0 },
      region: us,
      auth: { mode: 'development' },
      probeEveryMs: 100,
      deadlineMs: 4_000,
    },
    regions: [
      { id: us, url: shop.cluster.at(us).server.url },
      { id: eu, url: await home.open() },
    ],
  })
  const upsert =
    'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { userErrors { code message } } }'
  for (const id of ['ada', 'bob']) {
    const input = { id, homeRegion: eu, name: id, email: `${id}@example.com` }
    expect((await ask(shop.cluster.at(eu).server, upsert, { input })).data).toMatchObject({
      upsertCustomer: { userErrors: [] },
    })
  }
})
afterAll(async () => {
  home.cut()
  await shop.stop()
  await gateway.close()
})

const wide = () => ({ url: `${gateway.url}/graphql` })

describe('a contact that is at home in another region', () => {
  it('R4, R7: is followed and changed through the gateway, by way of its home', async () => {
    await shop.converge()
    const device = await shop.device(us, { ...wide(), user: 'ada' })
    await (await device.follow({ customer: 'ada', carts: ['hers'] })).caughtUp
    expect(device.customer('ada').get()).toMatchObject({ name: 'ada', homeRegion: eu })
    expect(device.status()).toMatchObject({ region: eu, trouble: null })
    const named = await device.customer('ada').change((contact) => {
      contact.name = 'Ada Lovelace'
    })
    const filled = await device.cart('hers').change((cart) => {
      cart.lines.mug = { quantity: 1 }
    })
    expect([(await named?.outcome)?.status, (await filled?.outcome)?.status]).toEqual(['accepted', 'accepted'])
    const asked = await ask(shop.cluster.at(eu).server, '{ customer(id: "ada") { name } }', {})
    expect(asked.data).toMatchObject({ customer: { name: 'Ada Lovelace' } })
    await device.close()
  })

  it('R4: a region that is not its home says so, and what the home once gave stays; back there, what was missed comes', async () => {
    await shop.converge()
    const storage = memoryStorage()
    // A gateway that knows this region alone.
    const away = await shop.device(us, { storage, user: 'bob' })
    await (await away.follow({ customer: 'bob' })).caughtUp
    expect(away.customer('bob').get()).toMatchObject({ name: null, email: null, homeRegion: eu })
    expect(away.status().trouble).toMatchObject({ code: 'HOME_UNREACHABLE', message: expect.stringContaining(eu) })
    await away.close()
    // The cursor covers what the first region could not give: it comes all the same.
    const back = await shop.device(us, { ...wide(), storage, user: 'bob' })
    await expect.poll(() => back.customer('bob').get()?.name).toBe('bob')
    expect(back.status().trouble).toBeNull()
    await back.close()
    const again = await shop.device(us, { storage, user: 'bob' })
    await expect.poll(() => again.status().trouble?.code).toBe('HOME_UNREACHABLE')
    expect(again.customer('bob').get()?.name).toBe('bob')
  })

  it('a change of it waits while its home cannot be reached, and what is asked of other regions does not', async () => {
    const device = await shop.device(us, { ...wide(), user: 'ada' })
    await (await device.follow({ customer: 'ada', carts: ['others'] })).caughtUp
    home.cut()
    const named = await device.customer('ada').change((contact) => {
      contact.name = 'Countess'
    })
    const filled = await device.cart('others').change((cart) => {
      cart.lines.mug = { quantity: 2 }
    })
    expect((await filled?.outcome)?.status).toBe('accepted')
    expect(named?.state).not.toBe('settled')
    await expect.poll(() => device.status().trouble?.code, { timeout: 10_000 }).toBe('HOME_UNREACHABLE')
    expect(device.customer('ada').get()?.name).toBe('Countess')
  })
})
