// shipOrder, deliverOrder, cancelOrder: each writes one fact where the order as this region knows it allows the step.
// Knows no stock: record.ts does what this origin owes at once.

import * as z from 'zod'
import {
  accept,
  type CommandContext,
  type CommandDefinition,
  type Decision,
  refuse,
  type UserError,
} from '../command.ts'
import { idInput, noteInput, parserOf } from '../parsing.ts'
import { refuseUnlessOwner, refuseUnlessStaff } from '../principals.ts'
import { lineKey, type OrderFact } from './facts.ts'
import { foldOrder, requestsIn } from './fold.ts'
import { type OrderView, orderKind } from './kind.ts'
import { readOrder, recordFact, skusOfOrder, unknownOrder } from './record.ts'

const orderInput = z.object({ id: idInput, note: noteInput })

export type OrderInput = z.infer<typeof orderInput>

/** What a step does with an order that is there and that the caller may change. */
type Step = (order: OrderView, context: CommandContext, note: string | null) => OrderFact | UserError

function transition(
  name: string,
  permit: (context: CommandContext, order: OrderView) => UserError | null,
  step: Step,
): CommandDefinition<OrderInput> {
  return {
    name,
    parse: parserOf(orderInput),
    reads: ({ id }) => readOrder(id),
    skusOf: ({ view }, { id }) => skusOfOrder(view(orderKind, id)),
    run(context, { id, note }): Decision {
      const order = context.view(orderKind, id)
      if (order === undefined) return refuse(unknownOrder(id))
      const forbidden = permit(context, order)
      if (forbidden !== null) return refuse(forbidden)
      const next = step(order, context, note ?? null)
      if ('code' in next) return refuse(next)
      // The same command answered elsewhere has written this very fact already.
      if (order.facts.some(({ fact }) => fact.id === next.id)) return accept({ result: { id } })
      return recordFact(context, id, order.facts, next)
    },
  }
}

function illegal(message: string): UserError {
  return { code: 'ILLEGAL_TRANSITION', message, field: ['id'] }
}

function permitStaff({ principal }: CommandContext): UserError | null {
  return refuseUnlessStaff(principal)
}

export const shipOrder = transition('shipOrder', permitStaff, (order, { commandId, origin }, note) => {
  if (order.cancelled) return illegal('The order is cancelled: it cannot be shipped.')
  const requests = requestsIn(order.facts)
  const except = Object.fromEntries(requests)
  let left = 0
  for (const { line, shipped, cancelled } of foldOrder(order.facts)?.lines.values() ?? []) {
    const kept = Math.max(cancelled, requests.get(lineKey(line.id, line.sku)) ?? 0)
    left += Math.max(0, line.quantity - kept - shipped)
  }
  if (left > 0) return { id: `shipped:${commandId}`, kind: 'shipped', origin, except, note }
  return illegal(
    isShipped(order) ? 'The order is shipped already.' : 'Every line was returned: nothing is left to ship.',
  )
})

export const deliverOrder = transition('deliverOrder', permitStaff, (order, { commandId, origin }, note) => {
  if (order.cancelled) return illegal('The order is cancelled: it cannot be delivered.')
  if (!isShipped(order)) return illegal('The order is not shipped yet: ship it first.')
  if (isDelivered(order)) return illegal('The order is delivered already.')
  return { id: `delivered:${commandId}`, kind: 'delivered', origin, note }
})

export const cancelOrder = transition(
  'cancelOrder',
  ({ principal }, { customerId }) => refuseUnlessOwner(principal, customerId),
  (order, { commandId, origin }, note) => {
    if (order.cancelled) return illegal('The order is cancelled already.')
    if (isShipped(order)) return illegal('The order is shipped: return its lines instead.')
    return { id: `cancelled:${commandId}`, kind: 'cancelled', origin, note }
  },
)

function isShipped(order: OrderView): boolean {
  return order.facts.some(({ fact }) => fact.kind === 'shipped')
}

function isDelivered(order: OrderView): boolean {
  return order.facts.some(({ fact }) => fact.kind === 'delivered')
}
