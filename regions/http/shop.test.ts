// A region over real HTTP: what a shop gets.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { placeOrder, pounds, receiveStock, stockMug, upsertProduct } from './shop.testing.ts'

let cluster: ServedCluster
const us = () => cluster.at('us-east-1')

beforeAll(async () => {
  cluster = await serveCluster(['us-east-1'])
})
afterAll(async () => {
  await cluster.stop()
})

describe('a shop asks a region', () => {
  it('a product that was made can be read, with its stock', async () => {
    await stockMug(us(), 10, 'mug-1')
    const read = await ask(
      us().server,
      '{ product(id: "product-mug-1") { title variants { id sku price { amount } stock { id available } } } node(id: "variant:mug-1") { ... on ProductVariant { sku product { id } } } }',
    )
    expect(read.errors).toEqual([])
    expect(read.data).toEqual({
      product: {
        title: 'Mug',
        variants: [
          {
            id: 'variant:mug-1',
            sku: 'mug-1',
            price: { amount: '12.50' },
            stock: { id: 'stock:mug-1', available: 10 },
          },
        ],
      },
      node: { sku: 'mug-1', product: { id: 'product-mug-1' } },
    })
  })

  it('an order takes stock, and the answer covers its own write', async () => {
    await stockMug(us(), 5, 'mug-2')
    const placed = await ask(us().server, placeOrder, {
      input: { id: 'order-2', lines: [{ sku: 'mug-2', quantity: 2 }] },
    })
    expect(placed.errors).toEqual([])
    expect(placed.data).toMatchObject({
      placeOrder: {
        order: { id: 'order-2', status: 'PLACED', total: { amount: '25.00', currencyCode: 'GBP' }, customer: null },
        durability: { requested: 1, reached: 1, timedOut: false },
        userErrors: [],
      },
    })
    const { token } = placed.extensions.causeway ?? { token: '' }
    expect(placed.headers.get('causeway-token')).toBe(token)
    expect(placed.headers.get('causeway-region')).toBe('us-east-1')
    const headers = { 'causeway-consistency': 'session', 'causeway-token': token }
    const read = await ask(us().server, '{ stock(sku: "mug-2") { available reserved onHand } }', {}, headers)
    expect(read.data).toEqual({ stock: { available: 3, reserved: 2, onHand: 5 } })
  })

  it('W2: an order is answered as its commit leaves it, without a read, and read again it is the same', async () => {
    await stockMug(us(), 5, 'mug-11', 'mug-12')
    const views = vi.spyOn(us().region.store, 'view')
    const shown =
      'id status customerId total { amount } lines { id sku quantity unitPrice { amount } } placedAt timeline { kind at region }'
    const lines = ['mug-11', 'mug-12'].map((sku) => ({ sku, quantity: 1 }))
    const placed = await ask(
      us().server,
      `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { ...shown } causalToken } }
      fragment shown on Order { ${shown} }`,
      { input: { id: 'order-11', lines } },
    )
    expect(placed.errors).toEqual([])
    expect(views).not.toHaveBeenCalled()
    views.mockRestore()
    const { order, causalToken } = placed.data.placeOrder ?? { order: null, causalToken: null }
    expect(placed.extensions.causeway?.token).toBe(causalToken)
    expect((await ask(us().server, `{ order(id: "order-11") { ${shown} } }`)).data).toEqual({ order })
  })

  it('Q1: with its customer an order is read, both of one moment', async () => {
    await stockMug(us(), 5, 'mug-13')
    const upsert = 'mutation { upsertCustomer(input: { id: "customer-13", name: "Ada" }) { userErrors { message } } }'
    expect((await ask(us().server, upsert)).data).toMatchObject({ upsertCustomer: { userErrors: [] } })
    const views = vi.spyOn(us().region.store, 'view')
    const placed = await ask(us().server, placeOrder, {
      input: { id: 'order-13', customerId: 'customer-13', lines: [{ sku: 'mug-13', quantity: 1 }] },
    })
    expect(placed.data).toMatchObject({ placeOrder: { order: { id: 'order-13', customer: { id: 'customer-13' } } } })
    expect(views).toHaveBeenCalledOnce()
    views.mockRestore()
  })

  it('what cannot be sold is refused with what is known of the stock', async () => {
    await stockMug(us(), 1, 'mug-3')
    const placed = await ask(us().server, placeOrder, {
      input: { id: 'order-3', lines: [{ sku: 'mug-3', quantity: 2 }] },
    })
    expect(placed.status).toBe(200)
    expect(placed.data).toMatchObject({
      placeOrder: { order: null, userErrors: [{ code: 'OUT_OF_STOCK', sku: 'mug-3', available: 1 }] },
    })
  })

  it('the same key gives the first answer again, and another input under it is a conflict', async () => {
    await stockMug(us(), 5, 'mug-4')
    const receive = { sku: 'mug-4', quantity: 3 }
    const headers = { 'idempotency-key': '"delivery-4"' }
    await ask(us().server, receiveStock, { input: receive }, headers)
    const again = await ask(us().server, receiveStock, { input: receive }, headers)
    expect(again.data).toMatchObject({ receiveStock: { stock: { onHand: 8 }, userErrors: [] } })
    const other = await ask(us().server, receiveStock, { input: { ...receive, quantity: 4 } }, headers)
    expect(other.data).toMatchObject({ receiveStock: { stock: null, userErrors: [{ code: 'IDEMPOTENCY_CONFLICT' }] } })
  })

  it('many orders in one call are answered one by one, in the order given', async () => {
    await stockMug(us(), 3, 'mug-5')
    const orders = [1, 2, 3, 4].map((n) => ({
      id: `order-5-${n}`,
      lines: [{ sku: n === 3 ? 'no-such' : 'mug-5', quantity: 1 }],
    }))
    const query =
      'mutation ($input: PlaceOrdersInput!) { placeOrders(input: $input) { results { order { id } userErrors { code field } } userErrors { code } } }'
    const placed = await ask(us().server, query, { input: { orders } })
    expect(placed.errors).toEqual([])
    expect(placed.data).toEqual({
      placeOrders: {
        results: [
          { order: { id: 'order-5-1' }, userErrors: [] },
          { order: { id: 'order-5-2' }, userErrors: [] },
          { order: null, userErrors: [{ code: 'NOT_FOUND', field: ['lines', '0', 'sku'] }] },
          { order: { id: 'order-5-4' }, userErrors: [] },
        ],
        userErrors: [],
      },
    })
    const many = Array.from({ length: 501 }, (_, n) => ({ id: `order-6-${n}`, lines: [{ sku: 'mug-5', quantity: 1 }] }))
    const refused = await ask(us().server, query, { input: { orders: many } })
    expect(refused.data).toEqual({ placeOrders: { results: [], userErrors: [{ code: 'LIMIT_EXCEEDED' }] } })
  })

  it('an order goes its way: shipped, delivered, and its lines come back', async () => {
    await stockMug(us(), 4, 'mug-7')
    await ask(us().server, placeOrder, { input: { id: 'order-7', lines: [{ id: 'a', sku: 'mug-7', quantity: 2 }] } })
    const step = (name: string) =>
      `mutation { ${name}(input: { id: "order-7" }) { order { status fulfilmentState } userErrors { code } } }`
    expect((await ask(us().server, step('deliverOrder'))).data).toMatchObject({
      deliverOrder: { userErrors: [{ code: 'ILLEGAL_TRANSITION' }] },
    })
    expect((await ask(us().server, step('shipOrder'))).data).toMatchObject({
      shipOrder: { order: { status: 'SHIPPED' }, userErrors: [] },
    })
    expect((await ask(us().server, step('deliverOrder'))).data).toMatchObject({
      deliverOrder: { order: { status: 'DELIVERED' } },
    })
    const back =
      'mutation { returnOrderLines(input: { id: "order-7", lines: [{ lineId: "a", quantity: 1 }], note: "chipped" }) { order { lines { returnedQuantity } timeline { kind note } } userErrors { code } } }'
    const returned = await ask(us().server, back)
    expect(returned.errors).toEqual([])
    expect(returned.data).toMatchObject({
      returnOrderLines: { order: { lines: [{ returnedQuantity: 1 }] }, userErrors: [] },
    })
    expect((await ask(us().server, '{ stock(sku: "mug-7") { available onHand } }')).data).toEqual({
      stock: { available: 3, onHand: 3 },
    })
  })

  it('a customer, a cart and the orders of the customer', async () => {
    await stockMug(us(), 9, 'mug-8')
    const customer = await ask(
      us().server,
      'mutation { upsertCustomer(input: { id: "ada", name: "Ada", email: "ada@example.com", tags: ["vip"] }) { customer { homeRegion name email tags addresses { id } erased } userErrors { code message } } }',
    )
    expect(customer.errors).toEqual([])
    expect(customer.data).toEqual({
      upsertCustomer: {
        customer: {
          homeRegion: 'us-east-1',
          name: 'Ada',
          email: 'ada@example.com',
          tags: ['vip'],
          addresses: [],
          erased: false,
        },
        userErrors: [],
      },
    })
    const cart = await ask(
      us().server,
      'mutation { updateCart(input: { id: "cart-8", customerId: "ada", lines: [{ sku: "mug-8", quantity: 2 }] }) { cart { customerId lines { sku quantity } } userErrors { code } } }',
    )
    expect(cart.data).toMatchObject({
      updateCart: { cart: { customerId: 'ada', lines: [{ sku: 'mug-8', quantity: 2 }] }, userErrors: [] },
    })
    for (const n of [1, 2, 3]) {
      const input = {
        id: `order-8-${n}`,
        customerId: 'ada',
        placedAt: `2010-12-0${n}T08:26:00.000Z`,
        lines: [{ sku: 'mug-8', quantity: 1 }],
      }
      expect((await ask(us().server, placeOrder, { input })).data).toMatchObject({ placeOrder: { userErrors: [] } })
    }
    const query =
      'query ($after: String) { customer(id: "ada") { orders(first: 2, after: $after) { totalCount edges { node { id customer { name } } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }'
    const first = await ask(us().server, query)
    expect(first.data).toMatchObject({
      customer: {
        orders: {
          totalCount: 3,
          edges: [{ node: { id: 'order-8-3', customer: { name: 'Ada' } } }, { node: { id: 'order-8-2' } }],
          pageInfo: { hasNextPage: true, hasPreviousPage: false },
        },
      },
    })
    const { endCursor } = (first.data as unknown as { customer: { orders: { pageInfo: { endCursor: string } } } })
      .customer.orders.pageInfo
    const second = await ask(us().server, query, { after: endCursor })
    expect(second.data).toMatchObject({
      customer: {
        orders: { edges: [{ node: { id: 'order-8-1' } }], pageInfo: { hasNextPage: false, hasPreviousPage: true } },
      },
    })
  })

  it('the log of events goes page by page without a gap, and each event is found by its id', async () => {
    const query =
      'query ($after: String) { events(first: 3, after: $after) { edges { node { id type entityId sequence originRegion vectorClock at checksum data } cursor } pageInfo { hasNextPage endCursor } } }'
    interface Page {
      events: {
        edges: { node: { id: string; sequence: number } }[]
        pageInfo: { hasNextPage: boolean; endCursor: string }
      }
    }
    const sequences: number[] = []
    let after: string | null = null
    for (;;) {
      const page: Page = (await ask(us().server, query, { after })).data as unknown as Page
      sequences.push(...page.events.edges.map(({ node }) => node.sequence))
      after = page.events.pageInfo.endCursor
      if (!page.events.pageInfo.hasNextPage) break
    }
    expect(sequences.length).toBeGreaterThan(10)
    expect(sequences).toEqual(sequences.map((_, index) => index + 1))
    const one = await ask(
      us().server,
      '{ node(id: "us-east-1:1") { __typename id ... on Event { type sequence } } none: node(id: "us-east-1:99999") { id } }',
    )
    expect(one.data).toEqual({
      node: { __typename: 'Event', id: 'us-east-1:1', type: 'product.created', sequence: 1 },
      none: null,
    })
    const placed = await ask(
      us().server,
      '{ events(type: "order.placed", entityId: "order-2") { edges { node { entityId type } } pageInfo { hasNextPage } } }',
    )
    expect(placed.data).toEqual({
      events: { edges: [{ node: { entityId: 'order-2', type: 'order.placed' } }], pageInfo: { hasNextPage: false } },
    })
  })

  it('products are found by word and by tag, in pages', async () => {
    for (const id of ['a', 'b', 'c']) {
      const input = {
        id: `tea-${id}`,
        title: `Teapot ${id}`,
        tags: ['kitchen'],
        variants: [{ sku: `tea-sku-${id}`, price: pounds('5.00') }],
      }
      await ask(us().server, upsertProduct, { input })
    }
    const found = await ask(
      us().server,
      '{ products(search: "teapot") { totalCount edges { node { id } } } tagged: products(tag: "kitchen", first: 2) { edges { node { id } } pageInfo { hasNextPage } } }',
    )
    expect(found.errors).toEqual([])
    expect(found.data).toEqual({
      products: {
        totalCount: 3,
        edges: [{ node: { id: 'tea-a' } }, { node: { id: 'tea-b' } }, { node: { id: 'tea-c' } }],
      },
      tagged: { edges: [{ node: { id: 'tea-a' } }, { node: { id: 'tea-b' } }], pageInfo: { hasNextPage: true } },
    })
  })
})
