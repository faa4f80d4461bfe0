// upsertProduct: creates a product or changes the fields given. Knows no stock and no order.

import * as z from 'zod'
import type { Json, JsonObject } from '../../json.ts'
import { formatMoney } from '../../money/money.ts'
import { accept, type CommandContext, type CommandDefinition, noReads, refuse, type UserError } from '../command.ts'
import type { Edit } from '../document.ts'
import { skuAlias } from '../ids.ts'
import { findRepeat, idInput, idInUse, maximumListLength, moneyInput, parserOf, textInput } from '../parsing.ts'
import { refuseUnlessStaff } from '../principals.ts'
import { type ProductView, productKind, variantValue } from './kind.ts'

const variantInput = z.object({
  sku: idInput,
  title: textInput(1).nullish(),
  price: moneyInput
    .refine(({ minor }) => minor >= 0, { error: 'Give a price of 0 or more.', path: ['amount'] })
    .nullish(),
})

const upsertProductInput = z.object({
  id: idInput,
  title: textInput(1).optional(),
  description: textInput(0).nullish(),
  tags: z.array(textInput(1, 128)).max(maximumListLength).nullish(),
  variants: z
    .array(variantInput)
    .max(maximumListLength)
    .nullish()
    .superRefine((variants, context) => {
      const repeat = findRepeat(variants ?? [], ({ sku }) => sku)
      if (repeat === null) return
      context.addIssue({ code: 'custom', path: [repeat, 'sku'], message: 'Give each SKU once.' })
    }),
  removeVariants: z.array(idInput).max(maximumListLength).nullish(),
  archived: z.boolean().nullish(),
})

export type UpsertProductInput = z.infer<typeof upsertProductInput>

export const upsertProduct: CommandDefinition<UpsertProductInput> = {
  name: 'upsertProduct',
  parse: parserOf(upsertProductInput),
  reads: ({ id, variants }) => ({
    ...noReads,
    documents: [{ kind: productKind.name, id }],
    ids: [id],
    aliases: (variants ?? []).map(({ sku }) => skuAlias(sku)),
  }),
  run(context, input) {
    const forbidden = refuseUnlessStaff(context.principal)
    if (forbidden !== null) return refuse(forbidden)
    const product = context.view(productKind, input.id)
    const errors = findErrors(context, input, product)
    if (errors.length > 0) return refuse(...errors)
    const edits = editsOf(context, input, product)
    return accept({
      events: [
        {
          type: product === undefined ? 'product.created' : 'product.updated',
          entityId: input.id,
          data: eventData(input),
          placement: 'everywhere',
        },
      ],
      documents: [{ kind: productKind.name, id: input.id, placement: 'everywhere', edits }],
      result: { id: input.id },
    })
  },
}

function findErrors(
  context: CommandContext,
  input: UpsertProductInput,
  product: ProductView | undefined,
): readonly UserError[] {
  const errors: UserError[] = []
  const invalid = (message: string, ...field: readonly string[]) => errors.push({ code: 'INVALID', message, field })
  if (product === undefined) {
    const used = context.kindsOf(input.id).find((kind) => kind !== productKind.name)
    if (used !== undefined) invalid(idInUse(used), 'id')
    if (input.title === undefined) invalid('A new product needs a title.', 'title')
  }
  const priced = new Set((product?.variants ?? []).map(({ sku }) => sku))
  for (const [index, { sku, price }] of (input.variants ?? []).entries()) {
    if (!price && !priced.has(sku))
      invalid(`A new variant needs a price: give one for ${sku}.`, 'variants', String(index), 'price')
    const holder = context.byAlias(productKind, skuAlias(sku))
    if (holder !== undefined && holder.id !== input.id)
      invalid(`SKU ${sku} belongs to product ${holder.id}: choose another SKU.`, 'variants', String(index), 'sku')
  }
  const given = new Set((input.variants ?? []).map(({ sku }) => sku))
  for (const [index, sku] of (input.removeVariants ?? []).entries())
    if (given.has(sku)) invalid('Do not give and remove the same SKU.', 'removeVariants', String(index))
  const remaining = new Set([...(product?.variants ?? []).map(({ sku }) => sku), ...given])
  for (const sku of input.removeVariants ?? []) remaining.delete(sku)
  if (remaining.size === 0) invalid('A product needs at least one variant.', 'variants')
  return errors
}

function editsOf(
  context: CommandContext,
  input: UpsertProductInput,
  product: ProductView | undefined,
): readonly Edit[] {
  const edits: Edit[] = []
  const put = (map: string, key: string, value: Json) => edits.push({ map, key, value })
  if (input.title !== undefined) put('fields', 'title', input.title)
  const description = input.description === undefined ? undefined : (input.description ?? '')
  if (description !== undefined && description !== (product?.description ?? ''))
    edits.push({ map: 'fields', key: 'description', text: description })
  if (input.archived !== undefined) put('fields', 'archived', input.archived ?? false)
  if (input.tags !== undefined) {
    const held = new Set(product?.tags)
    const wanted = new Set(input.tags ?? [])
    for (const tag of wanted) if (!held.has(tag)) put('tags', tag, true)
    for (const tag of held) if (!wanted.has(tag)) edits.push({ map: 'tags', key: tag, remove: true })
  }
  for (const { sku, title, price } of input.variants ?? []) {
    const held = product?.variants.find((variant) => variant.sku === sku)
    const standingTitle = title ?? held?.title ?? input.title ?? product?.title ?? sku
    const claim = held?.claim ?? { time: context.time, region: context.region }
    const standingPrice = price ?? held?.price
    if (standingPrice) put('variants', sku, variantValue({ title: standingTitle, price: standingPrice, claim }))
  }
  for (const sku of input.removeVariants ?? []) edits.push({ map: 'variants', key: sku, remove: true })
  // A removal leaves no register behind, so that this one says when the product last changed.
  if (edits.some((edit) => 'remove' in edit)) put('fields', 'revised', null)
  return edits
}

function eventData(input: UpsertProductInput): JsonObject {
  const { id, title, description, tags, variants, removeVariants, archived } = input
  return {
    id,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(tags !== undefined && { tags }),
    ...(variants && {
      variants: variants.map(({ sku, title: name, price }) => ({
        sku,
        ...(name && { title: name }),
        ...(price && { price: { ...formatMoney(price) } }),
      })),
    }),
    ...(removeVariants && { removeVariants }),
    ...(archived !== undefined && { archived }),
  }
}
