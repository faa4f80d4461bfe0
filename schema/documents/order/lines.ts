// The lines of an order as a caller gives them, and the units that they need. Knows no price list and no stock.

import * as z from 'zod'
import { type Money, MoneyError, parseMoney } from '../../money/money.ts'
import { remembered } from '../../remembered.ts'
import type { StockNeed } from '../command.ts'
import {
  idInput,
  isId,
  isQuantity,
  listInput,
  maximumOrderLines,
  membersOf,
  moneyInput,
  quantityInput,
} from '../parsing.ts'

const notNegative = { error: 'Give a price of 0 or more.', path: ['amount'] }

const lineInput = z.object({
  id: idInput.nullish(),
  sku: idInput,
  quantity: quantityInput(1),
  unitPrice: moneyInput.refine(({ minor }) => minor >= 0, notNegative).nullish(),
})

export type GivenLine = z.infer<typeof lineInput>

/** Says what is wrong with lines; `linesInput` accepts the same. */
export const checkedLines = z
  .array(lineInput)
  .min(1, 'Give at least one line.')
  .max(maximumOrderLines, `Give up to ${maximumOrderLines} lines.`)

export const linesInput = listInput<GivenLine>(checkedLines, maximumOrderLines, readLine)

function readLine(value: unknown): GivenLine | undefined {
  const { id, sku, quantity, unitPrice } = membersOf(value) ?? {}
  if (!isId(sku) || !isQuantity(quantity, 1)) return undefined
  if (id !== undefined && id !== null && !isId(id)) return undefined
  if (unitPrice === undefined || unitPrice === null) return { id, sku, quantity, unitPrice }
  const price = readPrice(unitPrice)
  return price && { id, sku, quantity, unitPrice: price }
}

function readPrice(value: unknown): Money | undefined {
  const { amount, currencyCode } = membersOf(value) ?? {}
  if (typeof amount !== 'string' || typeof currencyCode !== 'string') return undefined
  try {
    const price = parseMoney({ amount, currencyCode })
    return price.minor >= 0 ? price : undefined
  } catch (error) {
    if (error instanceof MoneyError) return undefined
    throw error
  }
}

export interface NamedLine {
  readonly id: string
  readonly sku: string
  readonly quantity: number
  readonly unitPrice: Money | null
}

/** Lines without an id get "1", "2", … by place; the next free number where a caller has used that one. */
export function nameLines(lines: readonly GivenLine[]): readonly NamedLine[] {
  const used = new Set<string>()
  for (const { id } of lines) if (id != null) used.add(id)
  // Spelled out, since spreading a line costs more than all of its checks.
  return lines.map(({ id: given, sku, quantity, unitPrice }, index) => {
    let id = given ?? String(index + 1)
    for (let number = index + 2; given == null && used.has(id); number++) id = String(number)
    used.add(id)
    return { id, sku, quantity, unitPrice: unitPrice ?? null }
  })
}

/** Units by SKU, all lines together. */
export const needsOf = remembered((lines: readonly Pick<NamedLine, 'sku' | 'quantity'>[]): readonly StockNeed[] => {
  const units = new Map<string, number>()
  for (const { sku, quantity } of lines) units.set(sku, (units.get(sku) ?? 0) + quantity)
  return [...units].map(([sku, sum]) => ({ sku, units: sum }))
})
