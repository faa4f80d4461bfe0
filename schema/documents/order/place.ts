// placeOrder: sells. It takes the rights of all units or of none, at one origin; the same id placed again is the same
// order. Knows no payment.

import * as z from 'zod'
import { stampTime } from '../../clock/device-time.ts'
import { formatMoney, type Money } from '../../money/money.ts'
import { remembered } from '../../remembered.ts'
import { mainLocation, rightsOf } from '../../stock/row.ts'
import { describeShortage } from '../../stock/shortage.ts'
import {
  accept,
  type CommandContext,
  type CommandDefinition,
  type Decision,
  noReads,
  refuse,
  type UserError,
} from '../command.ts'
import { customerKind } from '../customer/kind.ts'
import { skuAlias } from '../ids.ts'
import {
  findRepeat,
  idInput,
  idInUse,
  instantInput,
  maximumQuantity,
  moneyInput,
  parserOf,
  textInput,
} from '../parsing.ts'
import { isStaff, refuseUnlessOwner } from '../principals.ts'
import { productKind } from '../product/kind.ts'
import { type PlacedFact, type PlacedLine, placedId } from './facts.ts'
import { type OrderView, orderKind } from './kind.ts'
import { drawFromLeases, identityOfSale, leasedSkus, leasesInput, leasesOf, unleased, withChains } from './leased.ts'
import { linesInput, nameLines, needsOf } from './lines.ts'
import { recordFact } from './record.ts'

const adjustmentInput = z
  .object({
    kind: z.enum(['DISCOUNT', 'SHIPPING', 'TAX', 'OTHER']),
    label: textInput(0, 500),
    amount: moneyInput,
  })
  .refine(({ kind, amount }) => kind !== 'DISCOUNT' || amount.minor <= 0, {
    error: 'A discount lowers the total: give a negative amount.',
    path: ['amount', 'amount'],
  })

const placeOrderInput = z
  .object({
    id: idInput,
    customerId: idInput.nullish(),
    lines: linesInput,
    adjustments: z.array(adjustmentInput).max(100, 'Give up to 100 adjustments.').nullish(),
    placedAt: instantInput.nullish(),
    leases: leasesInput,
  })
  .superRefine(({ lines }, context) => {
    const given = lines.flatMap(({ id }, index) => (id == null ? [] : [{ id, index }]))
    const repeat = findRepeat(given, ({ id }) => id)
    const path = ['lines', given[repeat ?? 0]?.index ?? 0, 'id']
    if (repeat !== null) context.addIssue({ code: 'custom', path, message: 'Give each line its own id.' })
  })
  .transform((input) => ({ ...input, lines: nameLines(input.lines) }))

export type PlaceOrderInput = z.infer<typeof placeOrderInput>

export const placeOrder: CommandDefinition<PlaceOrderInput> = {
  name: 'placeOrder',
  parse: parserOf(placeOrderInput),
  identityOf: identityOfSale,
  reads: remembered((input) => {
    const skus = needsOf(input.lines).map(({ sku }) => sku)
    const customer = input.customerId == null ? [] : [{ kind: customerKind.name, id: input.customerId }]
    return {
      ...noReads,
      documents: [{ kind: orderKind.name, id: input.id }, ...customer, ...leasesOf(input)],
      ids: [input.id],
      aliases: skus.map(skuAlias),
      skus,
    }
  }),
  naturalKey: ({ id }) => `order/${id}`,
  needs: (input) => unleased(input),
  run(context, input) {
    const customerId = input.customerId ?? null
    const existing = context.view(orderKind, input.id)
    const forbidden = findForbidden(context, input, existing)
    if (forbidden !== null) return refuse(forbidden)
    if (existing !== undefined) return accept({ result: { id: input.id } })
    const errors: UserError[] = []
    const used = context.kindsOf(input.id).find((kind) => kind !== orderKind.name)
    if (used !== undefined) errors.push({ code: 'INVALID', message: idInUse(used), field: ['id'] })
    if (customerId !== null && context.view(customerKind, customerId) === undefined)
      errors.push({ code: 'NOT_FOUND', message: `There is no customer ${customerId}.`, field: ['customerId'] })
    const priced = priceLines(context, input, errors)
    const currencyCode = priced[0]?.unitPrice.currencyCode ?? ''
    findMoneyErrors(input, priced, currencyCode, errors)
    if (errors.length > 0) return refuse(...errors)
    const drawn = drawFromLeases(context, input)
    if ('refusal' in drawn) return drawn.refusal
    const stamp = input.placedAt == null ? null : stampTime(input.placedAt, context.time.wallMs)
    const sold = sell(context, input, {
      id: placedId(context.origin),
      kind: 'placed',
      origin: context.origin,
      customerId,
      currencyCode,
      lines: priced.map(
        ({ id, sku, quantity, unitPrice }): PlacedLine => ({
          id,
          sku,
          quantity,
          unitPrice: unitPrice.minor,
          ...drawn.lines.get(sku),
        }),
      ),
      adjustments: (input.adjustments ?? []).map(({ kind, label, amount }) => ({ kind, label, amount: amount.minor })),
      placedAt: stamp?.ms ?? null,
    })
    const decision = withChains(sold, drawn)
    if (decision.status === 'refused' || stamp?.isAgain !== true) return decision
    return { ...decision, result: { ...decision.result, restampedAt: stamp.ms } }
  },
}

