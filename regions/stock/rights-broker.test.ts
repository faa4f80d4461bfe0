import { emptyCells, type StockRow } from '@causeway/schema/stock/row'
import { describe, expect, it } from 'vitest'
import type { RightsRequest } from '../replication/peer.ts'
import { DemandBook } from './demand.ts'
import { RightsBroker } from './rights-broker.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function row(holder: string, sku: string, received: number, sold = 0): StockRow {
  return { sku, location: 'main', holder, cells: { ...emptyCells, received, sold }, givenIn: 0 }
}

/** Timers ring when the test says so. */
function setUp(
  rows: readonly StockRow[],
  gives: Record<string, number>,
  away: readonly string[] = [],
  arrives: Promise<boolean> = Promise.resolve(true),
) {
  const asked: { peer: string; request: RightsRequest }[] = []
  const alarms: { afterMs: number; call: () => void }[] = []
  const peers = ['ap', 'us']
  let next = 0
  let nowMs = 0
  let offMs = 0
  const broker = new RightsBroker({
    ports: {
      clock: { now: () => nowMs + offMs },
      timers: {
        after: (afterMs, call) => {
          const alarm = { afterMs: nowMs + afterMs, call }
          alarms.push(alarm)
          return () => void alarms.splice(alarms.indexOf(alarm), alarms.includes(alarm) ? 1 : 0)
        },
      },
      random: { bytes: (length) => new Uint8Array(length).fill(next++), unit: () => 0 },
      logger: quiet,
    },
    peers: ['ap', 'us'],
    present: () => peers,
    origin: () => 'eu',
    hybridMs: () => nowMs,
    demand: new DemandBook(),
    giver: { claim: () => () => {} },
    requestRights: async (peer, request) => {
      asked.push({ peer, request })
      if (away.includes(peer)) throw new Error('away')
      const items = request.items.map(({ sku, units, extra }) => ({
        sku,
        units: Math.min(units + extra, gives[`${peer}/${sku}`] ?? 0),
      }))
      return { items, position: { origin: peer, sequence: 1 } }
    },
    stock: async () => rows,
    reach: () => arrives,
  })
  const acquire = (sku: string, missing: number, needed = missing) =>
    broker.claim([{ sku, units: needed }]).acquire([{ sku, missing, needed }], 1_000)
  /** Lets everything ring that is due within so long. */
  const pass = async (durationMs: number) => {
    const untilMs = nowMs + durationMs
    for (;;) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      const due = alarms.filter(({ afterMs }) => afterMs <= untilMs).sort((a, b) => a.afterMs - b.afterMs)[0]
      if (due === undefined) break
      alarms.splice(alarms.indexOf(due), 1)
      nowMs = Math.max(nowMs, due.afterMs)
      due.call()
    }
    nowMs = untilMs
  }
  const at = (ms: number) => {
    nowMs = ms
  }
  /** The wall clock alone; timers go on. */
  const setBack = (ms: number) => {
    offMs -= ms
  }
  return { broker, peers, asked, acquire, pass, at, setBack }
}

