// Receipts, tills and gifts in several regions, with commands answered twice: units are counted once and never sold
// twice.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SmallCluster, threeRegions } from '../documents/testing/small-cluster.ts'
import type { SmallRegion } from '../documents/testing/small-region.ts'
import { receiveStock, recordStockMovements } from './commands.ts'
import { giveRights } from './give-rights.ts'
import { stockLevel } from './levels.ts'

function level(region: SmallRegion, sku = 'mug') {
  return stockLevel(region.stock(sku))
}

function receive(region: SmallRegion, quantity: number, key: string, resent = false) {
  return region.run(receiveStock, { sku: 'mug', quantity }, { key, resent })
}

function move(region: SmallRegion, kind: string, quantity: number, key: string, resent = false) {
  const movements = [{ id: 'm1', sku: 'mug', kind, quantity }]
  return region.run(recordStockMovements, { movements }, { key, resent })
}

describe('stock in several regions', () => {
  it('S3: units received are shared evenly as gifts, and the rest stays', () => {
    const cluster = new SmallCluster(['mug'])
    receive(cluster.region('eu'), 11, 'k1')
    cluster.deliverAll()
    expect(level(cluster.region('ap')).rights).toEqual([{ region: 'eu', units: 5 }])
    expect(threeRegions.map((id) => cluster.region(id).rights('mug'))).toEqual([3, 5, 3])
  })

  it('S3: a request for rights that is sent twice is given once', () => {
    const cluster = new SmallCluster(['mug'])
    receive(cluster.region('eu'), 30, 'k1')
    cluster.deliverAll()
    const request = { requestId: 'r1', to: 'us', items: [{ sku: 'mug', units: 2 }] }
    const first = cluster.region('eu').run(giveRights, request)
    const second = cluster.region('eu').run(giveRights, request)
    expect(first).toMatchObject({ result: { items: [{ sku: 'mug', units: 2 }] } })
    expect(second).toMatchObject({ events: [], result: { items: [{ sku: 'mug', units: 2 }] } })
    expect(cluster.region('eu').rights('mug')).toBe(8)
  })

  it('a peer without rights gives nothing and does not fail', () => {
    const cluster = new SmallCluster(['mug'])
    const request = { requestId: 'r1', to: 'us', items: [{ sku: 'mug', units: 2 }] }
    expect(cluster.region('eu').run(giveRights, request)).toMatchObject({
      status: 'accepted',
      events: [],
      result: { items: [{ sku: 'mug', units: 0 }] },
    })
  })

  it('I2: a receipt that two regions answered is taken back by the later one', () => {
    const cluster = new SmallCluster(['mug'])
    receive(cluster.region('eu'), 30, 'k1')
    receive(cluster.region('us'), 30, 'k1')
    expect(level(cluster.region('us')).onHand).toBe(30)
    cluster.quiesce()
    for (const region of cluster.regions) expect(level(region)).toMatchObject({ onHand: 30, available: 30 })
  })

  it('I4: a receipt marked as sent again gives rights only when it is stable', () => {
    const cluster = new SmallCluster(['mug'])
    receive(cluster.region('us'), 30, 'k1', true)
    cluster.region('us').settle()
    expect(cluster.region('us').rights('mug')).toBe(0)
    cluster.quiesce()
    expect(level(cluster.region('us'))).toMatchObject({ onHand: 30, available: 30 })
    expect(threeRegions.map((id) => cluster.region(id).rights('mug'))).toEqual([10, 10, 10])
  })

  it('I4: a receipt sent again to another region, whose first attempt was answered, counts once', () => {
    const cluster = new SmallCluster(['mug'])
    receive(cluster.region('eu'), 30, 'k1')
    receive(cluster.region('us'), 30, 'k1', true)
    cluster.quiesce()
    expect(level(cluster.region('ap'))).toMatchObject({ onHand: 30, available: 30 })
  })

  it('I4: units of an unmarked duplicate that are sold already stay a debt', () => {
    const cluster = new SmallCluster(['mug'])
    receive(cluster.region('eu'), 3, 'k1')
    receive(cluster.region('us'), 3, 'k1')
    for (const id of ['eu', 'us'] as const) move(cluster.region(id), 'SALE', 1, `till-${id}`)
    cluster.deliverAll()
    for (const id of threeRegions) move(cluster.region(id), 'SALE', cluster.region(id).rights('mug'), `rest-${id}`)
    cluster.quiesce()
    expect(cluster.region('us').duties).toHaveLength(1)
    expect(level(cluster.region('us')).available).toBe(0)
  })

  it('I2: a sale that one region could not take and another took stands, whichever answered first', () => {
    for (const kind of ['SALE', 'WRITE_OFF'] as const)
      for (const [first, second] of [
        ['ap', 'eu'],
        ['eu', 'ap'],
      ] as const) {
        const cluster = new SmallCluster(['mug'])
        receive(cluster.region('eu'), 3, 'k1')
        cluster.deliverAll()
        const movements = [
          { id: 'a', sku: 'mug', kind, quantity: 1 },
          { id: 'b', sku: 'mug', kind, quantity: 1 },
        ]
        // Rights are one each; eu has been given another one.
        cluster.region('us').run(giveRights, { requestId: 'r1', to: 'eu', items: [{ sku: 'mug', units: 1 }] })
        cluster.deliverAll()
        cluster.region(first).run(recordStockMovements, { movements }, { key: 'k2', wallMs: 5_000 })
        cluster.region(second).run(recordStockMovements, { movements }, { key: 'k2', resent: true, wallMs: 6_000 })
        cluster.quiesce()
        for (const region of cluster.regions) {
          expect(level(region)).toMatchObject({ onHand: 1, available: 1 })
          expect(region.run(recordStockMovements, { movements }, { key: 'k2', resent: true })).toMatchObject({
            result: { accepted: 2, rejected: [] },
          })
        }
      }
  })

  it('S4: a list lacks what its sales need when their turn comes, whatever comes in behind them or is yet to be credited', () => {
    const lists = [
      {
        movements: [
          ['SALE', 5],
          ['RETURN', 5],
        ],
        resent: false,
      },
      {
        movements: [
          ['WRITE_OFF', 2],
          ['SALE', 3],
          ['RECEIPT', 4],
        ],
        resent: false,
      },
      {
        movements: [
          ['RETURN', 5],
          ['SALE', 5],
        ],
        resent: true,
      },
    ] as const
    for (const { movements, resent } of lists) {
      const cluster = new SmallCluster(['mug'])
      receive(cluster.region('eu'), 9, 'k1')
      cluster.deliverAll()
      const list = movements.map(([kind, quantity], index) => ({ id: `m${index}`, sku: 'mug', kind, quantity }))
      const decision = cluster.region('us').run(recordStockMovements, { movements: list }, { key: 'k2', resent })
      expect(decision).toMatchObject({ shortages: [{ sku: 'mug', missing: 2, needed: 5 }] })
    }
  })

  it('a till that sells more than there is is told so for that movement alone', () => {
    const cluster = new SmallCluster(['mug'], ['eu'])
    receive(cluster.region('eu'), 3, 'k1')
    const movements = [
      { id: 'a', sku: 'mug', kind: 'SALE', quantity: 2 },
      { id: 'b', sku: 'mug', kind: 'SALE', quantity: 2 },
      { id: 'c', sku: 'hat', kind: 'SALE', quantity: 1 },
      { id: 'd', sku: 'mug', kind: 'RETURN', quantity: 1 },
      { id: 'e', sku: 'mug', kind: 'WRITE_OFF', quantity: 2 },
    ]
    const decision = cluster.region('eu').run(recordStockMovements, { movements }, { key: 'k2' })
    expect(decision).toMatchObject({
      status: 'accepted',
      result: {
        accepted: 3,
        rejected: [
          { id: 'b', code: 'OUT_OF_STOCK', sku: 'mug', available: 1, rights: [{ region: 'eu', units: 1 }] },
          { id: 'c', code: 'NOT_FOUND' },
        ],
      },
    })
    expect(level(cluster.region('eu'))).toMatchObject({ onHand: 0, available: 0 })
  })
})

