// returnOrderLines: units that came back, or, before anything was shipped, lines cancelled in part. What customers say comes
// back is announced: it is sold again once staff or a till have taken it in. Knows no refund.

import * as z from 'zod'
import { mainLocation } from '../../stock/row.ts'
import { accept, type CommandDefinition, refuse, type StockEffect, type UserError } from '../command.ts'
import { findRepeat, idInput, maximumOrderLines, noteInput, parserOf, quantityInput } from '../parsing.ts'
import { refuseUnlessOwner, takesGoodsIn } from '../principals.ts'
import type { ReturnedFact, ReturnedLine } from './facts.ts'
import { foldOrder, type LineProgress, type OrderFold } from './fold.ts'
import { orderKind } from './kind.ts'
import { readOrder, recordFact, skusOfOrder, unknownOrder } from './record.ts'

const returnOrderLinesInput = z.object({
  id: idInput,
  lines: z
    .array(z.object({ lineId: idInput, quantity: quantityInput(1), restock: z.boolean().nullish() }))
    .min(1, 'Give at least one line.')
    .max(maximumOrderLines, `Give up to ${maximumOrderLines} lines.`)
    .superRefine((lines, context) => {
      const repeat = findRepeat(lines, ({ lineId }) => lineId)
      if (repeat === null) return
      context.addIssue({ code: 'custom', path: [repeat, 'lineId'], message: 'Give each line once.' })
    }),
  note: noteInput,
})

export type ReturnOrderLinesInput = z.infer<typeof returnOrderLinesInput>

export const returnOrderLines: CommandDefinition<ReturnOrderLinesInput> = {
  name: 'returnOrderLines',
  parse: parserOf(returnOrderLinesInput),
  reads: ({ id }) => readOrder(id),
  skusOf: ({ view }, { id }) => skusOfOrder(view(orderKind, id)),
  run(context, input) {
    const order = context.view(orderKind, input.id)
    const fold = order && foldOrder(order.facts)
    if (order === undefined || fold === undefined) return refuse(unknownOrder(input.id))
    const forbidden = refuseUnlessOwner(context.principal, order.customerId)
    if (forbidden !== null) return refuse(forbidden)
    const id = `returned:${context.commandId}`
    // The same command answered elsewhere has written this very fact already.
    if (order.facts.some(({ fact }) => fact.id === id)) return accept({ result: { id: input.id } })
    if (order.cancelled)
      return refuse({
        code: 'ILLEGAL_TRANSITION',
        message: 'The order is cancelled: nothing is left to return.',
        field: ['id'],
      })
    const errors: UserError[] = []
    const word: Word = takesGoodsIn(context.principal) ? 'taken in' : fold.shipped ? 'announced' : 'kept'
    const lines = takeLines(input, fold, word, errors)
    if (errors.length > 0) return refuse(...errors)
    // A resent return may have been counted elsewhere: sold units cannot be called back, so it waits (I4).
    const waits = context.resent && context.key !== null
    const credited = fold.shipped && !waits && lines.some(({ restock }) => restock)
    const fact: ReturnedFact = {
      id,
      kind: 'returned',
      origin: context.origin,
      shipped: fold.shipped,
      credited,
      ...(word === 'announced' && { announced: true }),
      ...(!fold.shipped && { eachLine: true }),
      lines,
      note: input.note ?? null,
    }
    return recordFact(context, input.id, order.facts, fact, credited ? creditOf(lines) : [])
  },
}

/**
 * What a return is worth. Whoever takes goods in says whether they can be sold again. Customers do not: what they announce nobody has
 * inspected, and what they no longer want of an order that was not sent has never left the house.
 */
type Word = 'taken in' | 'announced' | 'kept'

const restocked: Readonly<Record<Word, (wish: boolean | null | undefined) => boolean>> = {
  'taken in': (wish) => wish ?? true,
  announced: () => false,
  kept: () => true,
}

function takeLines(
  input: ReturnOrderLinesInput,
  fold: OrderFold,
  word: Word,
  errors: UserError[],
): readonly ReturnedLine[] {
  return input.lines.flatMap(({ lineId, quantity, restock }, index): readonly ReturnedLine[] => {
    const field = ['lines', String(index)]
    const progress = fold.lines.get(lineId)
    if (progress === undefined) {
      errors.push({ code: 'NOT_FOUND', message: `The order has no line ${lineId}.`, field: [...field, 'lineId'] })
      return []
    }
    const { line } = progress
    const left = leftOf(progress, fold.shipped, word)
    if (quantity > left) {
      const message = `Of line ${lineId}, ${left} of ${line.quantity} can still be returned.`
      errors.push({ code: 'INVALID', message, field: [...field, 'quantity'] })
      return []
    }
    return [{ lineId, sku: line.sku, quantity, restock: restocked[word](restock) }]
  })
}

function leftOf(
  { line, shipped, returned, announced, cancelled }: LineProgress,
  isShipped: boolean,
  word: Word,
): number {
  if (!isShipped) return line.quantity - cancelled
  return word === 'announced' ? shipped - returned : shipped - returned + announced
}

function creditOf(lines: readonly ReturnedLine[]): readonly StockEffect[] {
  const units = new Map<string, number>()
  for (const { sku, quantity, restock } of lines) if (restock) units.set(sku, (units.get(sku) ?? 0) + quantity)
  return [...units].map(([sku, returned]) => ({ sku, location: mainLocation, returned }))
}
