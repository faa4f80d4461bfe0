// Subscriptions over a real WebSocket: the state now, then every change, taken up again by token without gap or repeat.

import { decodeToken, encodeToken } from '@causeway/schema/clock/causal-token'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, ports, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { placeOrder, sell, stockMug } from './shop.testing.ts'
import { closeClients, type Next, Subscription, shown, tokenOf } from './subscription.testing.ts'

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

describe('stockChanged', () => {
  const query =
    'subscription ($skus: [ID!]!, $after: CausalToken) { stockChanged(skus: $skus, after: $after) { sku available } }'
  const available = (nexts: Next[]) => nexts.map((next) => shown<{ available: number }>(next).available)

  it('shows the level now, then after every sale', async () => {
    await stockMug(us(), 20, 'mug-1')
    const subscription = new Subscription(us().server.url, query, { skus: ['mug-1'] })
    expect(available(await subscription.take(1))).toEqual([20])
    for (const n of [1, 2, 3]) await sell(us(), `o1-${n}`, 'mug-1')
    expect(available(await subscription.take(3))).toEqual([19, 18, 17])
    await subscription.stop()
  })

  it('is taken up by its token: what was sold meanwhile comes sale by sale, nothing twice', async () => {
    await stockMug(us(), 20, 'mug-2')
    const first = new Subscription(us().server.url, query, { skus: ['mug-2'] })
    await first.take(1)
    await sell(us(), 'o2-1', 'mug-2')
    const [seen] = await first.take(1)
    await first.stop()
    for (const n of [2, 3, 4]) await sell(us(), `o2-${n}`, 'mug-2')
    const second = new Subscription(us().server.url, query, { skus: ['mug-2'], after: tokenOf(seen) })
    expect(available(await second.take(3))).toEqual([18, 17, 16])
    await sell(us(), 'o2-5', 'mug-2')
    expect(available(await second.take(1))).toEqual([15])
    await second.stop()
  })

  it('goes on in another region, and a sale in us shows in eu', async () => {
    await stockMug(us(), 20, 'mug-3')
    const first = new Subscription(us().server.url, query, { skus: ['mug-3'] })
    const [now] = await first.take(1)
    await first.stop()
    const second = new Subscription(eu().server.url, query, { skus: ['mug-3'], after: tokenOf(now) })
    await sell(us(), 'o3-1', 'mug-3')
    await sell(us(), 'o3-2', 'mug-3')
    expect(available(await second.take(2))).toEqual([19, 18])
    expect(second.received.every(({ extensions }) => extensions?.causeway?.region === 'eu-west-1')).toBe(true)
    await second.stop()
  })

  it('after a commit that changed two of the SKUs, each is shown', async () => {
    await stockMug(us(), 20, 'mug-4', 'mug-5')
    const subscription = new Subscription(us().server.url, query, { skus: ['mug-5', 'mug-4'] })
    await subscription.take(2)
    await sell(us(), 'o4-1', 'mug-4', 'mug-5')
    const both = await subscription.take(2)
    expect(both.map(({ data }) => data?.stockChanged)).toEqual([
      { sku: 'mug-4', available: 19 },
      { sku: 'mug-5', available: 19 },
    ])
    await subscription.stop()
  })
})

describe('orderChanged', () => {
  const query =
    'subscription ($id: ID!, $after: CausalToken) { orderChanged(id: $id, after: $after) { status timeline { kind } } }'
  const status = (nexts: Next[]) => nexts.map((next) => shown<{ status: string }>(next).status)
  const step = (name: string, id: string) =>
    ask(us().server, `mutation { ${name}(input: { id: "${id}" }) { userErrors { code } } }`)

  it('shows the order now and after each step, also when taken up in another region', async () => {
    await stockMug(us(), 20, 'mug-6')
    await sell(us(), 'o6', 'mug-6')
    const first = new Subscription(us().server.url, query, { id: 'o6' })
    const [now] = await first.take(1)
    expect(status(first.received)).toEqual(['PLACED'])
    await step('shipOrder', 'o6')
    expect(status(await first.take(1))).toEqual(['SHIPPED'])
    await first.stop()
    await step('deliverOrder', 'o6')
    const again = new Subscription(us().server.url, query, { id: 'o6', after: tokenOf(now) })
    expect(status(await again.take(2))).toEqual(['SHIPPED', 'DELIVERED'])
    await again.stop()
  })

  it('an order that does not exist is told', async () => {
    const subscription = new Subscription(us().server.url, query, { id: 'no-such-order' })
    expect(await subscription.take(2)).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }])
  })
})

