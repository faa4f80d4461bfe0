// Products and their variants: reads, and the commands that change them.

import type { DocumentQuery, FoundDocument } from '@causeway/db/store'
import { skuAlias, variantId } from '@causeway/schema/documents/ids'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { type ProductView, productKind, type VariantView } from '@causeway/schema/documents/product/kind'
import { formatMoney } from '@causeway/schema/money/money'
import type { GraphQLResolveInfo } from 'graphql'
import { checkFirst, decodeCursor, encodeCursor, makePage } from '../connection.ts'
import type { RequestContext } from '../context.ts'
import { bulkAnswer, itemKey, keyOf, refusedAnswer, runCommand, tooMany } from '../mutate.ts'
import { lostClaims } from './lost-claim.ts'
import { levelOf } from './stock.ts'

export function productSource(view: ProductView) {
  return {
    __typename: 'Product' as const,
    ...view,
    variants: view.variants.map((variant) => variantSource(variant, view)),
    lostClaims: (_: unknown, context: RequestContext) => lostClaims(productKind, view, context, true),
    updatedAt: view.updatedAt.wallMs,
  }
}

export function variantSource(variant: VariantView, product: ProductView) {
  return {
    __typename: 'ProductVariant' as const,
    id: variantId(variant.sku),
    sku: variant.sku,
    title: variant.title,
    price: formatMoney(variant.price),
    product: () => productSource(product),
    stock: (_args: unknown, context: RequestContext) => levelOf(variant.sku, context),
  }
}

export async function loadProduct(id: string, context: RequestContext) {
  const view = await context.loaders.document(productKind, id)
  return view === undefined ? null : productSource(view)
}

/** The variant that sells a SKU, in the product whose claim to it stands. */
export async function loadVariant(sku: string, context: RequestContext) {
  const product = await context.loaders.byAlias(productKind, skuAlias(sku))
  const variant = product?.variants.find((one) => one.sku === sku)
  return product === undefined || variant === undefined ? null : variantSource(variant, product)
}

interface ProductsArgs {
  readonly first: number | null
  readonly after?: string | null
  readonly search?: string | null
  readonly tag?: string | null
}

const maximumSearchCharacters = 200

async function products(_: unknown, args: ProductsArgs, context: RequestContext) {
  const first = checkFirst(args.first, 20)
  const search = args.search?.trim().slice(0, maximumSearchCharacters)
  const filter = { kind: productKind.name, ...(search && { search }), ...(args.tag != null && { tag: args.tag }) }
  const { view } = context
  const found = await view.find({ ...filter, first: first + 1, descending: false, ...pageAfter(args.after) })
  context.spend(Math.min(found.length, first))
  const page = makePage(shown(found), first, args.after, ({ view, cursor }) => ({ node: productSource(view), cursor }))
  return { ...page, totalCount: () => view.count(filter) }
}

function pageAfter(cursor: string | null | undefined): Pick<DocumentQuery, 'after'> {
  if (cursor == null) return {}
  const [sortKey, id, rank] = decodeCursor('products', cursor, ['string', 'string', 'number'])
  return { after: { sortKey: String(sortKey), id: String(id), rank: Number(rank) } }
}

function shown(found: readonly FoundDocument[]) {
  return found.flatMap(({ document, rank }) => {
    const view = productKind.view(document.id, document.state)
    const cursor = encodeCursor('products', [document.index.sortKey, document.id, rank])
    return view === undefined ? [] : [{ view, cursor }]
  })
}

interface UpsertProductArgs {
  readonly input: { readonly id: string; readonly idempotencyKey?: string | null }
}

async function upsertOne(input: UpsertProductArgs['input'], key: string | null, context: RequestContext) {
  const ran = await runCommand(upsertProduct, input, key, context)
  const product = () => (ran.result === null ? null : loadProduct(input.id, context))
  return { ran, payload: { ...ran.answer, product } }
}

export const maximumProducts = 1_000

interface UpsertProductsArgs {
  readonly input: { readonly idempotencyKey?: string | null; readonly products: readonly UpsertProductArgs['input'][] }
}

async function upsertProducts(
  _: unknown,
  { input }: UpsertProductsArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
) {
  const refused = tooMany(input.products, maximumProducts, 'products')
  if (refused !== null) return { results: [], ...refusedAnswer(refused, context) }
  const key = keyOf(input, context, info)
  const items = await Promise.all(
    input.products.map((product, index) => upsertOne(product, itemKey(product, key, index), context)),
  )
  const answer = bulkAnswer(
    items.map(({ ran }) => ran),
    context,
  )
  return { results: items.map(({ payload }) => payload), ...answer }
}

export const productResolvers = {
  Query: {
    product: (_: unknown, { id }: { readonly id: string }, context: RequestContext) => loadProduct(id, context),
    products,
  },
  Mutation: {
    upsertProduct: async (
      _: unknown,
      { input }: UpsertProductArgs,
      context: RequestContext,
      info: GraphQLResolveInfo,
    ) => (await upsertOne(input, keyOf(input, context, info), context)).payload,
    upsertProducts,
  },
}
