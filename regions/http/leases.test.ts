// What operators see of stock that is lent, over real HTTP.

import { afterEach, expect, it } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'

let cluster: ServedCluster | null = null
afterEach(async () => {
  await cluster?.stop()
  cluster = null
})

async function at(query: string, variables: object = {}) {
  if (cluster === null) throw new Error('no cluster')
  const { data, errors } = await ask(cluster.at('eu').server, query, variables)
  expect(errors).toEqual([])
  return data as Record<string, unknown>
}

const lend = `mutation ($deviceId: ID!, $sku: ID!) {
  leaseStock(input: { deviceId: $deviceId, sku: $sku, quantity: 3, minutes: 60 }) { lease { id } userErrors { code } } }`
const list = `query ($first: Int, $after: String, $deviceId: ID, $sku: ID, $open: Boolean) {
  leases(first: $first, after: $after, deviceId: $deviceId, sku: $sku, open: $open) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { deviceId sku quantity closed } } } }`

interface Listed {
  readonly leases: {
    readonly totalCount: number
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
    readonly edges: readonly { readonly node: { readonly deviceId: string; readonly sku: string } }[]
  }
}

const listed = async (variables: object) => (await at(list, variables)) as unknown as Listed

it('S6: operators list what is lent, by device, SKU and whether it has ended, a page at a time', async () => {
  cluster = await serveCluster(['eu'])
  for (const sku of ['mug', 'hat']) {
    const variants = `[{ sku: "${sku}", title: "X", price: { amount: "1.00", currencyCode: "GBP" } }]`
    await at(
      `mutation { upsertProduct(input: { id: "p-${sku}", title: "X", variants: ${variants} }) { userErrors { code } } }`,
    )
    await at(`mutation { receiveStock(input: { sku: "${sku}", quantity: 20 }) { userErrors { code } } }`)
  }
  const ids: string[] = []
  for (const [deviceId, sku] of [
    ['till-1', 'mug'],
    ['till-1', 'hat'],
    ['till-2', 'mug'],
  ]) {
    const { leaseStock } = (await at(lend, { deviceId, sku })) as { leaseStock: { lease: { id: string } } }
    ids.push(leaseStock.lease.id)
  }
  await at('mutation ($id: ID!) { closeLease(input: { id: $id }) { userErrors { code } } }', { id: ids[0] })
  const names = async (variables: object) =>
    (await listed(variables)).leases.edges.map(({ node }) => `${node.deviceId} ${node.sku}`).sort()
  expect(await names({ open: true })).toEqual(['till-1 hat', 'till-2 mug'])
  expect(await names({ open: false })).toEqual(['till-1 mug'])
  expect(await names({ sku: 'mug' })).toEqual(['till-1 mug', 'till-2 mug'])
  expect(await names({ deviceId: 'till-1', open: true })).toEqual(['till-1 hat'])
  const { leases } = await listed({ first: 2 })
  expect(leases).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
  const rest = await listed({ first: 2, after: leases.pageInfo.endCursor })
  expect(rest.leases.pageInfo.hasNextPage).toBe(false)
  expect([...leases.edges, ...rest.leases.edges]).toHaveLength(3)
})
