// A till whose clock is ahead, over real HTTP.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { stockMug } from './shop.testing.ts'

let cluster: ServedCluster
const eu = () => cluster.at('eu-west-1')

beforeAll(async () => {
  cluster = await serveCluster(['eu-west-1'])
  await stockMug(eu(), 20, 'mug')
}, 30_000)
afterAll(() => cluster.stop())

const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
const yesterday = new Date(Date.now() - 86_400_000).toISOString()

describe('a till whose clock is a day ahead', () => {
  it("M2: has its sales stamped with the region's time, and is told which; a time that has been stays", async () => {
    const sale = (id: string, at: string) => ({ id, sku: 'mug', kind: 'SALE', quantity: 1, at })
    const input = { movements: [sale('early', yesterday), sale('ahead', tomorrow)] }
    const { data } = await ask(
      eu().server,
      `mutation ($input: RecordStockMovementsInput!) {
        recordStockMovements(input: $input) { accepted restamped { id at } userErrors { code } }
      }`,
      { input },
    )
    const answer = (data as { recordStockMovements?: { restamped: readonly { id: string; at: string }[] } })
      .recordStockMovements
    expect(answer).toMatchObject({ accepted: 2, restamped: [{ id: 'ahead' }], userErrors: [] })
    const stamped = answer?.restamped[0]?.at ?? ''
    expect(Math.abs(Date.parse(stamped) - Date.now())).toBeLessThan(60_000)
    const events = await ask(eu().server, '{ events(type: "stock.moved") { edges { node { data } } } }')
    expect(JSON.stringify(events.data)).toContain(yesterday)
    expect(JSON.stringify(events.data)).toContain(stamped)
    expect(JSON.stringify(events.data)).not.toContain(tomorrow)
  })

  it("M2: places its order at the region's time, is told so, and told the same when it asks again", async () => {
    const place = async (id: string, placedAt: string) => {
      const input = { idempotencyKey: id, id, lines: [{ sku: 'mug', quantity: 1 }], placedAt }
      const { data } = await ask(
        eu().server,
        'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { restampedAt order { placedAt } userErrors { code } } }',
        { input },
      )
      return (data as { placeOrder?: { restampedAt: string | null; order: { placedAt: string } } }).placeOrder
    }
    const first = await place('order-1', tomorrow)
    expect(first?.restampedAt).toBe(first?.order.placedAt)
    expect(Math.abs(Date.parse(first?.restampedAt ?? '') - Date.now())).toBeLessThan(60_000)
    expect(await place('order-1', tomorrow)).toEqual(first)
    expect(await place('order-2', yesterday)).toMatchObject({ restampedAt: null, order: { placedAt: yesterday } })
  })
})