describe('asking peers for rights', () => {
  it('S4: the best-stocked peer is asked first, and no other where it has enough', async () => {
    const { acquire, asked } = setUp([row('us', 'a', 90), row('ap', 'a', 30)], { 'us/a': 90, 'ap/a': 30 })
    expect(await acquire('a', 4)).toEqual({ helped: true, unreachable: new Set() })
    expect(asked.map(({ peer }) => peer)).toEqual(['us'])
  })

  it('S4: where one peer has not enough, several are asked at once for what they have', async () => {
    const { acquire, asked } = setUp([row('us', 'a', 9), row('ap', 'a', 3)], { 'us/a': 9, 'ap/a': 3 })
    await acquire('a', 11)
    expect(asked.map(({ peer, request }) => [peer, request.items[0]?.units])).toEqual([
      ['us', 9],
      ['ap', 2],
    ])
  })

  it('S4: what a peer turns out not to have is asked of the others', async () => {
    const { acquire, asked } = setUp([row('us', 'a', 9)], { 'us/a': 2, 'ap/a': 3 })
    expect((await acquire('a', 4)).helped).toBe(true)
    expect(asked.map(({ peer, request }) => [peer, request.items[0]?.units])).toEqual([
      ['us', 4],
      ['ap', 2],
    ])
  })

  it('S3: a request that broke is sent once more under its id; a peer that stays away is named, and the next one asked', async () => {
    const { acquire, asked, pass } = setUp([row('us', 'a', 9)], { 'ap/a': 4 }, ['us'])
    const acquired = acquire('a', 4)
    await pass(500)
    expect(await acquired).toEqual({ helped: true, unreachable: new Set(['us']) })
    expect(asked.map(({ peer }) => peer)).toEqual(['us', 'us', 'ap'])
    expect(asked[1]?.request.requestId).toBe(asked[0]?.request.requestId)
    expect(asked[2]?.request.requestId).not.toBe(asked[0]?.request.requestId)
  })

  it('S3 S4: a sale is tried again once the gift is here, and not when it was promised', async () => {
    let arrive = (_: boolean) => {}
    const arrives = new Promise<boolean>((resolve) => {
      arrive = resolve
    })
    const { acquire, asked, pass } = setUp([row('us', 'a', 9)], { 'us/a': 9 }, [], arrives)
    let isOver = false
    const acquired = acquire('a', 4).finally(() => {
      isOver = true
    })
    await pass(100)
    expect([asked.length, isOver]).toEqual([1, false])
    arrive(true)
    expect((await acquired).helped).toBe(true)
  })

  it('S4 S7: a peer that has left the cluster is not asked, whatever its rows tell until others have taken them over', async () => {
    const { acquire, asked, peers } = setUp([row('us', 'a', 9), row('ap', 'a', 2)], { 'us/a': 9, 'ap/a': 2 })
    peers.splice(1)
    expect((await acquire('a', 4)).helped).toBe(true)
    expect(asked.map(({ peer }) => peer)).toEqual(['ap'])
  })

  it('S4: sales that lack many SKUs travel in one request to a peer, and many sales of one SKU are one item of it', async () => {
    const { acquire, asked } = setUp([row('us', 'a', 9), row('us', 'b', 9)], { 'us/a': 9, 'us/b': 9 })
    await Promise.all([acquire('a', 2), acquire('a', 3), acquire('b', 1)])
    expect(asked.length).toBe(1)
    const items = asked[0]?.request.items.map(({ sku, units, least }) => ({ sku, units, least }))
    expect(items).toEqual([
      { sku: 'a', units: 5, least: 2 },
      { sku: 'b', units: 1, least: 1 },
    ])
  })

  it('S4: what several short sales counted on here is asked for, but for the once that it is here', async () => {
    const { acquire, asked } = setUp([row('us', 'a', 90), row('eu', 'a', 5)], { 'us/a': 90 })
    await Promise.all([1, 2, 3].map(() => acquire('a', 1, 6)))
    expect(asked.map(({ request }) => request.items.map(({ sku, units }) => ({ sku, units })))).toEqual([
      [{ sku: 'a', units: 13 }],
    ])
  })

  it('S4: a region asks before its rights run out, for what is sold while more is under way and for a while after', async () => {
    const { broker, asked, pass, at } = setUp([row('us', 'a', 900), row('eu', 'a', 100, 95)], { 'us/a': 900 })
    for (let sold = 1; sold <= 90; sold++) {
      at(sold * 100)
      broker.wrote([row('eu', 'a', 100, sold)])
      await pass(0)
    }
    expect(asked).toEqual([])
    for (let sold = 91; sold <= 95; sold++) {
      at(sold * 100)
      broker.wrote([row('eu', 'a', 100, sold)])
      await pass(0)
    }
    expect(asked.map(({ peer, request }) => [peer, request.items[0]?.units, request.items[0]?.sinceMs])).toEqual([
      ['us', 0, null],
    ])
    const { extra = 0, low = 0, perHour = 0 } = asked[0]?.request.items[0] ?? {}
    expect(extra).toBeGreaterThan(low)
    expect(perHour).toBeGreaterThan(3_600 * 4)
    expect(perHour).toBeLessThan(3_600 * 12)
  })

  it('S4: a sale is let go by its deadline although the clock is set back meanwhile', async () => {
    const { broker, pass, setBack } = setUp([row('us', 'a', 9)], {}, ['us', 'ap'])
    const late = broker.claim([]).acquire([{ sku: 'a', missing: 4, needed: 4 }], 50)
    setBack(60_000)
    await pass(60)
    expect((await late).helped).toBe(false)
    expect(broker.waiting).toBe(0)
  })

  it('S4: a sale is told by its deadline who has not answered', async () => {
    const { broker, pass } = setUp([row('us', 'a', 9)], {}, ['us', 'ap'])
    const late = broker.claim([]).acquire([{ sku: 'a', missing: 4, needed: 4 }], 50)
    await pass(60)
    expect(await late).toEqual({ helped: false, unreachable: new Set(['us']) })
  })
})
