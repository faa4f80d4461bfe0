// What regions ask each other while they compare tables and go on writing.

import { createHash } from 'node:crypto'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ServedCluster, serveCluster } from '../http/cluster.testing.ts'
import type { Region } from '../region.ts'
import { DivergenceAnswers } from './answers.ts'
import { compareTable, Lap } from './compare.ts'
import { Digester } from './digester.ts'

const crypto = { sha256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()) }
const principal = { subject: 'staff', roles: ['operator' as const], region: null }
let cluster: ServedCluster

beforeAll(async () => {
  cluster = await serveCluster(['eu', 'us'])
})
afterAll(() => cluster.stop())

async function addProducts(region: Region, from: number, count: number): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    const call = { principal, resent: false, deadlineAt: Date.now() + 5_000 }
    const variants = [{ sku: `sku-${index}`, price: { amount: '1.00', currencyCode: 'GBP' } }]
    const input = { id: `product-${index}`, title: `Product ${index}`, variants }
    expect((await region.execute(upsertProduct, input as never, call)).status).toBe('accepted')
  }
}

/** What `here` asks of `there` until it is done; its own look at all rows is older. */
async function levelsAsked(here: Region, there: Region, between: () => Promise<void>): Promise<readonly number[]> {
  const digester = new Digester(here.store, crypto.sha256)
  const scan = await digester.scan({ pause: async () => {} })
  await between()
  const answers = new DivergenceAnswers({
    ...{ store: there.store, crypto, digester: new Digester(there.store, crypto.sha256) },
    ...{ frontier: () => there.frontier(), logRanges: () => [], beside: () => new Map() },
  })
  const levels: number[] = []
  const keys = compareTable(
    {
      ...{ store: here.store, crypto },
      ask: (request) => {
        levels.push(request.level)
        return answers.digests(request)
      },
      reach: (vector, withinMs) => here.reach(vector, Date.now() + withinMs),
    },
    'documents',
    scan,
    new Lap(),
  )
  const found: string[] = []
  for await (const key of keys) found.push(key)
  expect(found).toEqual([])
  return levels
}

it('C9: while products are written, no rows are asked for that are the same by now', async () => {
  const [eu, us] = [cluster.at('eu').region, cluster.at('us').region]
  await addProducts(eu, 0, 300)
  expect(await us.reach(eu.frontier(), Date.now() + 5_000)).toBe(true)
  expect(await levelsAsked(us, eu, async () => {})).toEqual([0])
  const levels = await levelsAsked(us, eu, async () => {
    await addProducts(eu, 300, 40)
    expect(await us.reach(eu.frontier(), Date.now() + 5_000)).toBe(true)
  })
  expect(levels.slice(0, 3)).toEqual([0, 1, 2])
  expect(new Set(levels.slice(3))).toEqual(new Set([4]))
})
