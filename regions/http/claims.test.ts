// Who has a SKU or an email: over real HTTP, with the wire between two regions cut while both are claimed.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'
import { pounds, upsertProduct } from './shop.testing.ts'

let cluster: ServedCluster
const us = () => cluster.at('us-east-1')
const eu = () => cluster.at('eu-west-1')
type Node = ReturnType<typeof us>

const together = () =>
  vi.waitFor(() => expect(us().region.frontier()).toEqual(eu().region.frontier()), { timeout: 20_000 })

async function apart(work: () => Promise<void>): Promise<void> {
  cluster.cut('us-east-1', 'eu-west-1')
  await work()
  cluster.heal('us-east-1', 'eu-west-1')
  await together()
}

async function product(node: Node, id: string, sku: string): Promise<void> {
  const input = { id, title: `A ${id}`, variants: [{ sku, price: pounds('5.00') }] }
  expect((await ask(node.server, upsertProduct, { input })).data).toMatchObject({ upsertProduct: { userErrors: [] } })
}

const upsertCustomer = `mutation ($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) { customer { id } userErrors { code field message } }
}`

async function customer(node: Node, id: string, email: string): Promise<readonly object[]> {
  const { data } = await ask(node.server, upsertCustomer, { input: { id, email } })
  return (data as { upsertCustomer?: { userErrors: readonly object[] } }).upsertCustomer?.userErrors ?? [{}]
}

async function conflictsOf(node: Node, documentId: string): Promise<unknown> {
  const query = `query ($documentId: ID) { conflicts(documentId: $documentId) {
    edges { node { path policy values { value region } } } } }`
  const { data } = await ask(node.server, query, { documentId })
  const list = (data as { conflicts?: { edges: readonly { node: unknown }[] } }).conflicts
  return list?.edges.map(({ node }) => node)
}

async function lostBy(node: Node, type: 'product' | 'customer', id: string): Promise<unknown> {
  const query = `query ($id: ID!) { ${type}(id: $id) { lostClaims { path holderId } } }`
  const { data } = await ask(node.server, query, { id })
  return (data as Readonly<Record<string, { lostClaims: unknown } | undefined>>)[type]?.lostClaims
}

beforeAll(async () => {
  cluster = await serveCluster(['us-east-1', 'eu-west-1'])
}, 30_000)
afterAll(() => cluster.stop())

describe('a name that two have claimed at once', () => {
  it('M1: a SKU stays with the product that had it first; the other is told as a conflict, alike everywhere', async () => {
    await apart(async () => {
      await product(us(), 'kettle', 'sku-1')
      await product(eu(), 'teapot', 'sku-1')
    })
    const told = [
      {
        path: 'sku/sku-1',
        policy: 'earliest-claim',
        values: [
          { value: 'kettle', region: 'us-east-1' },
          { value: 'teapot', region: 'eu-west-1' },
        ],
      },
    ]
    await vi.waitFor(async () => expect(await conflictsOf(us(), 'teapot')).toEqual(told))
    await vi.waitFor(async () => expect(await conflictsOf(eu(), 'teapot')).toEqual(told))
    expect(await conflictsOf(us(), 'kettle')).toEqual([])
    expect(await lostBy(us(), 'product', 'teapot')).toEqual([{ path: 'sku/sku-1', holderId: 'kettle' }])
    expect(await lostBy(eu(), 'product', 'kettle')).toEqual([])
  })

  it('M1: an email stays with the customer who had it first; its hash is all that goes to other regions', async () => {
    await apart(async () => {
      expect(await customer(us(), 'ada', 'Ada@Example.com')).toEqual([])
      expect(await customer(eu(), 'eve', 'ada@example.com')).toEqual([])
    })
    await vi.waitFor(async () =>
      expect(await conflictsOf(us(), 'eve')).toEqual([
        {
          path: 'email',
          policy: 'earliest-claim',
          values: [
            { value: 'ada', region: 'us-east-1' },
            { value: 'eve', region: 'eu-west-1' },
          ],
        },
      ]),
    )
    expect(await lostBy(eu(), 'customer', 'eve')).toEqual([{ path: 'email', holderId: 'ada' }])
    const { documents } = await us().region.store.load({
      documents: [
        { kind: 'customer', id: 'eve' },
        { kind: 'contact', id: 'eve' },
      ],
      ...{ ids: [], aliases: [], skus: [], keys: [], bytes: [] },
    })
    expect(documents.map(({ kind }) => kind)).toEqual(['customer'])
    expect(JSON.stringify(documents)).not.toContain('example')
    expect(await customer(eu(), 'eve', 'eve@example.com')).toEqual([])
    await together()
    expect(await lostBy(us(), 'customer', 'eve')).toEqual([])
  })

  it('M1: an email that is known to be taken is refused, in whichever region and spelling, until it is given up', async () => {
    await together()
    expect(await customer(eu(), 'bob', 'ADA@example.com')).toMatchObject([{ code: 'INVALID', field: ['email'] }])
    expect(await customer(us(), 'ada', 'ada@example.com')).toEqual([])
    expect(await customer(us(), 'ada', 'ada@example.org')).toEqual([])
    await together()
    expect(await customer(eu(), 'bob', 'ada@example.com')).toEqual([])
  })
})
