// One order, and the commands on orders.

import { documentKey } from '@causeway/db/write-set'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { cancelOrder, deliverOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import type { GraphQLResolveInfo } from 'graphql'
import type { RequestContext } from '../context.ts'
import { bulkAnswer, inputDurability, itemKey, keyOf, type Ran, refusedAnswer, runCommand, tooMany } from '../mutate.ts'
import { selectsBelow } from '../selection.ts'
import { customerSource } from './customer.ts'
import { listOrders, type OrdersArgs } from './order-list.ts'
import { orderSource } from './order-source.ts'

/** Null where there is none, or it is somebody else's. */
export async function loadOrder(id: string, context: RequestContext) {
  const order = await readOrder(id, context)
  return order !== null && context.sees(order.customerId) ? order : null
}

async function readOrder(id: string, context: RequestContext) {
  const view = await context.loaders.document(orderKind, id)
  return view === undefined ? null : orderSource(view)
}

interface OrderInput {
  readonly id: string
  readonly idempotencyKey?: string | null
  readonly durability?: number | null
}

interface OrderArgs {
  readonly input: OrderInput
}

/** Who gave a command that was accepted sees what became of it, with or without a customer of its own. */
function payloadOf(ran: Ran, id: string, context: RequestContext) {
  const order = () => (ran.result === null ? null : readOrder(id, context))
  return { ...ran.answer, order, restampedAt: ran.result?.restampedAt ?? null }
}

/**
 * The same of one command alone: the order as its commit leaves it, which is of just the moment that the answer's token names, and
 * costs no read. Its customer has to be read, of a later moment: then all is (decision 0035).
 */
function payloadOfOne(ran: Ran, id: string, context: RequestContext) {
  const order = (_args: unknown, _context: unknown, info: GraphQLResolveInfo) => {
    if (ran.result === null) return null
    const written = ran.changed.get(documentKey({ kind: orderKind.name, id }))
    if (written === undefined || selectsBelow(info, 'customer')) return readOrder(id, context)
    const view = orderKind.view(id, written.state)
    return view === undefined ? null : orderSource(view)
  }
  return { ...payloadOf(ran, id, context), order }
}

function change<Input>(command: CommandDefinition<Input>) {
  return async (_: unknown, { input }: OrderArgs, context: RequestContext, info: GraphQLResolveInfo) =>
    payloadOfOne(await runCommand(command, input, keyOf(input, context, info), context), input.id, context)
}

async function placeOne(input: OrderInput, key: string | null, context: RequestContext): Promise<Ran> {
  const durability = inputDurability(input.durability, context)
  if ('error' in durability)
    return { result: null, token: context.reflects, answer: refusedAnswer(durability.error, context) }
  return await runCommand(placeOrder, input, key, context, durability.wish)
}

async function place(_: unknown, { input }: OrderArgs, context: RequestContext, info: GraphQLResolveInfo) {
  return payloadOfOne(await placeOne(input, keyOf(input, context, info), context), input.id, context)
}

export const maximumOrders = 500

interface PlaceOrdersArgs {
  readonly input: { readonly idempotencyKey?: string | null; readonly orders: readonly OrderInput[] }
}

async function placeMany(_: unknown, { input }: PlaceOrdersArgs, context: RequestContext, info: GraphQLResolveInfo) {
  const refused = tooMany(input.orders, maximumOrders, 'orders')
  if (refused !== null) return { results: [], ...refusedAnswer(refused, context) }
  const key = keyOf(input, context, info)
  const ran = await Promise.all(
    input.orders.map((order, index) => placeOne(order, itemKey(order, key, index), context)),
  )
  const results = ran.map((one, index) => payloadOf(one, input.orders[index]?.id ?? '', context))
  return { results, ...bulkAnswer(ran, context) }
}

export const orderResolvers = {
  Query: {
    order: (_: unknown, { id }: { readonly id: string }, context: RequestContext) => loadOrder(id, context),
    orders: (_: unknown, args: OrdersArgs, context: RequestContext) => listOrders(args, context),
  },
  Mutation: {
    placeOrder: place,
    placeOrders: placeMany,
    shipOrder: change(shipOrder),
    deliverOrder: change(deliverOrder),
    cancelOrder: change(cancelOrder),
    returnOrderLines: change(returnOrderLines),
  },
  Order: {
    customer: async (
      { customerId }: { readonly customerId: string | null },
      _args: unknown,
      context: RequestContext,
    ) => {
      const view = customerId === null ? undefined : await context.loaders.document(customerKind, customerId)
      return view === undefined ? null : customerSource(view)
    },
  },
}