const step = fc.record({
  at: fc.nat(2),
  to: fc.nat(2),
  do: fc.constantFrom('RECEIPT', 'SALE', 'RETURN', 'WRITE_OFF', 'bring', 'bring', 'bring', 'settle', 'ask'),
  quantity: fc.integer({ min: 1, max: 9 }),
  key: fc.nat(8),
  resent: fc.boolean(),
})

describe('any interleaving of three regions', () => {
  it('S1 S2 I2 I4: every key counts once, and no row is ever overspent', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const cluster = new SmallCluster(['mug'])
        // The input belongs to the key: a retry brings the same one.
        const inputs = new Map<number, { kind: string; quantity: number }>()
        for (const { at, to, do: kind, quantity, key, resent } of steps) {
          const region = cluster.regions[at]
          if (region === undefined) continue
          if (kind === 'bring') cluster.deliver(region.id, threeRegions[to] ?? region.id)
          else if (kind === 'settle') region.settle()
          else if (kind === 'ask') cluster.ask(region.id, 'mug', quantity)
          else {
            const input = inputs.get(key) ?? { kind, quantity }
            inputs.set(key, input)
            move(region, input.kind, input.quantity, `key-${key}`, resent)
          }
          cluster.check()
        }
        cluster.quiesce()
        const [first] = cluster.regions
        let expected = 0
        for (const [key, { kind, quantity }] of inputs) {
          const winner = first?.outcomes.find((outcome) => outcome.key === `key-${key}` && isWinner(first, outcome))
          if (winner?.result.accepted !== 1) continue
          expected += kind === 'RECEIPT' || kind === 'RETURN' ? quantity : -quantity
        }
        const hasDebt = cluster.regions.some(({ duties }) => duties.length > 0)
        for (const region of cluster.regions) {
          expect(level(region)).toEqual(level(cluster.region('ap')))
          expect(level(region).available).toBeGreaterThanOrEqual(0)
          if (!hasDebt) expect(level(region).onHand).toBe(expected)
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** More taken, then the lower time and origin. */
function isWinner(region: SmallRegion, outcome: SmallRegion['outcomes'][number]): boolean {
  const taken = ({ result }: typeof outcome) => Number(result.accepted)
  const isBefore = (other: typeof outcome) =>
    other.time.wallMs < outcome.time.wallMs ||
    (other.time.wallMs === outcome.time.wallMs &&
      (other.time.counter < outcome.time.counter ||
        (other.time.counter === outcome.time.counter && other.origin < outcome.origin)))
  return region.outcomes.every(
    (other) =>
      other.key !== outcome.key ||
      taken(other) < taken(outcome) ||
      (taken(other) === taken(outcome) && !isBefore(other)),
  )
}
