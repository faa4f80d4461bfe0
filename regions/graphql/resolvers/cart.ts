// Carts. One that names no customer belongs to whoever knows its id.

import { updateCart } from '@causeway/schema/documents/cart/commands'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import type { GraphQLResolveInfo } from 'graphql'
import type { RequestContext } from '../context.ts'
import { keyOf, runCommand } from '../mutate.ts'

export async function loadCart(id: string, context: RequestContext) {
  const view = await context.loaders.document(cartKind, id)
  if (view === undefined || (view.customerId !== null && !context.sees(view.customerId))) return null
  return { __typename: 'Cart' as const, ...view, updatedAt: view.updatedAt.wallMs }
}

interface UpdateCartArgs {
  readonly input: { readonly id: string; readonly idempotencyKey?: string | null }
}

async function update(_: unknown, { input }: UpdateCartArgs, context: RequestContext, info: GraphQLResolveInfo) {
  const ran = await runCommand(updateCart, input, keyOf(input, context, info), context)
  return { ...ran.answer, cart: () => (ran.result === null ? null : loadCart(input.id, context)) }
}

export const cartResolvers = {
  Query: {
    cart: (_: unknown, { id }: { readonly id: string }, context: RequestContext) => loadCart(id, context),
  },
  Mutation: { updateCart: update },
}
