import { emptyCells, type StockRow } from '@causeway/schema/stock/row'
import { describe, expect, it } from 'vitest'
import type { RightsRequest } from '../replication/peer.ts'
import { RightsBroker } from './rights-broker.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function row(holder: string, sku: string, received: number): StockRow {
  return { sku, location: 'main', holder, cells: { ...emptyCells, received }, givenIn: 0 }
}

function setUp(rows: readonly StockRow[], gives: Record<string, number>, away: readonly string[] = []) {
  const asked: { peer: string; request: RightsRequest }[] = []
  let next = 0
  const broker = new RightsBroker({
    ports: {
      clock: { now: () => 0 },
      timers: { after: () => () => {} },
      random: { bytes: (length) => new Uint8Array(length).fill(next++), unit: () => 0 },
      logger: quiet,
    },
    peers: ['ap', 'us'],
    origin: () => 'eu',
    requestRights: async (peer, request) => {
      asked.push({ peer, request })
      if (away.includes(peer)) throw new Error('away')
      const items = request.items.map(({ sku, units }) => ({
        sku,
        units: Math.min(units, gives[`${peer}/${sku}`] ?? 0),
      }))
      return { items, position: { origin: peer, sequence: 1 } }
    },
    stock: async () => rows,
    reach: async () => true,
  })
  return { broker, asked }
}

describe('asking peers for rights', () => {
  it('S4: the best-stocked peer is asked first, and no other where it gives enough', async () => {
    const { broker, asked } = setUp([row('us', 'a', 9), row('ap', 'a', 3)], { 'us/a': 9, 'ap/a': 3 })
    expect(await broker.acquire([{ sku: 'a', missing: 4 }], 1_000)).toEqual({ given: 4, unreachable: new Set() })
    expect(asked.map(({ peer }) => peer)).toEqual(['us'])
  })

  it('S4: what one peer cannot give is asked of the next, each once', async () => {
    const { broker, asked } = setUp([row('us', 'a', 9), row('ap', 'a', 3)], { 'us/a': 2, 'ap/a': 3 })
    await broker.acquire([{ sku: 'a', missing: 4 }], 1_000)
    expect(asked.map(({ peer, request }) => [peer, request.items[0]?.units])).toEqual([
      ['us', 4],
      ['ap', 2],
    ])
  })

  it('a peer that cannot be reached is named, and the next one is asked', async () => {
    const { broker, asked } = setUp([row('us', 'a', 9)], { 'ap/a': 4 }, ['us'])
    expect((await broker.acquire([{ sku: 'a', missing: 4 }], 1_000)).unreachable).toEqual(new Set(['us']))
    expect(asked.map(({ peer }) => peer)).toEqual(['us', 'ap'])
  })

  it('shortages that meet on their way to one peer travel in one request, summed by SKU', async () => {
    const { broker, asked } = setUp([row('us', 'a', 9), row('us', 'b', 9)], { 'us/a': 9, 'us/b': 9 })
    await Promise.all([
      broker.acquire([{ sku: 'a', missing: 2 }], 1_000),
      broker.acquire(
        [
          { sku: 'a', missing: 3 },
          { sku: 'b', missing: 1 },
        ],
        1_000,
      ),
    ])
    expect(asked.length).toBe(1)
    expect(asked[0]?.request.items).toEqual([
      { sku: 'a', units: 5 },
      { sku: 'b', units: 1 },
    ])
  })

  it('S4: what several short commands counted on is asked for, but for the once that it is here', async () => {
    const { broker, asked } = setUp([row('us', 'a', 90)], { 'us/a': 90 })
    const shortage = { sku: 'a', missing: 1, needed: 6 }
    await Promise.all([1, 2, 3].map(() => broker.acquire([shortage], 1_000)))
    expect(asked.map(({ request }) => request.items)).toEqual([[{ sku: 'a', units: 13 }]])
  })

  it('S3: every request has an id of its own', async () => {
    const { broker, asked } = setUp([], {})
    await broker.acquire([{ sku: 'a', missing: 1 }], 1_000)
    expect(new Set(asked.map(({ request }) => request.requestId)).size).toBe(asked.length)
  })
})