function findForbidden(
  { principal }: CommandContext,
  { customerId, placedAt, adjustments }: PlaceOrderInput,
  existing: OrderView | undefined,
): UserError | null {
  const notOwner = refuseUnlessOwner(principal, customerId ?? null)
  if (notOwner !== null) return { ...notOwner, field: ['customerId'] }
  if (existing !== undefined) return refuseUnlessOwner(principal, existing.customerId)
  if (isStaff(principal)) return null
  if (placedAt != null)
    return { code: 'FORBIDDEN', message: 'Only staff and imports may say when it was placed.', field: ['placedAt'] }
  const lowering = (adjustments ?? []).findIndex(({ amount }) => amount.minor < 0)
  if (lowering < 0) return null
  const field = ['adjustments', String(lowering), 'amount']
  return { code: 'FORBIDDEN', message: 'Only staff may lower the total of an order.', field }
}

type PricedLine = Omit<PlacedLine, 'unitPrice'> & { readonly unitPrice: Money }

function priceLines(context: CommandContext, input: PlaceOrderInput, errors: UserError[]): readonly PricedLine[] {
  const priced: PricedLine[] = []
  const mayDiffer = isStaff(context.principal)
  const leased = leasedSkus(input)
  const isTill = context.principal.roles.includes('device')
  for (const [index, { id, sku, quantity, unitPrice }] of input.lines.entries()) {
    const product = context.byAlias(productKind, skuAlias(sku))
    const current = product?.variants.find((variant) => variant.sku === sku)?.price
    const refuse = (code: UserError['code'], message: string, field = 'sku') =>
      errors.push({ code, message, field: ['lines', String(index), field], sku })
    if (product === undefined || current === undefined) refuse('NOT_FOUND', `No product sells SKU ${sku}.`)
    else if (product.archived) refuse('INVALID', `SKU ${sku} is no longer sold: leave the line out.`)
    else if (mayDiffer || (isTill && leased.has(sku)) || unitPrice == null || isSameMoney(unitPrice, current))
      priced.push({ id, sku, quantity, unitPrice: unitPrice ?? current })
    else refuse('PRICE_CHANGED', `The price of ${sku} has changed: show the current price and ask again.`, 'unitPrice')
  }
  return priced
}

function isSameMoney(left: Money, right: Money): boolean {
  return left.minor === right.minor && left.currencyCode === right.currencyCode
}

/** One currency per order, sums that can be held, and nobody is paid for ordering: what goes back is a refund. */
function findMoneyErrors(
  input: PlaceOrderInput,
  priced: readonly PricedLine[],
  currencyCode: string,
  errors: UserError[],
): void {
  if (errors.length > 0) return
  const mismatch = (other: string, ...field: readonly string[]) =>
    errors.push({
      code: 'CURRENCY_MISMATCH',
      message: `An order has one currency: this is ${other}, the first line is ${currencyCode}.`,
      field,
    })
  // `sum` bounds every amount on the way to `total`.
  let sum = 0
  let total = 0
  for (const [index, { unitPrice, quantity }] of priced.entries()) {
    if (unitPrice.currencyCode !== currencyCode) mismatch(unitPrice.currencyCode, 'lines', String(index), 'unitPrice')
    sum += unitPrice.minor * quantity
    total += unitPrice.minor * quantity
  }
  for (const [index, { amount }] of (input.adjustments ?? []).entries()) {
    if (amount.currencyCode !== currencyCode) mismatch(amount.currencyCode, 'adjustments', String(index), 'amount')
    sum += Math.abs(amount.minor)
    total += amount.minor
  }
  if (!Number.isSafeInteger(sum))
    errors.push({ code: 'INVALID', message: 'The order is worth more than can be held: split it.', field: ['lines'] })
  else if (total < 0 && errors.length === 0)
    errors.push({ code: 'INVALID', message: belowZero(total, currencyCode), field: ['adjustments'] })
  if (needsOf(input.lines).some(({ units }) => units > maximumQuantity))
    errors.push({ code: 'INVALID', message: `Order up to ${maximumQuantity} units of a SKU.`, field: ['lines'] })
}

function belowZero(total: number, currencyCode: string): string {
  const { amount } = formatMoney({ minor: total, currencyCode })
  return `The order would come to ${amount} ${currencyCode}: let adjustments lower it to 0 at the most.`
}

function sell(context: CommandContext, input: PlaceOrderInput, fact: PlacedFact): Decision {
  const needs = unleased(input)
  const short = needs.filter(({ sku, units }) => rightsOf(context.ownStock(sku)) < units)
  if (short.length === 0) {
    const effects = needs.map(({ sku, units }) => ({ sku, location: mainLocation, sold: units }))
    return recordFact(context, input.id, [], fact, effects)
  }
  const errors = short.map(({ sku, units }) => ({
    ...describeShortage(sku, units, context.stock(sku), {
      origin: context.origin,
      units: rightsOf(context.ownStock(sku)),
    }),
    field: ['lines', String(input.lines.findIndex((line) => line.sku === sku)), 'sku'],
  }))
  // For an order that cannot be filled nothing else is asked of other regions: of its other lines nothing is known.
  const soldOut = errors.filter(({ code }) => code === 'OUT_OF_STOCK')
  return {
    status: 'refused',
    errors: soldOut.length > 0 ? soldOut : errors,
    shortages: short.map(({ sku, units }) => ({
      sku,
      missing: units - rightsOf(context.ownStock(sku)),
      needed: units,
    })),
  }
}
