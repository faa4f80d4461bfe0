// Reads what one region holds, through the gateway but from that region alone: its frontier and digest, and every
// listed document in a form that can be compared.

import { z } from 'zod'
import type { ApiClient } from '../api/client.ts'
import { untilAnswered } from '../api/retry.ts'

const statusSchema = z.object({
  regionStatus: z.object({
    id: z.string(),
    frontier: z.record(z.string(), z.number()),
    digest: z.string(),
  }),
})

export type RegionStatus = z.output<typeof statusSchema>['regionStatus']

const statusQuery = 'query VerifyStatus { regionStatus { id frontier digest } }'

export async function fetchStatus(client: ApiClient, region: string): Promise<RegionStatus> {
  return (await client.call(statusSchema, statusQuery, {}, { region, timeoutMs: 60_000 })).regionStatus
}

const stockSchema = z.object({
  sku: z.string(),
  available: z.int(),
  reserved: z.int(),
  leased: z.int(),
  onHand: z.int(),
  rights: z.array(z.object({ region: z.string(), units: z.int() })),
})

export type StockState = z.output<typeof stockSchema>

const moneySchema = z.object({ amount: z.string(), currencyCode: z.string() })

const productSchema = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  archived: z.boolean(),
  updatedAt: z.string(),
  variants: z.array(
    z.object({ id: z.string(), sku: z.string(), title: z.string(), price: moneySchema, stock: stockSchema.nullable() }),
  ),
})

const orderSchema = z.object({
  id: z.string(),
  status: z.string(),
  paymentState: z.string(),
  fulfilmentState: z.string(),
  cancelled: z.boolean(),
  customerId: z.string().nullable(),
  region: z.string(),
  placedAt: z.string(),
  total: moneySchema,
  lines: z.array(
    z.object({
      id: z.string(),
      sku: z.string(),
      quantity: z.int(),
      returnedQuantity: z.int(),
      unitPrice: moneySchema,
    }),
  ),
})

export type ProductState = z.output<typeof productSchema>
export type OrderState = z.output<typeof orderSchema>

const productsQuery = `query VerifyProducts($first: Int!, $after: String) {
  page: products(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      id title description tags archived updatedAt
      variants { id sku title price { amount currencyCode } stock { sku available reserved leased onHand rights { region units } } }
    } }
  }
}`

const ordersQuery = `query VerifyOrders($first: Int!, $after: String) {
  page: orders(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      id status paymentState fulfilmentState cancelled customerId region placedAt total { amount currencyCode }
      lines { id sku quantity returnedQuantity unitPrice { amount currencyCode } }
    } }
  }
}`

const pageSize = 100
const pageTimeoutMs = 60_000
const pageRetryMs = 30_000

async function* readAll<Node>(
  client: ApiClient,
  region: string,
  query: string,
  node: z.ZodType<Node>,
): AsyncGenerator<Node> {
  const schema = z.object({
    page: z.object({
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      edges: z.array(z.object({ node })),
    }),
  })
  let after: string | null = null
  for (;;) {
    const variables: Record<string, unknown> = { first: pageSize, after }
    const { page } = await untilAnswered(
      () => client.call(schema, query, variables, { region, timeoutMs: pageTimeoutMs }),
      { signal: new AbortController().signal, longestMs: pageRetryMs },
    )
    for (const edge of page.edges) yield edge.node
    if (!page.pageInfo.hasNextPage || page.pageInfo.endCursor === null) return
    after = page.pageInfo.endCursor
  }
}

export function readProducts(client: ApiClient, region: string): AsyncGenerator<ProductState> {
  return readAll(client, region, productsQuery, productSchema)
}

export function readOrders(client: ApiClient, region: string): AsyncGenerator<OrderState> {
  return readAll(client, region, ordersQuery, orderSchema)
}
