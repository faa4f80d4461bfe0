// The scalars of the API: their SDL and, for each, what is accepted and what is given out. Pure, so that region,
// gateway and SDK check alike; the GraphQL library is not known here.

import type { Json } from '../json.ts'

export const scalarsSdl = /* GraphQL */ `
"ISO-4217 amount in decimal notation, never a float: \\"12.50\\"."
scalar Decimal
"RFC 3339 instant in UTC, milliseconds: \\"2010-12-01T08:26:00.000Z\\"."
scalar DateTime
"Whole number up to 2^53 as a JSON number."
scalar SafeInt
"Opaque token for how much of the log an answer reflects (an encoded version vector); valid in every region."
scalar CausalToken
"Any JSON value."
scalar JSON
`

/** `parse` takes what came in, `serialize` what goes out; both throw TypeError with words for the caller. */
export interface ScalarCodec {
  readonly name: string
  readonly description: string
  parse(value: unknown): unknown
  serialize(value: unknown): unknown
}

const decimalPattern = /^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,6})?$/
const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i
const tokenPattern = /^[A-Za-z0-9_-]{0,8192}$/
const maximumJsonDepth = 32

/** A short, safe picture of a wrong value. */
function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function parseDecimal(value: unknown): string {
  if (typeof value === 'string' && decimalPattern.test(value)) return value
  if (typeof value === 'number') {
    throw new TypeError(`Decimal is a string such as "12.50", so that no cent is lost; got the number ${value}.`)
  }
  throw new TypeError(
    `Decimal is a string of digits with a point, such as "12.50": up to 18 before it, without zeros that lead, and 6 behind; got ${show(value)}.`,
  )
}

/** Milliseconds since the Unix epoch. Offsets are accepted and turned into UTC; finer fractions are cut. */
function parseInstant(value: unknown): number {
  const milliseconds = typeof value === 'string' && instantPattern.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(milliseconds)) {
    throw new TypeError(`DateTime is an RFC 3339 instant such as "2010-12-01T08:26:00.000Z"; got ${show(value)}.`)
  }
  // Date.parse lets the 31st of February through as the 3rd of March.
  const [year, month, day] = String(value).slice(0, 10).split('-').map(Number)
  if (day !== undefined && day > new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate()) {
    throw new TypeError(`DateTime names a day that is not in the calendar: ${show(value)}.`)
  }
  return milliseconds
}

function serializeInstant(value: unknown): string {
  const milliseconds = typeof value === 'string' ? parseInstant(value) : value
  if (typeof milliseconds !== 'number' || !Number.isFinite(milliseconds)) {
    throw new TypeError(`DateTime cannot show ${show(value)}.`)
  }
  return new Date(milliseconds).toISOString()
}

function parseSafeInt(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new TypeError(`SafeInt is a whole number between -(2^53 - 1) and 2^53 - 1; got ${show(value)}.`)
}

function parseToken(value: unknown): string {
  if (typeof value === 'string' && tokenPattern.test(value)) return value
  throw new TypeError(`CausalToken is a token that an earlier answer gave; got ${show(value)}.`)
}

function parseJson(value: unknown, depth = 0): Json {
  if (depth > maximumJsonDepth) throw new TypeError(`JSON is nested deeper than ${maximumJsonDepth} levels.`)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map((entry) => parseJson(entry, depth + 1))
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, parseJson(entry, depth + 1)]))
  }
  throw new TypeError(`JSON cannot hold ${show(value)}.`)
}

export const decimalScalar: ScalarCodec = {
  name: 'Decimal',
  description: 'ISO-4217 amount in decimal notation, never a float: "12.50".',
  parse: parseDecimal,
  serialize: parseDecimal,
}

/** Instants are milliseconds since the Unix epoch inside, RFC 3339 outside. */
export const dateTimeScalar: ScalarCodec = {
  name: 'DateTime',
  description: 'RFC 3339 instant in UTC, milliseconds.',
  parse: (value) => new Date(parseInstant(value)).toISOString(),
  serialize: serializeInstant,
}

export const safeIntScalar: ScalarCodec = {
  name: 'SafeInt',
  description: 'Whole number up to 2^53 as a JSON number.',
  parse: parseSafeInt,
  serialize: parseSafeInt,
}

export const causalTokenScalar: ScalarCodec = {
  name: 'CausalToken',
  description: 'Opaque token for how much of the log an answer reflects; valid in every region.',
  parse: parseToken,
  serialize: parseToken,
}

export const jsonScalar: ScalarCodec = {
  name: 'JSON',
  description: 'Any JSON value.',
  parse: (value) => parseJson(value),
  serialize: (value) => value,
}

export const scalarCodecs: readonly ScalarCodec[] = [
  decimalScalar,
  dateTimeScalar,
  safeIntScalar,
  causalTokenScalar,
  jsonScalar,
]
