// How many regions hold a write when its answer comes, as a caller asks for it: through a real gateway, with a region
// that is cut off from the others.

import { receiveStock, upsertProduct } from '@causeway/regions/http/shop.testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openShop, type Shop } from './gateway.testing.ts'

const [us, eu, ap] = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const
const place = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id } durability { requested reached timedOut } userErrors { code } }
}`
const placed = (requested: number, reached: number, timedOut: boolean) => ({
  placeOrder: { order: { id: expect.any(String) }, durability: { requested, reached, timedOut }, userErrors: [] },
})
const order = (id: string) => ({ input: { id, lines: [{ sku: 'mug', quantity: 1 }], idempotencyKey: `key-${id}` } })
let shop: Shop

beforeAll(async () => {
  shop = await openShop([us, eu, ap], us)
  const variants = [{ sku: 'mug', price: { amount: '1.00', currencyCode: 'GBP' } }]
  expect((await shop.ask(upsertProduct, { input: { id: 'mug', title: 'Mug', variants } })).errors).toEqual([])
  expect((await shop.ask(receiveStock, { input: { sku: 'mug', quantity: 30 } })).errors).toEqual([])
})
afterAll(() => shop.stop())

describe('a caller who wants a write in several regions before the answer', () => {
  it('W2: gets it once all three hold it', async () => {
    const answer = await shop.ask(place, order('all'), { 'causeway-durability': '3;ms=3000' }, us)
    expect(answer.data).toEqual(placed(3, 3, false))
  })

  it('W2: is told how many do where the limit runs out; the write stands; asked again with the key, the wait goes on', async () => {
    shop.isolate(ap)
    const first = await shop.ask(place, order('cut'), { 'causeway-durability': '3;ms=500' }, us)
    expect(first.data).toEqual(placed(3, 2, true))
    const again = await shop.ask(place, order('cut'), { 'causeway-durability': '3;ms=300' }, us)
    expect(again.data).toEqual(placed(3, 2, true))
    const waiting = shop.ask(place, order('cut'), { 'causeway-durability': '3;ms=3500' }, us)
    shop.rejoin(ap)
    expect((await waiting).data).toEqual(placed(3, 3, false))
    const read = await shop.ask('{ stock(sku: "mug") { available } }', {}, { 'causeway-consistency': 'strong' }, ap)
    expect(read.data).toEqual({ stock: { available: 28 } })
  })
})
