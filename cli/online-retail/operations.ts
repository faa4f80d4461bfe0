// The GraphQL operations of the import, each sent with a key or id that is the same in every run. Knows the plan's
// shapes and the API, nothing of order, retries or progress.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ApiClient } from '../api/client.ts'
import type { PlannedReturn } from './match-returns.ts'
import { idPrefix, type PlannedCustomer, type PlannedGood, type PlannedOrder, type PlannedReceipts } from './plan.ts'

export interface Refusal {
  /** What was refused: an order, a product, a movement. */
  readonly subject: string
  readonly code: string
  readonly message: string
}

export interface Sent {
  readonly tokens: readonly string[]
  readonly refusals: readonly Refusal[]
}

export interface SendContext {
  readonly client: ApiClient
  readonly signal: AbortSignal
}

const userErrors = z.array(z.object({ code: z.string(), message: z.string() }))
const token = z.string().nullable()

function refusalsOf(subject: string, errors: z.output<typeof userErrors>): Refusal[] {
  return errors.map(({ code, message }) => ({ subject, code, message }))
}

function tokensOf(...tokens: readonly (string | null)[]): string[] {
  return tokens.filter((text) => text !== null)
}

/** Lists differ between files; a key made from what they say is the same exactly where they are. */
function keyOf(what: string, content: unknown): string {
  return `${idPrefix}:${what}:${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 24)}`
}

