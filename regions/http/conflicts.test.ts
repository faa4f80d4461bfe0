// What a shop is told of changes that were made in two regions at once: over real HTTP, with the wire between them cut.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { placeOrder, pounds, sell, stockMug, upsertProduct } from './shop.testing.ts'

let cluster: ServedCluster
const us = () => cluster.at('us-east-1')
const eu = () => cluster.at('eu-west-1')
type Node = ReturnType<typeof us>

const list = `query ($first: Int, $after: String, $documentId: ID) {
  conflicts(first: $first, after: $after, documentId: $documentId) {
    edges { node { id documentId path policy detectedAt values { value region at } } cursor }
    pageInfo { hasNextPage endCursor } keptPairs
  }
}`

interface Told {
  readonly id: string
  readonly path: string
  readonly policy: string
  readonly values: readonly { readonly value: unknown; readonly region: string }[]
}
interface List {
  readonly edges: readonly { readonly node: Told }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
  readonly keptPairs: number
}

async function listOf(node: Node, variables: object = {}): Promise<List> {
  const { data, errors } = await ask(node.server, list, variables)
  expect(errors).toEqual([])
  return (data as { conflicts?: List }).conflicts as List
}

async function conflictsOf(node: Node, documentId: string): Promise<readonly Told[]> {
  return (await listOf(node, { documentId })).edges.map((edge) => edge.node)
}

const change = async (node: Node, input: object) =>
  expect((await ask(node.server, upsertProduct, { input })).data).toMatchObject({ upsertProduct: { userErrors: [] } })

const step = async (node: Node, name: string, input: object) =>
  expect(
    (
      await ask(
        node.server,
        `mutation ($input: ${name === 'placeOrder' ? 'PlaceOrderInput' : 'OrderInput'}!) {
      ${name}(input: $input) { userErrors { code } }
    }`,
        { input },
      )
    ).data,
  ).toMatchObject({ [name]: { userErrors: [] } })

async function apart(work: () => Promise<void>): Promise<void> {
  cluster.cut('us-east-1', 'eu-west-1')
  await work()
  cluster.heal('us-east-1', 'eu-west-1')
  await together()
}

const together = () =>
  vi.waitFor(() => expect(us().region.frontier()).toEqual(eu().region.frontier()), { timeout: 20_000 })

beforeAll(async () => {
  cluster = await serveCluster(['us-east-1', 'eu-west-1'])
  await stockMug(us(), 20, 'mug')
  await sell(us(), 'order-1', 'mug')
  await together()
}, 30_000)
afterAll(() => cluster.stop())

describe('an operator looks at conflicts', () => {
  it('M1: a title changed in two regions at once is told with every value, the standing one first, alike in both', async () => {
    await apart(async () => {
      await change(us(), { id: 'product-mug', title: 'A red mug', tags: ['sale'] })
      await change(eu(), { id: 'product-mug', title: 'A blue mug', tags: ['sale'] })
      await change(eu(), { id: 'product-mug', variants: [{ sku: 'mug', price: pounds('9.00') }] })
    })
    const told = await conflictsOf(us(), 'product-mug')
    expect(told).toMatchObject([
      {
        path: 'title',
        policy: 'last-writer',
        values: [
          { value: 'A blue mug', region: 'eu-west-1' },
          { value: 'A red mug', region: 'us-east-1' },
        ],
      },
    ])
    expect(await conflictsOf(eu(), 'product-mug')).toEqual(told)
    const title = await ask(us().server, '{ product(id: "product-mug") { title } }')
    expect(title.data).toEqual({ product: { title: 'A blue mug' } })
    const id = told[0]?.id
    const node = await ask(us().server, `{ node(id: "${id}") { id ... on Conflict { path values { value } } } }`)
    expect(node.data).toEqual({
      node: { id, path: 'title', values: [{ value: 'A blue mug' }, { value: 'A red mug' }] },
    })
  })

  it('M1: an order cancelled in one region and shipped in another is told, and the shipment stands', async () => {
    await apart(async () => {
      await step(eu(), 'cancelOrder', { id: 'order-1', note: 'changed their mind' })
      await step(us(), 'shipOrder', { id: 'order-1' })
    })
    const told = await conflictsOf(eu(), 'order-1')
    expect(told).toMatchObject([
      {
        path: 'fulfilment',
        policy: 'shipment-stands',
        values: [
          { value: { kind: 'shipped' }, region: 'us-east-1' },
          { value: { kind: 'cancelled', note: 'changed their mind' }, region: 'eu-west-1' },
        ],
      },
    ])
    const order = await ask(eu().server, '{ order(id: "order-1") { status } }')
    expect(order.data).toEqual({ order: { status: 'SHIPPED' } })
  })

  it('S5: one order placed in two regions is told, and the earlier claim stands', async () => {
    await apart(async () => {
      const lines = [{ sku: 'mug', quantity: 1 }]
      for (const node of [us(), eu()])
        expect((await ask(node.server, placeOrder, { input: { id: 'order-2', lines } })).data).toMatchObject({
          placeOrder: { userErrors: [] },
        })
    })
    const [told] = await conflictsOf(us(), 'order-2')
    expect(told).toMatchObject({ path: 'placed', policy: 'earliest-claim' })
    expect(told?.values.map(({ region }) => region)).toEqual(['us-east-1', 'eu-west-1'])
  })

  it('all are listed newest first, page by page, and nobody but staff sees them', async () => {
    const all = await listOf(us(), {})
    expect(all.edges.map(({ node }) => node.path)).toEqual(['placed', 'fulfilment', 'title'])
    expect(all.keptPairs).toBe(3)
    const first = await listOf(us(), { first: 2 })
    expect(first.pageInfo.hasNextPage).toBe(true)
    const second = await listOf(eu(), { first: 2, after: first.pageInfo.endCursor })
    expect([...first.edges, ...second.edges].map(({ node }) => node)).toEqual(all.edges.map(({ node }) => node))
    const wrong = await ask(us().server, list, { after: 'nonsense' })
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})
