// A region whose disk is full, behind a real gateway: operators are told, writes go elsewhere, and it comes back by itself.

import { createMemoryStore } from '@causeway/db/memory/store'
import { type Store, StoreError } from '@causeway/db/store'
import { startGateway } from '@causeway/gateway/server'
import { ask, serveCluster } from '@causeway/regions/http/cluster.testing'
import { upsertProduct } from '@causeway/regions/http/shop.testing'
import { expect, it } from 'vitest'

const [us, eu] = ['us-east-1', 'eu-west-1'] as const

it('G1: a region whose disk is full is DEGRADED and says why, writes are served elsewhere, and it recovers by itself', async () => {
  let isFull = false
  const cluster = await serveCluster([us, eu], {
    store: async (id) => {
      const store = createMemoryStore({ region: id })
      const refuse = () => {
        const message = "the database's disk is full or read-only: no space left; free space there; nothing was written"
        if (isFull && id === us) throw new StoreError('DISK_FULL', message, { retry: true })
      }
      const transact: Store['transact'] = (work) =>
        store.transact(async (transaction) => {
          refuse()
          return await work(transaction)
        })
      const putSetting: Store['putSetting'] = async (name, value) => {
        refuse()
        await store.putSetting(name, value)
      }
      return { ...store, transact, putSetting }
    },
  })
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    region: us,
    regions: [us, eu].map((id) => ({ id, url: cluster.at(id).server.url })),
    auth: { mode: 'development' },
    probeEveryMs: 50,
  })
  const shown = async () => (await ask(gateway, '{ regions { id state reason } }')).data.regions
  const healthy = [
    { id: eu, state: 'HEALTHY' },
    { id: us, state: 'HEALTHY' },
  ]
  const write = (id: string) => {
    const variants = [{ sku: id, price: { amount: '1.00', currencyCode: 'GBP' } }]
    return ask(gateway, upsertProduct, { input: { id: `product-${id}`, title: 'Mug', variants, idempotencyKey: id } })
  }
  try {
    await expect.poll(shown, { timeout: 10_000 }).toMatchObject(healthy)
    isFull = true
    const first = await write('one')
    expect(first.data).toMatchObject({ upsertProduct: { product: { id: 'product-one' }, userErrors: [] } })
    expect(first.headers.get('causeway-region')).toBe(eu)
    await expect
      .poll(shown, { timeout: 10_000 })
      .toMatchObject([
        { id: eu },
        { id: us, state: 'DEGRADED', reason: expect.stringMatching(/takes no writes: .*disk is full/) },
      ])
    const second = await write('two')
    expect(second.headers.get('causeway-region')).toBe(eu)
    isFull = false
    await expect.poll(shown, { timeout: 10_000 }).toMatchObject(healthy)
  } finally {
    await gateway.close()
    await cluster.stop()
  }
})
