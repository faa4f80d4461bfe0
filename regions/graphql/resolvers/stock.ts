// Stock levels, and the commands that change stock without an order.

import { skuAlias } from '@causeway/schema/documents/ids'
import { productKind } from '@causeway/schema/documents/product/kind'
import {
  type RejectedMovement,
  type RestampedMovement,
  receiveStock,
  recordStockMovements,
} from '@causeway/schema/stock/commands'
import type { GraphQLResolveInfo } from 'graphql'
import type { RequestContext } from '../context.ts'
import { keyOf, runCommand } from '../mutate.ts'
import { stockSource } from '../stock-level.ts'

/** The level of a SKU, with the time up to which the region knows it; zeros where there are no rows yet. */
export async function levelOf(sku: string, context: RequestContext) {
  const level = stockSource(sku, await context.loaders.stock(sku), context.region.members)
  return { ...level, updatedAt: async () => (await context.view.moment).time.wallMs }
}

/** Null where there are no rows and no product that names the SKU. */
export async function loadLevel(sku: string, context: RequestContext) {
  const [rows, product] = await Promise.all([
    context.loaders.stock(sku),
    context.loaders.byAlias(productKind, skuAlias(sku)),
  ])
  return rows.length === 0 && product === undefined ? null : await levelOf(sku, context)
}

interface StockArgs {
  readonly input: { readonly idempotencyKey?: string | null; readonly sku: string }
}

async function receive(_: unknown, { input }: StockArgs, context: RequestContext, info: GraphQLResolveInfo) {
  const ran = await runCommand(receiveStock, input, keyOf(input, context, info), context)
  return { ...ran.answer, stock: () => (ran.result === null ? null : loadLevel(input.sku, context)) }
}

interface MovementsArgs {
  readonly input: { readonly idempotencyKey?: string | null }
}

interface MovementsResult {
  readonly accepted: number
  readonly rejected: readonly RejectedMovement[]
  /** Absent where there is none. */
  readonly restamped?: readonly RestampedMovement[]
}

async function recordMovements(
  _: unknown,
  { input }: MovementsArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
) {
  const ran = await runCommand(recordStockMovements, input, keyOf(input, context, info), context)
  const none: MovementsResult = { accepted: 0, rejected: [] }
  const result = ran.result === null ? none : (ran.result as unknown as MovementsResult)
  const { accepted, rejected, restamped = [] } = result
  return { ...ran.answer, accepted, rejected, restamped }
}

export const stockResolvers = {
  Query: {
    stock: (_: unknown, { sku }: { readonly sku: string }, context: RequestContext) => loadLevel(sku, context),
  },
  Mutation: { receiveStock: receive, recordStockMovements: recordMovements },
}
