// A region over real HTTP: what a router and an operator get, and what is told to who asks wrongly.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthenticator } from '../auth/authenticator.ts'
import { ask, ports, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { startRegionServer } from './server.ts'
import { receiveStock, sell, stockMug, upsertProduct } from './shop.testing.ts'

let cluster: ServedCluster
const us = () => cluster.at('us-east-1')

beforeAll(async () => {
  cluster = await serveCluster(['us-east-1'])
})
afterAll(async () => {
  await cluster.stop()
})

describe('a router asks a region', () => {
  it('gets entities by their keys, in the order given, null where there is none', async () => {
    await stockMug(us(), 1, 'mug-9')
    await ask(
      us().server,
      'mutation { upsertCustomer(input: { id: "ada", email: "ada@example.com" }) { userErrors { code } } }',
    )
    const representations = [
      { __typename: 'Product', id: 'product-mug-9' },
      { __typename: 'StockLevel', sku: 'mug-9' },
      { __typename: 'Order', id: 'product-mug-9' },
      { __typename: 'Customer', id: 'ada', homeRegion: 'us-east-1' },
    ]
    const query =
      'query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename ... on Product { title } ... on StockLevel { available } ... on Customer { email } } _service { sdl } }'
    const found = await ask(us().server, query, { representations })
    expect(found.errors).toEqual([])
    expect(found.data).toMatchObject({
      _entities: [
        { __typename: 'Product', title: 'Mug' },
        { __typename: 'StockLevel', available: 1 },
        null,
        { __typename: 'Customer', email: 'ada@example.com' },
      ],
    })
  })

  it('gets what the region says of itself', async () => {
    const found = await ask(
      us().server,
      '{ regionStatus { id origin members ready reason position frontier token digest replication { from } at } regions { id state reason digest frontier replication { from } } }',
    )
    expect(found.errors).toEqual([])
    expect(found.data).toMatchObject({
      regionStatus: { id: 'us-east-1', origin: 'us-east-1', ready: true, reason: null, replication: [] },
      regions: [{ id: 'us-east-1', state: 'HEALTHY' }],
    })
  })
})

describe('a caller asks wrongly', () => {
  beforeAll(() => stockMug(us(), 1, 'mug-1'))

  const code = async (query: string, headers: Record<string, string> = {}) =>
    (await ask(us().server, query, {}, headers)).errors.map(({ extensions }) => extensions.code)

  it('a bad cursor, a page of 0 or of 501 is told as bad input', async () => {
    expect(await code('{ products(after: "rubbish") { edges { cursor } } }')).toEqual(['BAD_USER_INPUT'])
    expect(await code('{ orders(first: 0) { edges { cursor } } }')).toEqual(['BAD_USER_INPUT'])
    expect(await code('{ events(first: 501) { edges { cursor } } }')).toEqual(['BAD_USER_INPUT'])
    const foreign = Buffer.from(JSON.stringify(['orders', 'x', 'y'])).toString('base64url')
    expect(await code(`{ products(after: "${foreign}") { edges { cursor } } }`)).toEqual(['BAD_USER_INPUT'])
  })

  it('headers that ask for what is not there are named', async () => {
    const query = '{ stock(sku: "mug-1") { available } }'
    expect(await code(query, { 'causeway-region': 'eu-west-1' })).toEqual(['BAD_USER_INPUT'])
    expect(await code(query, { 'causeway-consistency': 'serializable' })).toEqual(['BAD_USER_INPUT'])
    expect(await code(query, { 'causeway-consistency': 'session', 'causeway-token': 'nonsense' })).toEqual([
      'BAD_USER_INPUT',
    ])
    expect(await code(query, { 'causeway-durability': '2' })).toEqual(['BAD_USER_INPUT'])
    expect(await code(query, { 'causeway-region': 'us-east-1' })).toEqual([])
  })

  it('a quantity of 0 or over 2^31 and a malformed id are told with their place, and nothing is written', async () => {
    const before = us().region.frontier()
    const errors = async (input: object) =>
      ((await ask(us().server, receiveStock, { input })).data as unknown as { receiveStock: { userErrors: object[] } })
        .receiveStock?.userErrors
    expect(await errors({ sku: 'mug-1', quantity: 0 })).toMatchObject([{ code: 'INVALID', field: ['quantity'] }])
    expect(await errors({ sku: 'no-such', quantity: 1 })).toMatchObject([{ code: 'NOT_FOUND', field: ['sku'] }])
    expect(
      (await ask(us().server, receiveStock, { input: { sku: 'mug-1', quantity: 2 ** 31 } })).errors[0]?.extensions.code,
    ).toBe('BAD_USER_INPUT')
    const bad = await ask(us().server, upsertProduct, { input: { id: 'white space', title: 'x', variants: [] } })
    expect(bad.data).toMatchObject({
      upsertProduct: { product: null, userErrors: [{ code: 'INVALID', field: ['id'] }] },
    })
    expect(us().region.frontier()).toEqual(before)
  })

  it('10,001 movements are over the limit', async () => {
    const movements = Array.from({ length: 10_001 }, (_, n) => ({
      id: `m${n}`,
      sku: 'mug-1',
      kind: 'SALE',
      quantity: 1,
    }))
    const query =
      'mutation ($input: RecordStockMovementsInput!) { recordStockMovements(input: $input) { accepted rejected { id } userErrors { code field } } }'
    const refused = await ask(us().server, query, { input: { movements } })
    expect(refused.data).toMatchObject({
      recordStockMovements: {
        accepted: 0,
        rejected: [],
        userErrors: [{ code: 'LIMIT_EXCEEDED', field: ['movements'] }],
      },
    })
  })

  it('`first: null` gives as many as when it is left out', async () => {
    const query = `query ($first: Int) {
      products(first: $first) { totalCount } orders(first: $first) { totalCount } leases(first: $first) { totalCount }
      events(first: $first) { edges { cursor } } conflicts(first: $first) { keptPairs }
      incidents(first: $first) { pageInfo { hasNextPage } } }`
    const [given, left] = [await ask(us().server, query, { first: null }), await ask(us().server, query)]
    expect(given.errors).toEqual([])
    expect(given.data).toEqual(left.data)
  })

  it('a movement that cannot be is rejected by its id, and the others of the list stand', async () => {
    await stockMug(us(), 5, 'mug-moved')
    const movement = (id: string, parts: object) => ({ id, sku: 'mug-moved', kind: 'SALE', quantity: 1, ...parts })
    const query =
      'mutation ($input: RecordStockMovementsInput!) { recordStockMovements(input: $input) { accepted rejected { id code message sku available rights { region units } } userErrors { code } } }'
    const unknown = { sku: null, available: null, rights: null }
    const lacking = [movement('d', { quantity: 9 }), movement('e', { sku: 'nobody-sells-it' })]
    const movements = [
      movement('a', {}),
      movement('b', { quantity: 0 }),
      movement('c', { sku: 'two words' }),
      ...lacking,
    ]
    const answered = await ask(us().server, query, { input: { movements } })
    expect(answered.data).toEqual({
      recordStockMovements: {
        accepted: 1,
        rejected: [
          { id: 'b', code: 'INVALID', message: 'quantity: Give a whole number from 1 to 2147483647.', ...unknown },
          { id: 'c', code: 'INVALID', message: expect.stringMatching(/^sku: This is no valid id/), ...unknown },
          {
            ...{ id: 'd', code: 'OUT_OF_STOCK', message: expect.stringContaining('4 are left'), sku: 'mug-moved' },
            ...{ available: 4, rights: expect.arrayContaining([{ region: 'us-east-1', units: expect.any(Number) }]) },
          },
          { id: 'e', code: 'NOT_FOUND', message: expect.any(String), ...unknown, sku: 'nobody-sells-it' },
        ],
        userErrors: [],
      },
    })
    expect((await ask(us().server, '{ stock(sku: "mug-moved") { onHand } }')).data).toEqual({ stock: { onHand: 4 } })
  })

  it('a body over the limit, a broken body and a body that is no JSON are refused', async () => {
    const send = (body: string, type = 'application/json') =>
      fetch(`${us().server.url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body })
    const large = await send(JSON.stringify({ query: `{ node(id: "${'x'.repeat(5_000_000)}") { id } }` }))
    expect([large.status, (await large.json()).errors[0].message]).toEqual([413, expect.stringContaining('4194304')])
    const broken = await send('{"query":')
    expect([broken.status, (await broken.json()).errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT'])
    expect((await send('query=1', 'text/plain')).status).toBe(415)
    expect((await fetch(`${us().server.url}/graphql?query=%7B__typename%7D`)).status).toBe(400)
  })

  it('an operation that is too deep is refused before it runs, and introspection is not', async () => {
    const deep = 'customer { orders { edges { node { '
    const query = `{ orders { edges { node { ${deep.repeat(4)} id ${'} } } } '.repeat(4)} } } } }`
    const answer = await ask(us().server, query)
    expect([answer.status, answer.errors.map(({ extensions }) => extensions.code)]).toEqual([200, ['COST_LIMIT']])
    const types =
      '{ __schema { types { fields { type { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { name } } } } } } } } } } } } } } } } }'
    expect(await code(types)).toEqual([])
  })

  it('what fails inside is not shown, and is in the log', async () => {
    const { region, faults, server } = us()
    const { view } = region.store
    const fails = () => Promise.reject(new Error('secret detail'))
    region.store.view = () => ({ ...view(), load: fails })
    try {
      const { errors } = await ask(server, '{ product(id: "product-mug-1") { id } }')
      expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }])
      expect(JSON.stringify(errors)).not.toContain('secret')
      expect(faults.join()).toContain('secret detail')
    } finally {
      region.store.view = view
    }
  })
})

describe('an operator looks after a region', () => {
  it('asks whether it lives, whether it is ready, and for its metrics', async () => {
    const { url } = us().server
    await stockMug(us(), 2, 'mug-ops')
    await sell(us(), 'order-ops', 'mug-ops')
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    const ready = await fetch(`${url}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, region: 'us-east-1', reason: null }])
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toMatch(/causeway_commands_total\{command="placeOrder",outcome="accepted"\} \d+/)
    expect(metrics).toMatch(/causeway_frontier_sequence\{origin="us-east-1"\} \d+/)
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
  })

  it('stops a server without waiting for anything: a timer left behind would keep its process for seconds', async () => {
    const timers = new Set<number>()
    let started = 0
    const watched = {
      ...ports,
      timers: {
        after(delayMs: number, call: () => void) {
          const id = started++
          timers.add(id)
          const cancel = ports.timers.after(delayMs, () => {
            timers.delete(id)
            call()
          })
          return () => {
            timers.delete(id)
            cancel()
          }
        },
      },
    }
    const server = await startRegionServer({
      region: us().region,
      listen: { host: '127.0.0.1', port: 0 },
      authenticator: createAuthenticator({ mode: 'development' }, ports.clock),
      replication: { handleUpgrade: (_, socket) => socket.destroy() },
      ports: watched,
    })
    for (const path of ['live', 'ready']) expect((await fetch(`${server.url}/health/${path}`)).status).toBe(200)
    await server.close()
    expect(started).toBeGreaterThan(0)
    expect(timers.size).toBe(0)
  })

  it('is told which port is in use', async () => {
    const { region, server } = us()
    const second = startRegionServer({
      region,
      listen: { host: '127.0.0.1', port: server.port },
      authenticator: createAuthenticator({ mode: 'development' }, ports.clock),
      replication: { handleUpgrade: (_, socket) => socket.destroy() },
      ports,
    })
    await expect(second).rejects.toThrow(`Port ${server.port} on 127.0.0.1 is in use`)
  })
})
