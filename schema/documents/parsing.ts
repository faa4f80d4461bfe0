// Input at the edge: zod says what is wrong, this says it as user errors with the path in the input. Also the shapes
// that several commands share. Knows no command.

import * as z from 'zod'
import { type Money, MoneyError, parseMoney } from '../money/money.ts'
import type { UserError } from './command.ts'
import { idRule, isCallerId } from './ids.ts'

export const maximumQuantity = 2 ** 31 - 1
export const maximumTextCharacters = 10_000
export const maximumListLength = 500
/** Wholesale orders have over a thousand lines. */
export const maximumOrderLines = 2_000

/**
 * Ids, quantities and money stand on every line of every order, so each is one check of its own: chains of zod's own
 * checks cost three times as much.
 */
export const idInput = z.custom<string>(isId, {
  error: ({ input }) => (typeof input === 'string' ? `This is no valid id: ${idRule}.` : 'Give an id.'),
})

export function isId(value: unknown): value is string {
  return typeof value === 'string' && isCallerId(value)
}

/** A whole quantity from `least` to 2^31 - 1. */
export function quantityInput(least: 0 | 1) {
  const message = `Give a whole number from ${least} to ${maximumQuantity}.`
  return z.custom<number>((value) => isQuantity(value, least), message)
}

export function isQuantity(value: unknown, least: 0 | 1): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= maximumQuantity
}

/** What Postgres or Automerge would refuse or replace. */
const unstorable = /\0|\p{Surrogate}/u

/** Text of up to `maximumTextCharacters`; not blank where `least` is 1. */
export function textInput(least: 0 | 1, most = maximumTextCharacters) {
  return z
    .string('Give a text.')
    .refine((text) => text.trim().length >= least, { error: 'Give a text that is not blank.' })
    .refine((text) => !unstorable.test(text), { error: 'Leave out NUL and broken surrogate characters.' })
    .refine((text) => text.length <= most, { error: `Shorten the text to ${most} characters.` })
}

export const noteInput = textInput(0, 1_000).nullish()

export const moneyInput = z.transform((input: unknown, context): Money => {
  const { amount, currencyCode } = (input ?? {}) as { readonly amount?: unknown; readonly currencyCode?: unknown }
  const fail = (message: string, path: string) => {
    context.addIssue({ code: 'custom', message, path: [path] })
    return z.NEVER
  }
  if (typeof amount !== 'string') return fail('Give the amount as decimal text such as "12.50".', 'amount')
  if (typeof currencyCode !== 'string') return fail('Give a currency code such as "GBP".', 'currencyCode')
  try {
    return parseMoney({ amount, currencyCode })
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error
    return fail(error.message, error.code === 'CURRENCY' ? 'currencyCode' : 'amount')
  }
})

/** An instant as RFC 3339 text in UTC, a Date or milliseconds since the epoch; comes out as milliseconds, from 1970 to 4199. */
export const instantInput = z
  .union([z.iso.datetime({ offset: true }).transform(Date.parse), z.date().transform(Number), z.int()], {
    error: 'Give an instant such as "2010-12-01T08:26:00.000Z".',
  })
  .refine((ms) => ms >= 0 && ms < 2 ** 46, { error: 'Give an instant from 1970 on, and before the year 4199.' })

/** What is said to who gives an id that something of another kind has. */
export function idInUse(kind: string): string {
  return `The id is in use by ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}: choose another one.`
}

/** The members of an object, or null of anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null
}

/**
 * A long list of items that are nearly always right. `read` gives what `schema` makes of a list's item, or undefined
 * where it is not sure; then the schema reads the whole list and says what is wrong. Reading a line of an order that
 * way costs a sixth.
 */
export function listInput<Item>(
  schema: z.ZodType<readonly Item[]>,
  most: number,
  read: (item: unknown) => Item | undefined,
) {
  return z.transform((value: unknown, context): readonly Item[] => {
    const items = readItems(value, most, read)
    if (items !== undefined) return items
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue)
    return z.NEVER
  })
}

function readItems<Item>(
  value: unknown,
  most: number,
  read: (item: unknown) => Item | undefined,
): readonly Item[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) return undefined
  const items: Item[] = []
  for (const one of value) {
    const item = read(one)
    if (item === undefined) return undefined
    items.push(item)
  }
  return items
}

type Parsed<Input> = { readonly input: Input } | { readonly errors: readonly UserError[] }

/** Too many of something is LIMIT_EXCEEDED, everything else INVALID. At most this many errors are told at once. */
const maximumErrors = 20

/** Of a bound whose check has no words of its own. */
function saidOfBound(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'too_big') return undefined
  if (issue.origin === 'array') return `Give up to ${String(issue.maximum)} of them.`
  return issue.origin === 'string' ? `Shorten the text to ${String(issue.maximum)} characters.` : undefined
}

/** The `parse` of a command from its zod schema. */
export function parserOf<Input>(schema: z.ZodType<Input>): (input: unknown) => Parsed<Input> {
  return (input) => {
    const parsed = schema.safeParse(input, { error: saidOfBound })
    if (parsed.success) return { input: parsed.data }
    return {
      errors: parsed.error.issues.slice(0, maximumErrors).map((issue) => ({
        code: issue.code === 'too_big' && issue.origin === 'array' ? 'LIMIT_EXCEEDED' : 'INVALID',
        message: issue.message,
        field: issue.path.map(String),
      })),
    }
  }
}

/** The first item whose key came before, as an issue at its place; for `superRefine` on lists. */
export function findRepeat<Item>(items: readonly Item[], keyOf: (item: Item) => string): number | null {
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const key = keyOf(item)
    if (seen.has(key)) return index
    seen.add(key)
  }
  return null
}
