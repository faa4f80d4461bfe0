// What callers are told of stock and rights, over HTTP and WebSocket, while units move between regions.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { sell, stockMug } from './shop.testing.ts'
import { closeClients, Subscription, shown, tokenOf } from './subscription.testing.ts'

let cluster: ServedCluster
const us = () => cluster.at('us-east-1')
const eu = () => cluster.at('eu-west-1')

beforeAll(async () => {
  cluster = await serveCluster(['us-east-1', 'eu-west-1'])
})
afterAll(async () => {
  await closeClients()
  await cluster.stop()
})

interface Level {
  readonly available: number
  readonly reserved: number
  readonly leased: number
  readonly onHand: number
  readonly rights: readonly { readonly region: string; readonly units: number }[]
}

const level = '{ available reserved leased onHand rights { region units } }'
const stock = (sku: string) => `{ stock(sku: "${sku}") ${level} }`
const placeOrder = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id } userErrors { code sku available rights { region units } field message } } }`

const sumOf = ({ rights }: Pick<Level, 'rights'>) => rights.reduce((sum, { units }) => sum + units, 0)
const order = (id: string, sku: string, quantity: number) => ({ input: { id, lines: [{ sku, quantity }] } })

async function levelIn(at: ReturnType<typeof us>, sku: string, headers: Record<string, string> = {}) {
  const read = await ask(at.server, stock(sku), {}, headers)
  expect(read.errors).toEqual([])
  return { ...(read.data as unknown as { stock: Level }).stock, token: read.extensions.causeway?.token ?? '' }
}

describe('stock and rights as a region tells them', () => {
  it('S4: units that moved to where they are sold are told by both regions alike, once the token is covered', async () => {
    await stockMug(us(), 10, 'mug-1')
    await sell(eu(), 'o1', ...Array.from({ length: 7 }, () => 'mug-1'))
    const here = await levelIn(eu(), 'mug-1')
    expect(here).toMatchObject({ available: 3, reserved: 7, leased: 0, onHand: 10 })
    const session = { 'causeway-consistency': 'session', 'causeway-token': here.token }
    const there = await levelIn(us(), 'mug-1', session)
    expect({ ...there, token: '' }).toEqual({ ...here, token: '' })
    expect(here.rights.map(({ region }) => region)).toEqual(['eu-west-1', 'us-east-1'])
    expect(sumOf(here)).toBe(3)
  })

  it('S4: every level that a subscriber sees adds up, also in the middle of a move, and its token stands for it', async () => {
    await stockMug(us(), 40, 'mug-2')
    const query = `subscription ($skus: [ID!]!) { stockChanged(skus: $skus) ${level} }`
    const watching = new Subscription(us().server.url, query, { skus: ['mug-2'] })
    const taken = await watching.take(1)
    for (let sold = 1; sold <= 30; sold++) await sell(eu(), `o2-${sold}`, 'mug-2')
    while (shown<Level>(taken.at(-1)).available > 10) taken.push(...(await watching.take(1)))
    await watching.stop()
    const levels = taken.map((next) => shown<Level>(next))
    for (const one of levels) {
      expect(sumOf(one)).toBe(one.available)
      expect(one.available).toBe(one.onHand - one.reserved - one.leased)
      for (const { units } of one.rights) expect(units).toBeGreaterThanOrEqual(0)
    }
    expect(levels.map(({ available }) => available)).toEqual(
      levels.map(({ available }) => available).toSorted((left, right) => right - left),
    )
    const moved = levels.some((one, index) => {
      const before = levels[index - 1]
      return before?.available === one.available && before.rights[0]?.units !== one.rights[0]?.units
    })
    expect(moved).toBe(true)
    const session = { 'causeway-consistency': 'session', 'causeway-token': tokenOf(taken.at(-1)) }
    expect((await levelIn(eu(), 'mug-2', session)).available).toBe(10)
  })

  it('S4: a caller who asks for more than there is learns how many there are, and where', async () => {
    await stockMug(us(), 5, 'mug-3')
    const refused = await ask(eu().server, placeOrder, order('o3', 'mug-3', 6))
    expect(refused.data).toMatchObject({
      placeOrder: {
        order: null,
        userErrors: [
          {
            code: 'OUT_OF_STOCK',
            sku: 'mug-3',
            available: 5,
            rights: [
              { region: 'eu-west-1', units: 2 },
              { region: 'us-east-1', units: 3 },
            ],
            field: ['lines', '0', 'sku'],
          },
        ],
      },
    })
    expect(await levelIn(eu(), 'mug-3')).toMatchObject({ available: 5, onHand: 5, reserved: 0 })
  })

  it('S4: where the other region cannot be reached, what it holds is told as such, and sold again when it can', async () => {
    await stockMug(us(), 6, 'mug-4')
    await levelIn(eu(), 'mug-4', { 'causeway-consistency': 'strong' })
    cluster.cut('us-east-1', 'eu-west-1')
    const refused = await ask(eu().server, placeOrder, order('o4', 'mug-4', 5), { 'causeway-deadline': '1500' })
    cluster.heal('us-east-1', 'eu-west-1')
    expect(refused.data).toMatchObject({
      placeOrder: {
        order: null,
        userErrors: [
          {
            code: 'STOCK_UNREACHABLE',
            sku: 'mug-4',
            available: 6,
            rights: [
              { region: 'eu-west-1', units: 3 },
              { region: 'us-east-1', units: 3 },
            ],
          },
        ],
      },
    })
    expect(JSON.stringify(refused.data)).toMatch(/3 can be sold here; 3 more are known in us-east-1/)
    await levelIn(eu(), 'mug-4', { 'causeway-consistency': 'strong' })
    const placed = await ask(eu().server, placeOrder, order('o5', 'mug-4', 5))
    expect(placed.data).toMatchObject({ placeOrder: { order: { id: 'o5' }, userErrors: [] } })
  })

  it('S4 S5: an order that is there already, and one that nothing can make right, ask no other region for units', async () => {
    await stockMug(us(), 6, 'mug-5')
    await sell(eu(), 'o6', ...Array.from({ length: 6 }, () => 'mug-5'))
    const { asked, waits } = eu().region.rights()
    const again = await ask(eu().server, placeOrder, order('o6', 'mug-5', 6))
    expect(again.data).toMatchObject({ placeOrder: { order: { id: 'o6' }, userErrors: [] } })
    const unknown = await ask(eu().server, placeOrder, order('o7', 'no-such-mug', 1))
    expect(unknown.data).toMatchObject({ placeOrder: { order: null, userErrors: [{ code: 'NOT_FOUND' }] } })
    expect(eu().region.rights()).toMatchObject({ asked, waits })
  })

  it('S4: of a list of sales for more than there is anywhere, as many are taken as there are in all regions', async () => {
    await stockMug(us(), 10, 'mug-7', 'mug-8')
    await stockMug(us(), 1, 'mug-9')
    await sell(us(), 'o-mug-9', 'mug-9')
    await levelIn(eu(), 'mug-9', { 'causeway-consistency': 'strong' })
    const sales = (sku: string, count: number) =>
      Array.from({ length: count }, (_, n) => ({ id: `${sku}-${n}`, sku, kind: 'SALE', quantity: 1 }))
    // Of the first there are too few, of the second enough, of the third none.
    const movements = [...sales('mug-7', 25), ...sales('mug-8', 8), ...sales('mug-9', 2)]
    const record = `mutation ($input: RecordStockMovementsInput!) {
      recordStockMovements(input: $input) { accepted rejected { code available } userErrors { code } } }`
    expect((await ask(eu().server, record, { input: { movements } })).data).toEqual({
      recordStockMovements: {
        accepted: 18,
        rejected: Array.from({ length: 17 }, () => ({ code: 'OUT_OF_STOCK', available: 0 })),
        userErrors: [],
      },
    })
  })

  it('S4: a caller in a hurry gets units of another region, too', async () => {
    // Of several, for a busy machine may let one of them pass its deadline: without asking none would get any.
    const skus = Array.from({ length: 5 }, (_, number) => `mug-6-${number}`)
    await stockMug(us(), 6, ...skus)
    await levelIn(eu(), 'mug-6-4', { 'causeway-consistency': 'strong' })
    const placed: unknown[] = []
    for (const sku of skus)
      placed.push((await ask(eu().server, placeOrder, order(`o-${sku}`, sku, 5), { 'causeway-deadline': '490' })).data)
    expect(placed).toContainEqual({ placeOrder: { order: expect.anything(), userErrors: [] } })
  })
})
