import { expect, it, onTestFinished } from 'vitest'
import { plainLog } from '../integrity/plain-log.testing.ts'
import { Digester } from './digester.ts'

/** What takes a millisecond or two. */
const mostAtOnce = 64

it('C9: a region that digests its tables answers its callers meanwhile: few rows are digested in one go', async () => {
  const { store, crypto } = await plainLog(1)
  onTestFinished(() => store.close())
  const limits: number[] = []
  let pauses = 0
  const watched: typeof store = {
    ...store,
    scanDocuments: (after, limit) => {
      limits.push(limit)
      return store.scanDocuments(after, limit)
    },
    scanStock: (after, limit) => {
      limits.push(limit)
      return store.scanStock(after, limit)
    },
  }
  const pause = async () => {
    pauses += 1
  }
  await new Digester(watched, crypto.sha256).scan({ pause })
  expect(Math.max(...limits)).toBeLessThanOrEqual(mostAtOnce)
  expect(pauses).toBeGreaterThanOrEqual(limits.length)
})

it('C9: what is put right while nothing is written is in the digest at once, at the frontier of before', async () => {
  const { store, crypto } = await plainLog(1)
  onTestFinished(() => store.close())
  const digester = new Digester(store, crypto.sha256)
  const { frontier } = await store.head()
  const before = await digester.digest(frontier)
  const cells = { received: 7, returned: 0, sold: 0, released: 0, shipped: 0, writtenOff: 0, given: {} }
  const row = { sku: 'mug', location: 'main', holder: 'eu', cells, givenIn: 0 }
  const none = { commits: [], documents: [], conflicts: [], conflictsOf: [], removedDocuments: [], removedStock: [] }
  await store.transact((head) => head.repair({ ...none, stock: [row] }))
  expect((await store.head()).frontier).toEqual(frontier)
  expect(await digester.digest(frontier)).not.toBe(before)
})
