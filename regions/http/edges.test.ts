// What a stranger asks of a region at the edges of what can be asked: nothing at all, or far too much of it.

import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'

let cluster: ServedCluster
const us = () => cluster.at('us-east-1')
const socketUrl = () => `${us().server.url.replace('http', 'ws')}/graphql`

beforeAll(async () => {
  cluster = await serveCluster(['us-east-1'])
})
afterAll(async () => {
  await cluster.stop()
})

describe('a list of nothing', () => {
  it('is answered with nothing done, by every command that takes many at once', async () => {
    const before = us().region.frontier()
    const query = `mutation {
      upsertProducts(input: { products: [] }) { results { product { id } } userErrors { code } }
      recordStockMovements(input: { movements: [] }) { accepted rejected { id } userErrors { code } }
      placeOrders(input: { orders: [] }) { results { order { id } } userErrors { code } }
    }`
    expect((await ask(us().server, query)).data).toEqual({
      upsertProducts: { results: [], userErrors: [] },
      recordStockMovements: { accepted: 0, rejected: [], userErrors: [] },
      placeOrders: { results: [], userErrors: [] },
    })
    expect(us().region.frontier()).toEqual(before)
  })

  it('is no order: that has at least one line', async () => {
    const query = 'mutation { placeOrder(input: { id: "o", lines: [] }) { userErrors { code message field } } }'
    expect((await ask(us().server, query)).data).toEqual({
      placeOrder: { userErrors: [{ code: 'INVALID', message: 'Give at least one line.', field: ['lines'] }] },
    })
  })
})

describe('a value without end', () => {
  const long = 'x'.repeat(1_000_000)

  it('is not said back whole, neither by the library nor by us', async () => {
    const price = { amount: long, currencyCode: 'GBP' }
    const upsert = 'mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { code } } }'
    const { errors } = await ask(us().server, upsert, { input: { id: 'p', variants: [{ sku: 'p', price }] } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(errors[0]?.message.length).toBeLessThan(3_000)
    const resolve =
      'mutation ($id: ID!) { resolveIncident(input: { id: $id, note: "done" }) { userErrors { code message } } }'
    const { data } = await ask(us().server, resolve, { id: long })
    expect(data).toMatchObject({ resolveIncident: { userErrors: [{ code: 'NOT_FOUND' }] } })
    expect(JSON.stringify(data).length).toBeLessThan(1_000)
  })

  it('is no SKU that could be followed, nor is an empty one', async () => {
    const client = createClient({ url: socketUrl(), webSocketImpl: WebSocket, retryAttempts: 0 })
    try {
      const query = 'subscription ($skus: [ID!]!) { stockChanged(skus: $skus) { sku } }'
      for (const sku of [long, '', 'two words', 'a\0'])
        expect(await client.iterate({ query, variables: { skus: ['mug', sku] } }).next()).toMatchObject({
          value: {
            errors: [
              {
                message: expect.stringMatching(/^`skus\[1\]` is no SKU: use 1 to 128/),
                extensions: { code: 'BAD_USER_INPUT' },
              },
            ],
          },
        })
    } finally {
      await client.dispose()
    }
  })
})

describe('an operation without end', () => {
  const customers = 'customer { orders { edges { node { '
  const nested = (open: string, close: string) => `{ node(id: "x") ${open.repeat(2_000)} id ${close.repeat(2_000)} }`
  const spread = Array.from({ length: 1_800 }, (_, n) => `fragment f${n} on Query { ...f${n + 1} }`).join('\n')
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['2,000 fields deep', nested('{ node ', '}'), /nests brackets 2\d\d\d deep; 64 is the limit, and 15 /],
    ['2,000 inline fragments deep', nested('{ ... ', '}'), /64 is the limit/],
    ['2,000 lists deep', `{ node(id: ${'['.repeat(2_000)}${']'.repeat(2_000)}) { id } }`, /64 is the limit/],
    [
      '16 fields deep',
      `{ orders { edges { node { ${customers.repeat(3)} id ${'} } } } '.repeat(3)} } } } }`,
      /16 levels deep; 15 is the limit/,
    ],
    ['of 20,000 fields', `{ ${'__typename '.repeat(20_000)} }`, /more than 15000 tokens/],
  ]

  it.each(cases)('%s is refused by the bound that it is over', async (_what, query, words) => {
    const { status, errors } = await ask(us().server, query)
    expect([status, errors.find(({ extensions }) => extensions.code === 'COST_LIMIT')?.message]).toEqual([
      200,
      expect.stringMatching(words),
    ])
  })

  it.each(cases.filter(([what]) => what !== '16 fields deep'))('%s is refused over WebSocket, too', async (...one) => {
    const client = createClient({ url: socketUrl(), webSocketImpl: WebSocket, retryAttempts: 0 })
    try {
      await expect(client.iterate({ query: one[1] }).next()).rejects.toMatchObject([
        { message: expect.stringMatching(one[2]), extensions: { code: 'COST_LIMIT' } },
      ])
    } finally {
      await client.dispose()
    }
  })

  it('a chain of 1,800 fragments is walked, and told what is wrong with it', async () => {
    const { errors } = await ask(us().server, `{ ...f0 } ${spread} fragment f1800 on Query { nothing }`)
    expect(errors).toMatchObject([
      { message: expect.stringContaining('nothing'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  it('brackets in a string, a block string or a comment are not counted', async () => {
    const many = '{[('.repeat(100)
    const query = `# ${many}\n{ product(id: "${many}\\"${many}") { id } order(id: """${many}\\"""${many}""") { id } }`
    expect(await ask(us().server, query)).toMatchObject({ errors: [], data: { product: null, order: null } })
  })
})
