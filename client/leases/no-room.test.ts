// A till that runs out of room about a sale from a lease: behind its first write, or when it hears what became of it.

import { beforeEach, describe, expect, it } from 'vitest'
import { memoryStorage } from '../storage/memory.ts'
import { type ClientStorage, StorageError } from '../storage/port.ts'
import { type Answer, lent, openTill, saleOf } from './till.testing.ts'

let isFull = false
/** Writes until then; null: it does not fill up by itself. */
let writesLeft: number | null = null
beforeEach(() => {
  isFull = false
  writesLeft = null
})

/** Takes nothing new while it is full. */
function smallStorage(): ClientStorage {
  const ground = memoryStorage()
  return {
    async open(user) {
      const opened = await ground.open(user)
      return {
        load: (range, limit) => opened.load(range, limit),
        close: () => opened.close(),
        async commit(writes) {
          if (isFull && writes.some((write) => 'put' in write)) throw new StorageError('FULL', 'no room')
          await opened.commit(writes)
          if (writesLeft !== null) isFull = --writesLeft <= 0
        },
      }
    },
  }
}

/** Room runs out while the first sale is on its way. */
function region(asked: string[], sold: object): Answer {
  return (name, input) => {
    if (name === 'leaseStock') return lent(input)
    asked.push(`${name} ${input.id}`)
    if (input.id !== 'sale') return {}
    isFull = asked.length === 1
    return sold
  }
}

describe('a sale from a lease on a device that fills up', () => {
  it('S6, R1: is queued and signed in one step', async () => {
    const storage = smallStorage()
    const client = await openTill(region([], {}), storage)
    await client.lease({ sku: 'mug', quantity: 5, minutes: 60 })
    client.disconnect()
    writesLeft = 1
    await client.placeOrder(saleOf('sale', 'mug'))
    await client.close()
    ;[isFull, writesLeft] = [false, null]
    const again = await openTill(region([], {}), storage)
    expect(again.leases().map(({ left }) => left)).toEqual([4])
    await expect.poll(() => again.commands().map(({ state }) => state)).toEqual(['settled'])
    await again.close()
  })

  it('S6: lets its lease be closed once there is room, though nothing else is asked for', async () => {
    const client = await openTill(region([], {}), smallStorage())
    const lease = await client.lease({ sku: 'mug', quantity: 5, minutes: 60 })
    const sale = await client.placeOrder(saleOf('sale', 'mug'))
    expect((await sale.outcome).status).toBe('accepted')
    await expect(lease.close()).rejects.toMatchObject({ code: 'FULL' })
    isFull = false
    await lease.close()
    await expect.poll(() => client.leases()).toEqual([])
    await client.close()
  })

  it('R2: is told no second outcome after a restart, when its lease is gone', async () => {
    const [asked, storage]: [string[], ClientStorage] = [[], smallStorage()]
    const client = await openTill(region(asked, {}), storage)
    const lease = await client.lease({ sku: 'mug', quantity: 5, minutes: 60 })
    const sale = await client.placeOrder(saleOf('sale', 'mug'))
    expect((await sale.outcome).status).toBe('accepted')
    isFull = false
    await (await client.placeOrder(saleOf('other', 'cup'))).outcome
    await lease.close()
    await expect.poll(() => client.leases()).toEqual([])
    await expect.poll(() => client.status().pending).toBe(0)
    await client.close()
    const again = await openTill(region(asked, {}), storage)
    const found = again.commands().find(({ input }) => 'id' in input && input.id === 'sale')
    expect(await found?.outcome).toMatchObject({ status: 'accepted' })
    expect(asked.filter((one) => one === 'placeOrder sale')).toHaveLength(1)
    await again.close()
  })

  it('S6, R3: gives its units back after a restart, though the app had acknowledged that it was refused', async () => {
    const [asked, storage]: [string[], ClientStorage] = [[], smallStorage()]
    const refused = { userErrors: [{ code: 'INVALID', message: 'no', field: ['lines'] }] }
    const client = await openTill(region(asked, refused), storage)
    await client.lease({ sku: 'mug', quantity: 5, minutes: 60 })
    const sale = await client.placeOrder(saleOf('sale', 'mug'))
    expect((await sale.outcome).status).toBe('refused')
    await sale.acknowledge()
    await client.close()
    isFull = false
    const again = await openTill(region(asked, refused), storage)
    await expect.poll(() => again.leases().map(({ left }) => left)).toEqual([5])
    await again.close()
  })
})
