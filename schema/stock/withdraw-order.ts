// withdrawOrder, an internal command: cancels an order that was placed under a key which stands for another command (I2). Two
// regions that did not know of each other have each accepted one; whoever asks again by the key is told of the one that stands,
// so the other must not be sent to anybody. Run twice, it does so once.

import * as z from 'zod'
import { type Origin, regionOf } from '../clock/origin.ts'
import { accept, type CommandContext, type CommandDefinition, type KnownOutcome, refuse } from '../documents/command.ts'
import type { OrderRecord } from '../documents/order/facts.ts'
import { orderKind } from '../documents/order/kind.ts'
import { placeOrder } from '../documents/order/place.ts'
import { readOrder, recordFact, skusOfOrder } from '../documents/order/record.ts'
import { parserOf } from '../documents/parsing.ts'
import { isSameCommand, winningOutcome } from './outcomes.ts'

export interface WithdrawOrderInput {
  /** Of the order that `holder` has placed under `key`. */
  readonly id: string
  readonly key: string
  readonly holder: Origin
}

/** The order that `holder` has placed under a key which stands for another command; null where it has not. */
export function orderToWithdraw(outcomes: readonly KnownOutcome[], holder: Origin): string | null {
  const placed = outcomes.find(({ origin, accepted }) => origin === holder && accepted)
  const standing = winningOutcome(outcomes)
  if (placed?.command !== placeOrder.name || standing === undefined || isSameCommand(placed, standing)) return null
  return typeof placed.result.id === 'string' ? placed.result.id : null
}

/** Goods on their way cannot be called back: the order stands, and somebody has to know. */
export function isOnItsWay(facts: readonly OrderRecord[]): boolean {
  return facts.some(({ fact }) => fact.kind === 'shipped')
}

export const withdrawOrder: CommandDefinition<WithdrawOrderInput> = {
  name: 'withdrawOrder',
  parse: parserOf(z.object({ id: z.string(), key: z.string(), holder: z.string() })),
  reads: ({ id, key }) => ({ ...readOrder(id), keys: [key] }),
  skusOf: ({ view }, { id }) => skusOfOrder(view(orderKind, id)),
  run(context, { id, key, holder }) {
    const nothing = accept({ result: { id } })
    const order = context.view(orderKind, id)
    if (order === undefined || order.cancelled || !isHeld(context, holder)) return nothing
    if (orderToWithdraw(context.outcomes(key), holder) !== id || isElsewhere(order.facts, holder)) return nothing
    if (isOnItsWay(order.facts)) return refuse({ code: 'ILLEGAL_TRANSITION', message: 'The order is shipped.' })
    const fact = { id: `cancelled:second-use:${holder}`, kind: 'cancelled' as const, origin: context.origin, note }
    if (order.facts.some(({ fact: { id: known } }) => known === fact.id)) return nothing
    return recordFact(context, id, order.facts, fact)
  },
}

const note = 'Its idempotency key stands for another command.'

/** Under whichever incarnation: a cancellation is a fact that every region may write, and has one id for each holder. */
function isHeld({ region, fencing }: CommandContext, holder: Origin): boolean {
  return regionOf(holder) === region || fencing.estate.includes(holder)
}

/** Placed in another region as well: what stands there is not taken back for this key's sake. */
function isElsewhere(facts: readonly OrderRecord[], holder: Origin): boolean {
  return facts.some(({ fact }) => fact.kind === 'placed' && fact.origin !== holder)
}