/** `1250` pence are `12.50` pounds. */
export function formatPounds(pence: number): string {
  const digits = String(Math.abs(pence)).padStart(3, '0')
  return `${pence < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

function poundsOf(pence: number) {
  return { amount: formatPounds(pence), currencyCode: 'GBP' }
}

const upsertProducts = `mutation ImportProducts($input: UpsertProductsInput!) {
  upsertProducts(input: $input) {
    causalToken
    userErrors { code message }
    results { product { id } userErrors { code message } }
  }
}`

export async function sendGoods(context: SendContext, goods: readonly PlannedGood[]): Promise<Sent> {
  const products = goods.map((good) => ({
    id: good.productId,
    title: good.title,
    tags: [idPrefix],
    variants: [{ sku: good.sku, title: good.title, price: poundsOf(good.pricePence) }],
  }))
  const schema = z.object({
    upsertProducts: z.object({ causalToken: token, userErrors, results: z.array(z.object({ userErrors })) }),
  })
  const input = { idempotencyKey: keyOf('products', products), products }
  const { upsertProducts: payload } = await context.client.call(schema, upsertProducts, { input }, callOptions(context))
  return {
    tokens: tokensOf(payload.causalToken),
    refusals: [
      ...refusalsOf('products', payload.userErrors),
      ...payload.results.flatMap((result, index) =>
        refusalsOf(`product ${goods[index]?.sku ?? index}`, result.userErrors),
      ),
    ],
  }
}

const recordStock = `mutation ImportStock($input: RecordStockMovementsInput!) {
  recordStockMovements(input: $input) {
    accepted
    rejected { id code message }
    causalToken
    userErrors { code message }
  }
}`

/** Receives `times` what the orders take: a receipt is shared evenly among the regions. */
export async function sendReceipts(context: SendContext, receipts: PlannedReceipts, times: number): Promise<Sent> {
  const movements = [...receipts.units].map(([sku, units]) => ({
    id: sku,
    sku,
    kind: 'RECEIPT',
    quantity: units * times,
  }))
  const idempotencyKey = keyOf(`receipts:${receipts.day}:${receipts.region}`, movements)
  const schema = z.object({
    recordStockMovements: z.object({
      accepted: z.int(),
      rejected: z.array(z.object({ id: z.string(), code: z.string(), message: z.string() })),
      causalToken: token,
      userErrors,
    }),
  })
  const { recordStockMovements: payload } = await context.client.call(
    schema,
    recordStock,
    { input: { idempotencyKey, movements } },
    callOptions(context, receipts.region),
  )
  return {
    tokens: tokensOf(payload.causalToken),
    refusals: [
      ...refusalsOf(`stock of ${receipts.day}`, payload.userErrors),
      ...payload.rejected.map(({ id, code, message }) => ({ subject: `stock of ${id}`, code, message })),
    ],
  }
}

const upsertCustomer = `mutation ImportCustomer($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) { causalToken userErrors { code message } }
}`

export async function sendCustomer(context: SendContext, customer: PlannedCustomer): Promise<Sent> {
  const fields = {
    id: customer.id,
    homeRegion: customer.region,
    name: `Customer ${customer.number}`,
    tags: [idPrefix, customer.country],
  }
  const schema = z.object({ upsertCustomer: z.object({ causalToken: token, userErrors }) })
  const input = { idempotencyKey: keyOf(`customer:${customer.number}`, fields), ...fields }
  const { upsertCustomer: payload } = await context.client.call(
    schema,
    upsertCustomer,
    { input },
    callOptions(context, customer.region),
  )
  return {
    tokens: tokensOf(payload.causalToken),
    refusals: refusalsOf(`customer ${customer.number}`, payload.userErrors),
  }
}

const placeOrders = `mutation ImportOrders($input: PlaceOrdersInput!) {
  placeOrders(input: $input) {
    causalToken
    userErrors { code message }
    results { userErrors { code message } }
  }
}`

/** Refusals name the order by its invoice. */
export async function sendOrders(context: SendContext, region: string, orders: readonly PlannedOrder[]): Promise<Sent> {
  const input = {
    orders: orders.map((order) => ({
      id: order.id,
      ...(order.customer === null ? {} : { customerId: order.customer }),
      placedAt: order.placedAt,
      lines: order.lines.map((line) => ({
        id: line.id,
        sku: line.sku,
        quantity: line.quantity,
        unitPrice: poundsOf(line.pricePence),
      })),
    })),
  }
  const schema = z.object({
    placeOrders: z.object({ causalToken: token, userErrors, results: z.array(z.object({ userErrors })) }),
  })
  const { placeOrders: payload } = await context.client.call(
    schema,
    placeOrders,
    { input },
    callOptions(context, region),
  )
  const wholeList = payload.userErrors.flatMap((error) => orders.flatMap((order) => refusalsOf(order.invoice, [error])))
  const each = payload.results.flatMap((result, index) => refusalsOf(orders[index]?.invoice ?? '', result.userErrors))
  return { tokens: tokensOf(payload.causalToken), refusals: [...wholeList, ...each] }
}

const returnLines = `mutation ImportReturn($input: ReturnOrderLinesInput!) {
  returnOrderLines(input: $input) { causalToken userErrors { code message } }
}`

export async function sendReturn(context: SendContext, planned: PlannedReturn): Promise<Sent> {
  const input = {
    idempotencyKey: planned.key,
    id: planned.orderId,
    lines: planned.lines.map(({ lineId, quantity }) => ({ lineId, quantity, restock: true })),
    note: `cancelled by ${planned.invoice}`,
  }
  const schema = z.object({ returnOrderLines: z.object({ causalToken: token, userErrors }) })
  const { returnOrderLines: payload } = await context.client.call(
    schema,
    returnLines,
    { input },
    callOptions(context, planned.region),
  )
  return {
    tokens: tokensOf(payload.causalToken),
    refusals: refusalsOf(`return ${planned.invoice}`, payload.userErrors),
  }
}

const probe = 'query ImportBarrier { products(first: 1) { pageInfo { hasNextPage } } }'

/** Answers once the region has applied everything in `after`. */
export async function awaitToken(context: SendContext, region: string, after: string): Promise<void> {
  await context.client.call(
    z.object({ products: z.unknown() }),
    probe,
    {},
    { region, token: after, signal: context.signal },
  )
}

function callOptions(context: SendContext, region?: string) {
  return {
    signal: context.signal,
    ...(region === undefined ? {} : { region }),
  }
}
