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
