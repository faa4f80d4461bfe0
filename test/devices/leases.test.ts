// A till that sells from a lease, with the SDK on real regions behind real gateways: offline, reloaded, killed in the middle of any
// write, with its clock set wrong, through either region. It never sells what it does not hold, and what it sold stands.

import { type CausewayClient, type ClientStorage, LeaseError, memoryStorage, StorageError } from '@causeway/client'
import { platformPorts } from '@causeway/client/ports'
import type { UserStorage } from '@causeway/client/storage/port'
import { ask } from '@causeway/regions/http/cluster.testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceShop, eu, us } from './devices.testing.ts'

let shop: DeviceShop
beforeAll(async () => {
  shop = await DeviceShop.open()
})
afterAll(() => shop.stop())

const endLease = `mutation ($id: ID!) { closeLease(input: { id: $id, withoutDevice: true }) { userErrors { code } } }`
const stockOf = 'query ($sku: ID!) { stock(sku: $sku) { available reserved leased onHand } }'

interface Level {
  readonly available: number
  readonly reserved: number
  readonly leased: number
  readonly onHand: number
}

async function levelAt(region: string, sku: string): Promise<Level> {
  const { data } = await ask(shop.cluster.at(region).server, stockOf, { sku })
  return (data as unknown as { readonly stock: Level }).stock
}

let numbers = 0
const newOrder = () => `sale-${++numbers}`

function sell(client: CausewayClient, sku: string, quantity: number, id = newOrder()) {
  return client.placeOrder({ id, lines: [{ sku, quantity }], fromLeases: 'only' })
}

/** Storage whose process dies at a write: all of that write is there or nothing, and nothing after it. */
class Mortal implements ClientStorage {
  readonly ground = memoryStorage()
  readonly death: Promise<never>
  #left: number
  readonly #isWritten: boolean
  #die: (error: Error) => void = () => {}

  constructor(writesLeft: number, isWritten: boolean) {
    this.#left = writesLeft
    this.#isWritten = isWritten
    this.death = new Promise((_, reject) => {
      this.#die = reject
    })
    this.death.catch(() => {})
  }

