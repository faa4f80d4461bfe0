// updateCart: sets the quantity of the lines given. Knows no stock: a cart reserves nothing.

import * as z from 'zod'
import { accept, type CommandDefinition, noReads, refuse, type UserError } from '../command.ts'
import type { Edit } from '../document.ts'
import { skuAlias } from '../ids.ts'
import { findRepeat, idInput, idInUse, maximumListLength, parserOf, quantityInput } from '../parsing.ts'
import { refuseUnlessOwner } from '../principals.ts'
import { productKind } from '../product/kind.ts'
import { cartKind } from './kind.ts'

const updateCartInput = z.object({
  id: idInput,
  customerId: idInput.nullish(),
  lines: z
    .array(z.object({ sku: idInput, quantity: quantityInput(0) }))
    .max(maximumListLength)
    .superRefine((lines, context) => {
      const repeat = findRepeat(lines, ({ sku }) => sku)
      if (repeat === null) return
      context.addIssue({ code: 'custom', path: [repeat, 'sku'], message: 'Give each SKU once.' })
    }),
})

export type UpdateCartInput = z.infer<typeof updateCartInput>

export const updateCart: CommandDefinition<UpdateCartInput> = {
  name: 'updateCart',
  parse: parserOf(updateCartInput),
  reads: ({ id, lines }) => ({
    ...noReads,
    documents: [{ kind: cartKind.name, id }],
    ids: [id],
    aliases: lines.filter(({ quantity }) => quantity > 0).map(({ sku }) => skuAlias(sku)),
  }),
  run(context, input) {
    const cart = context.view(cartKind, input.id)
    const owner = input.customerId === undefined ? (cart?.customerId ?? null) : input.customerId
    const forbidden =
      refuseUnlessOwner(context.principal, owner) ??
      (cart === undefined || cart.customerId === null ? null : refuseUnlessOwner(context.principal, cart.customerId))
    if (forbidden !== null) return refuse(forbidden)
    const errors: UserError[] = []
    const used = cart === undefined ? context.kindsOf(input.id).find((kind) => kind !== cartKind.name) : undefined
    if (used !== undefined) errors.push({ code: 'INVALID', message: idInUse(used), field: ['id'] })
    for (const [index, { sku, quantity }] of input.lines.entries())
      if (quantity > 0 && context.byAlias(productKind, skuAlias(sku)) === undefined)
        errors.push({
          code: 'NOT_FOUND',
          message: `No product sells SKU ${sku}.`,
          field: ['lines', String(index), 'sku'],
        })
    if (errors.length > 0) return refuse(...errors)
    const held = new Set(cart?.lines.map(({ sku }) => sku))
    const kept = new Set(held)
    for (const { sku, quantity } of input.lines) quantity > 0 ? kept.add(sku) : kept.delete(sku)
    if (kept.size > maximumListLength && kept.size > held.size)
      return refuse({
        code: 'LIMIT_EXCEEDED',
        message: `A cart holds up to ${maximumListLength} lines; this one would hold ${kept.size}.`,
        field: ['lines'],
      })
    const edits: Edit[] = []
    if (cart === undefined || input.customerId !== undefined)
      edits.push({ map: 'fields', key: 'customerId', value: owner })
    for (const { sku, quantity } of input.lines) {
      if (quantity > 0) edits.push({ map: 'lines', key: sku, value: { quantity } })
      else if (held.has(sku)) edits.push({ map: 'lines', key: sku, remove: true })
    }
    // A removal leaves no register behind, so that this one says when the cart last changed.
    if (edits.some((edit) => 'remove' in edit)) edits.push({ map: 'fields', key: 'revised', value: null })
    const lines = input.lines.map((line) => ({ ...line }))
    return accept({
      events: [
        {
          type: 'cart.updated',
          entityId: input.id,
          data: { id: input.id, customerId: owner, lines },
          placement: 'everywhere',
        },
      ],
      documents: edits.length === 0 ? [] : [{ kind: cartKind.name, id: input.id, placement: 'everywhere', edits }],
      result: { id: input.id },
    })
  },
}