describe('events', () => {
  const query =
    'subscription ($after: CausalToken, $types: [String!]) { events(after: $after, types: $types) { id type entityId sequence } }'
  const ids = (nexts: Next[]) => nexts.map((next) => shown<{ id: string }>(next).id)

  it('a token from the middle of a commit goes on with its next event', async () => {
    await stockMug(us(), 20, 'mug-7')
    const start = new Subscription(us().server.url, query, { types: ['order.placed'] })
    const orders = Array.from({ length: 6 }, (_, n) => ({ id: `o7-${n}`, lines: [{ sku: 'mug-7', quantity: 1 }] }))
    const many = 'mutation ($input: PlaceOrdersInput!) { placeOrders(input: $input) { userErrors { code } } }'
    // The first event after the subscription began shows that it has begun.
    const firstNext = start.take(1)
    let n = 0
    const begun = firstNext.then(() => true)
    while (!(await Promise.race([begun, sell(us(), `o7-begin-${n++}`, 'mug-7').then(() => false)]))) {}
    await ask(us().server, many, { input: { orders } })
    const seen: Next[] = [...(await firstNext)]
    while (!seen.some((next) => shown<{ entityId: string }>(next).entityId === 'o7-5'))
      seen.push(...(await start.take(1)))
    await start.stop()
    for (let cut = 0; cut < seen.length - 1; cut++) {
      const rest = new Subscription(us().server.url, query, { types: ['order.placed'], after: tokenOf(seen[cut]) })
      expect(ids(await rest.take(seen.length - cut - 1))).toEqual(ids(seen.slice(cut + 1)))
      await rest.stop()
    }
    expect(decodeToken(tokenOf(seen.at(-1)))['us-east-1']).toBe(shown<{ sequence: number }>(seen.at(-1)).sequence)
  })

  it('a token that is none is told', async () => {
    const subscription = new Subscription(us().server.url, query, { after: 'AAAA' })
    expect(await subscription.take(2)).toMatchObject([{ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }])
  })
})

describe('what else a socket serves', () => {
  it('the regions as this one sees them, and a query', async () => {
    const regions = new Subscription(us().server.url, 'subscription { regionsChanged { id state } }')
    const [first] = await regions.take(1)
    expect(shown<{ id: string }[]>(first).map(({ id }) => id)).toEqual(['eu-west-1', 'us-east-1'])
    await regions.stop()
    const query = new Subscription(us().server.url, '{ regionStatus { id } }')
    const [answer] = await query.take(1)
    expect(answer).toMatchObject({
      data: { regionStatus: { id: 'us-east-1' } },
      extensions: { causeway: { region: 'us-east-1' } },
    })
  })

  it('a write waits for as many regions as it names, and reports them', async () => {
    await stockMug(us(), 20, 'mug-8')
    const query =
      'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { durability { requested reached timedOut } userErrors { code field } } }'
    const input = { id: 'o8', lines: [{ sku: 'mug-8', quantity: 1 }], durability: 2 }
    expect((await ask(us().server, query, { input })).data).toEqual({
      placeOrder: { durability: { requested: 2, reached: 2, timedOut: false }, userErrors: [] },
    })
    const wrong = await ask(us().server, query, { input: { ...input, id: 'o9', durability: 3 } })
    expect(wrong.data).toMatchObject({ placeOrder: { userErrors: [{ code: 'INVALID', field: ['durability'] }] } })
  })

  it('a session read in another region reflects the write, or says that it is stale', async () => {
    await stockMug(us(), 20, 'mug-9')
    const placed = await ask(us().server, placeOrder, { input: { id: 'o10', lines: [{ sku: 'mug-9', quantity: 1 }] } })
    const session = { 'causeway-consistency': 'session', 'causeway-token': placed.extensions.causeway?.token ?? '' }
    const read = await ask(eu().server, '{ order(id: "o10") { id region } }', {}, session)
    expect(read.data).toEqual({ order: { id: 'o10', region: 'us-east-1' } })
    const future = { ...session, 'causeway-token': encodeToken({ 'us-east-1': 1_000_000 }), 'causeway-deadline': '50' }
    expect((await ask(eu().server, '{ order(id: "o10") { id } }', {}, future)).errors).toMatchObject([
      { extensions: { code: 'STALE_READ' } },
    ])
  })
})

describe('a region that stops', () => {
  it('ends its sockets and its listening within its time', async () => {
    const one = await serveCluster(['us-east-1'])
    const subscription = new Subscription(one.at('us-east-1').server.url, 'subscription { regionsChanged { id } }')
    await subscription.take(1)
    const ended = subscription.take(1).catch(() => 'ended')
    const startedAt = ports.clock.now()
    await one.stop()
    expect(await ended).toBe('ended')
    expect(ports.clock.now() - startedAt).toBeLessThan(4_000)
  })
})