  async open(user: string): Promise<UserStorage> {
    const opened = await this.ground.open(user)
    return {
      load: opened.load.bind(opened),
      close: () => opened.close(),
      commit: async (writes) => {
        this.#left -= 1
        if (this.#left > 0 || (this.#left === 0 && this.#isWritten)) await opened.commit(writes)
        if (this.#left > 0) return
        const error = new StorageError('FAILED', 'the process died')
        this.#die(error)
        throw error
      },
    }
  }
}

describe('a till with a lease', () => {
  it('S6: sells offline what others cannot sell meanwhile, tells it later, and gives back the rest', async () => {
    const till = await shop.device(us)
    await (await till.follow({ products: true, stock: ['mug'] })).caughtUp
    const before = await levelAt(us, 'mug')
    const lease = await till.lease({ sku: 'mug', quantity: 10, minutes: 60 })
    expect(lease).toMatchObject({ sku: 'mug', quantity: 10, left: 10, state: 'open' })
    await expect.poll(() => till.stock('mug').get()).toMatchObject({ leased: 10, available: before.available - 10 })
    till.disconnect()
    const sales = [await sell(till, 'mug', 3), await sell(till, 'mug', 4)]
    expect(lease.left).toBe(3)
    await expect(sell(till, 'mug', 4)).rejects.toMatchObject({ code: 'NOT_LEASED' })
    expect(till.commands()).toHaveLength(2)
    // What was sold is no longer lent, and still nobody else's.
    expect(till.stock('mug').get()).toMatchObject({ leased: 3, reserved: 7, available: before.available - 10 })
    const others = await shop.device(eu)
    const all = await others.placeOrder({ id: 'all', lines: [{ sku: 'mug', quantity: before.available - 10 }] })
    expect((await all.outcome).status).toBe('accepted')
    const more = await others.placeOrder({ id: 'one-more', lines: [{ sku: 'mug', quantity: 1 }] })
    expect(await more.outcome).toMatchObject({ status: 'refused', code: 'OUT_OF_STOCK' })
    till.connect()
    for (const sale of sales) expect((await sale.outcome).status).toBe('accepted')
    await lease.close()
    await expect.poll(() => lease.state).toBe('closed')
    expect(till.leases()).toEqual([])
    await expect.poll(() => levelAt(us, 'mug')).toMatchObject({ available: 3, leased: 0 })
    await (await others.cancelOrder({ id: 'all' })).outcome
    await expect.poll(() => levelAt(us, 'mug')).toMatchObject({ available: before.available - 7, leased: 0 })
  })

  it('S6: without a connection there is no lease, and nothing is queued', async () => {
    const till = await shop.device(us)
    till.disconnect()
    await expect(till.lease({ sku: 'cup', quantity: 1, minutes: 60 })).rejects.toMatchObject({ code: 'OFFLINE' })
    await expect(sell(till, 'cup', 1)).rejects.toBeInstanceOf(LeaseError)
    expect(till.commands()).toEqual([])
    till.connect()
    const tooMany = till.lease({ sku: 'cup', quantity: 1_000, minutes: 60 })
    await expect(tooMany).rejects.toMatchObject({ code: 'OUT_OF_STOCK' })
    expect(till.commands()).toEqual([])
    expect(till.leases()).toEqual([])
  })

  it('S6, R1: a reload keeps the lease and what was sold from it; sales go through another region, in order', async () => {
    const storage = memoryStorage()
    const till = await shop.device(us, { storage })
    const lease = await till.lease({ sku: 'cup', quantity: 6, minutes: 60 })
    till.disconnect()
    await sell(till, 'cup', 2)
    await till.close()
    const again = await shop.device(eu, { storage })
    again.disconnect()
    expect(again.leases()).toMatchObject([{ id: lease.id, left: 4, state: 'open' }])
    await sell(again, 'cup', 1)
    again.connect()
    await expect.poll(() => again.status().pending).toBe(0)
    expect(again.status().refused).toBe(0)
    await shop.converge()
    const before = await levelAt(us, 'cup')
    expect(before.leased).toBe(3)
    await again.leases()[0]?.close()
    await expect.poll(() => again.leases()).toEqual([])
    await expect.poll(async () => (await levelAt(us, 'cup')).available).toBe(before.available + 3)
  })

  it('S6, R2, R3: a sale that a region refuses is taken back, and its units are sold again; an order id sells once', async () => {
    const till = await shop.device(us)
    const lease = await till.lease({ sku: 'cup', quantity: 5, minutes: 60 })
    till.disconnect()
    const wrong = await till.placeOrder({ id: 'wrong', customerId: 'nobody', lines: [{ sku: 'cup', quantity: 4 }] })
    expect(lease.left).toBe(1)
    till.connect()
    expect(await wrong.outcome).toMatchObject({ status: 'refused', code: 'NOT_FOUND' })
    await wrong.acknowledge()
    await expect.poll(() => lease.left).toBe(5)
    const id = newOrder()
    const [one, again] = [await sell(till, 'cup', 5, id), await sell(till, 'cup', 5, id)]
    expect(lease.left).toBe(0)
    expect([(await one.outcome).status, (await again.outcome).status]).toEqual(['accepted', 'accepted'])
    expect((await (await sell(till, 'cup', 5, id)).outcome).status).toBe('accepted')
    await lease.close()
    await expect.poll(() => lease.state).toBe('closed')
  })

  it('S6: once an operator has ended the lease a sale that comes late is refused, the app is told, and the till sells no more from it', async () => {
    const till = await shop.device(us)
    const lease = await till.lease({ sku: 'cup', quantity: 4, minutes: 60 })
    till.disconnect()
    const late = await sell(till, 'cup', 2)
    await ask(shop.cluster.at(us).server, endLease, { id: lease.id })
    till.connect()
    expect(await late.outcome).toMatchObject({ status: 'refused', code: 'LEASE_EXPIRED' })
    await expect.poll(() => till.leases()).toEqual([])
    expect(lease.state).toBe('closed')
    await expect(sell(till, 'cup', 1)).rejects.toMatchObject({ code: 'NOT_LEASED' })
  })

  it('S6: an order that no lease holds is placed as any other; one that may not take from a lease leaves it alone', async () => {
    const till = await shop.device(us)
    const lease = await till.lease({ sku: 'cup', quantity: 2, minutes: 60 })
    const plain = await till.placeOrder({ id: newOrder(), lines: [{ sku: 'cup', quantity: 3 }] })
    const never = await till.placeOrder({ id: newOrder(), lines: [{ sku: 'cup', quantity: 1 }], fromLeases: 'never' })
    expect([(await plain.outcome).status, (await never.outcome).status]).toEqual(['accepted', 'accepted'])
    expect(lease.left).toBe(2)
    await expect(till.clear()).rejects.toMatchObject({ code: 'LEASES_OPEN' })
    await lease.close()
    await expect.poll(() => till.leases()).toEqual([])
  })

  it('S6, R1: killed in the middle of any write, a till has sold what it said it has, and no unit twice', async () => {
    let lives = 0
    for (let isOver = false; !isOver; lives += 1) {
      const storage = new Mortal(1 + (lives >> 1), lives % 2 === 1)
      const promised: string[] = []
      isOver = await Promise.race([lifeOf(storage, promised), storage.death]).catch(() => false)
      const heir = await shop.device(eu, { storage: storage.ground })
      const told = () => [lives, heir.status().pending, heir.status().refused]
      await expect.poll(told, { timeout: 10_000, interval: 20 }).toEqual([lives, 0, 0])
      for (const lease of heir.leases()) await lease.close()
      await expect.poll(() => [lives, heir.leases().length], { timeout: 10_000, interval: 20 }).toEqual([lives, 0])
      await heir.close()
      await shop.converge()
      const { store } = shop.cluster.at(us).region
      const documents = promised.map((id) => ({ kind: 'order', id }))
      const found = await store.load({ documents, bytes: [], ids: [], aliases: [], skus: [], keys: [] })
      expect([lives, found.documents.map(({ id }) => id).sort()]).toEqual([lives, promised.sort()])
    }
    expect(lives).toBeGreaterThan(20)
    await expect.poll(async () => (await levelAt(us, 'cup')).leased).toBe(0)
    const { onHand, reserved, available } = await levelAt(us, 'cup')
    expect(available).toBe(onHand - reserved)
  }, 60_000)

  /** Takes a lease, sells twice, closes; true where it lived to the end. What it said is kept goes into `promised`. */
  async function lifeOf(storage: ClientStorage, promised: string[]): Promise<boolean> {
    const till = await shop.device(us, { storage })
    try {
      const lease = await till.lease({ sku: 'cup', quantity: 2, minutes: 60 })
      for (let sales = 0; sales < 2; sales++) {
        const order = newOrder()
        await sell(till, 'cup', 1, order)
        promised.push(order)
      }
      await expect.poll(() => till.status().pending, { interval: 10 }).toBe(0)
      await lease.close()
      await expect.poll(() => lease.state, { interval: 10 }).toBe('closed')
      return true
    } finally {
      await till.close().catch(() => {})
    }
  }
})

describe('the clock of a till', () => {
  it('S6: set back or forward while it runs changes nothing; over a restart, back stops the sale until a sync, forward ends it early', async () => {
    const hour = 3_600_000
    const storage = memoryStorage()
    let wallMs = 0
    let uptimeMs = 0
    const ports = { now: () => Date.now() + wallMs, uptime: () => platformPorts().uptime() + uptimeMs }
    const till = await shop.device(us, { storage, ports })
    const lease = await till.lease({ sku: 'cup', quantity: 6, minutes: 120 })
    till.disconnect()
    for (const set of [-30 * hour, 30 * hour]) {
      wallMs = set
      await sell(till, 'cup', 1)
    }
    expect(lease.left).toBe(4)
    await till.close()
    wallMs = -hour
    const back = await shop.device(us, { storage, ports, url: 'http://127.0.0.1:9/graphql' })
    expect(back.leases()).toMatchObject([{ state: 'unsure' }])
    await expect(sell(back, 'cup', 1)).rejects.toMatchObject({ code: 'NOT_LEASED' })
    await back.close()
    wallMs = 60 * hour
    const forward = await shop.device(us, { storage, ports, url: 'http://127.0.0.1:9/graphql' })
    expect(forward.leases()).toMatchObject([{ state: 'ended' }])
    await forward.close()
    // One sync tells what time it is, and both sell on.
    const synced = await shop.device(us, { storage, ports })
    await (await synced.follow({ stock: ['cup'] })).caughtUp
    expect(synced.leases()).toMatchObject([{ state: 'open' }])
    await sell(synced, 'cup', 1)
    await expect.poll(() => synced.status().pending).toBe(0)
    // When its time is over by the region's clock it stops, and closes by itself.
    synced.disconnect()
    uptimeMs += 120 * 60_000
    await expect(sell(synced, 'cup', 1)).rejects.toMatchObject({ code: 'NOT_LEASED' })
    expect(synced.leases()).toMatchObject([{ state: 'ended' }])
    expect(synced.status().refused).toBe(0)
  })
})
