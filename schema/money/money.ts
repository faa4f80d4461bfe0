// Money as whole minor units of a currency, and its decimal notation at the API's edge. No floats anywhere.
// Knows no price, tax or rate.

import { counted } from '../counted.ts'
import { isCurrency, placesOf } from './currencies.ts'

/** `minor`: whole minor units (pence, yen), a safe integer. */
export interface Money {
  readonly minor: number
  readonly currencyCode: string
}

/** As the API writes it: `{ amount: "12.50", currencyCode: "GBP" }`. */
export interface DecimalMoney {
  readonly amount: string
  readonly currencyCode: string
}

export type MoneyErrorCode = 'CURRENCY' | 'AMOUNT' | 'PRECISION' | 'RANGE' | 'CURRENCY_MISMATCH'

/** An amount that is none, or arithmetic that has no answer. Nothing was changed. */
export class MoneyError extends Error {
  readonly code: MoneyErrorCode
  constructor(code: MoneyErrorCode, message: string) {
    super(message)
    this.name = 'MoneyError'
    this.code = code
  }
}

/** Reads decimal notation; fewer decimals than the currency has are filled up, more are an error, even zeros. */
export function parseMoney({ amount, currencyCode }: DecimalMoney): Money {
  if (!isCurrency(currencyCode)) throw new MoneyError('CURRENCY', notCurrency(currencyCode))
  const places = placesOf(currencyCode)
  const match = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/.exec(amount)
  if (match === null) throw new MoneyError('AMOUNT', `"${amount}" is no amount: use decimal notation such as "12.50".`)
  const [, sign = '', whole = '', fraction = ''] = match
  if (fraction.length > places)
    throw new MoneyError(
      'PRECISION',
      `"${amount}" has ${counted(fraction.length, 'decimal')}: ${currencyCode} has ${places}.`,
    )
  const minor = Number(whole + fraction.padEnd(places, '0'))
  return { minor: checked(sign === '-' && minor !== 0 ? -minor : minor), currencyCode }
}

/** Decimal notation with all decimals of the currency: `12.50`, `-0.05`, `1200` for JPY. */
export function formatMoney({ minor, currencyCode }: Money): DecimalMoney {
  const places = placesOf(currencyCode)
  const digits = Math.abs(checked(minor))
    .toString()
    .padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = places === 0 ? '' : `.${digits.slice(digits.length - places)}`
  return { amount: `${minor < 0 ? '-' : ''}${whole}${fraction}`, currencyCode }
}

export function addMoney(left: Money, right: Money): Money {
  if (left.currencyCode !== right.currencyCode)
    throw new MoneyError('CURRENCY_MISMATCH', `${left.currencyCode} and ${right.currencyCode} cannot be added.`)
  return { minor: checked(left.minor + right.minor), currencyCode: left.currencyCode }
}

export function negateMoney({ minor, currencyCode }: Money): Money {
  return { minor: minor === 0 ? 0 : -minor, currencyCode }
}

/** The sum; zero of `currencyCode` for none. */
export function sumMoney(parts: readonly Money[], currencyCode: string): Money {
  return parts.reduce(addMoney, { minor: 0, currencyCode })
}

/** What the lines of an order come to: unit price in minor units by whole quantity. */
export function sumProducts(
  lines: readonly { readonly unitPrice: number; readonly quantity: number }[],
  currencyCode: string,
): Money {
  let minor = 0
  for (const { unitPrice, quantity } of lines) minor = checked(minor + checked(unitPrice * quantity))
  return { minor, currencyCode }
}

function notCurrency(given: string): string {
  const shown = given.length > 20 ? `${given.slice(0, 20)}…` : given
  return `"${shown}" is no currency: use an ISO 4217 code such as "GBP".`
}

function checked(minor: number): number {
  if (!Number.isSafeInteger(minor))
    throw new MoneyError('RANGE', 'The amount is too large: up to 9,007,199,254,740,991 minor units can be held.')
  return minor
}
