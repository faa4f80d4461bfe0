// Customers: the public part that every region has, the personal part where this region is their home.

import { type ContactView, contactKind } from '@causeway/schema/documents/contact/kind'
import { upsertCustomer } from '@causeway/schema/documents/customer/commands'
import { type CustomerView, customerKind } from '@causeway/schema/documents/customer/kind'
import type { GraphQLResolveInfo } from 'graphql'
import type { RequestContext } from '../context.ts'
import { keyOf, runCommand } from '../mutate.ts'
import { lostClaims } from './lost-claim.ts'
import { listOrders } from './order-list.ts'

export interface PageArgs {
  readonly first: number | null
  readonly after?: string | null
}

export function customerSource(view: CustomerView) {
  const contact = async <Value>(
    context: RequestContext,
    read: (contact: ContactView) => Value,
  ): Promise<Value | null> => {
    const personal = view.erased ? undefined : await context.loaders.document(contactKind, view.id)
    return personal === undefined ? null : read(personal)
  }
  return {
    __typename: 'Customer' as const,
    id: view.id,
    homeRegion: view.homeRegion,
    erased: view.erased,
    lostClaims: (_: unknown, context: RequestContext) => lostClaims(customerKind, view, context, context.isStaff),
    updatedAt: view.updatedAt.wallMs,
    name: (_: unknown, context: RequestContext) => contact(context, ({ name }) => name),
    email: (_: unknown, context: RequestContext) => contact(context, ({ email }) => email),
    tags: (_: unknown, context: RequestContext) => contact(context, ({ tags }) => tags),
    addresses: (_: unknown, context: RequestContext) => contact(context, ({ addresses }) => addresses),
    orders: (args: PageArgs, context: RequestContext) => listOrders({ ...args, customerId: view.id }, context),
  }
}

/** Null where there is none, or it is somebody else. */
export async function loadCustomer(id: string, context: RequestContext) {
  if (!context.sees(id)) return null
  const view = await context.loaders.document(customerKind, id)
  return view === undefined ? null : customerSource(view)
}

interface UpsertCustomerArgs {
  readonly input: { readonly id: string; readonly idempotencyKey?: string | null }
}

async function upsert(_: unknown, { input }: UpsertCustomerArgs, context: RequestContext, info: GraphQLResolveInfo) {
  const ran = await runCommand(upsertCustomer, input, keyOf(input, context, info), context)
  return { ...ran.answer, customer: () => (ran.result === null ? null : loadCustomer(input.id, context)) }
}

export const customerResolvers = {
  Query: {
    customer: (_: unknown, { id }: { readonly id: string }, context: RequestContext) => loadCustomer(id, context),
  },
  Mutation: { upsertCustomer: upsert },
}
