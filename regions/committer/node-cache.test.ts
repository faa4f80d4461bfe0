// What a node remembers, while another node of its region puts rows right.

import { createMemoryDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { Store } from '@causeway/db/store'
import { emptyCells, mainLocation } from '@causeway/schema/stock/row'
import { expect, it } from 'vitest'
import { nothingToRepair } from '../divergence/rebuild.ts'
import { noReads } from './flush.ts'
import { NodeCache } from './node-cache.ts'

it('C9, W4: a node forgets what it remembers once another node has put a row right', async () => {
  const database = createMemoryDatabase('eu')
  const [left, right] = [createMemoryStore({ region: 'eu', database }), createMemoryStore({ region: 'eu', database })]
  const row = (received: number) => ({
    sku: 'mug',
    location: mainLocation,
    holder: 'eu',
    cells: { ...emptyCells, received },
    givenIn: 0,
  })
  const cache = new NodeCache()
  const read = (store: Store) =>
    store.transact(async (transaction) => {
      await cache.catchUp(transaction)
      return (await cache.load(transaction, { ...noReads, skus: ['mug'] })).stock
    })
  await right.transact((transaction) => transaction.repair({ ...nothingToRepair, stock: [row(1_000)] }))
  expect(await read(left)).toEqual([row(1_000)])
  await right.transact((transaction) => transaction.repair({ ...nothingToRepair, stock: [row(10)] }))
  expect(await read(left)).toEqual([row(10)])
})
