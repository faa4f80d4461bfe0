// What may lie at a key of a document, by kind and map: what views and indexes rely on. Knows no change and no commit.

import { parseTime } from '../clock/hybrid-clock.ts'
import { isRegionId } from '../clock/origin.ts'
import { isCallerId } from '../documents/ids.ts'
import { isListOf, isObject, isText, isTextOrNull, isUnits } from './flaw.ts'

type Fits = (key: string, value: unknown) => boolean

const maximumText = 20_000
const isName = (value: unknown): boolean => isTextOrNull(value, maximumText)
const isHashOrNull = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value))
const isFlag = (value: unknown): boolean => typeof value === 'boolean'

function fieldsOf(fields: Readonly<Record<string, (value: unknown) => boolean>>): Fits {
  return (key, value) => {
    const fits = Object.hasOwn(fields, key) ? fields[key] : undefined
    // `revised` is written beside a removal, which leaves no register of its own.
    return key === 'revised' ? value === null : (fits?.(value) ?? false)
  }
}

const tag: Fits = (key, value) => isText(key, 256) && value === true

export function isClaim(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [time, region]: readonly unknown[] = value
  if (typeof time !== 'string' || typeof region !== 'string' || !isRegionId(region)) return false
  try {
    parseTime(time)
    return true
  } catch {
    return false
  }
}

function isVariant(value: unknown): boolean {
  if (!isObject(value)) return false
  const { title, price, currencyCode, claimed } = value
  const isPrice = Number.isSafeInteger(price) && typeof currencyCode === 'string' && /^[A-Z]{3}$/.test(currencyCode)
  return isPrice && isText(title, maximumText, 0) && isClaim(claimed)
}

function isAddress(value: unknown): boolean {
  if (!isObject(value)) return false
  const { lines, city, postalCode, countryCode } = value
  return (
    isListOf(lines, 100, (line) => isText(line, maximumText, 0)) &&
    [city, postalCode, countryCode].every((part) => isText(part, maximumText, 0))
  )
}

const kinds: Readonly<Record<string, Readonly<Record<string, Fits>>>> = {
  product: {
    fields: fieldsOf({ title: (value) => isText(value, maximumText), description: isName, archived: isFlag }),
    tags: tag,
    variants: (key, value) => isCallerId(key) && isVariant(value),
  },
  customer: {
    fields: fieldsOf({
      homeRegion: (value) => typeof value === 'string' && isRegionId(value),
      erased: isFlag,
      emailClaim: isHashOrNull,
    }),
  },
  contact: {
    fields: fieldsOf({ name: isName, email: isName }),
    tags: tag,
    addresses: (key, value) => isText(key, 256) && isAddress(value),
  },
  cart: {
    fields: fieldsOf({ customerId: (value) => value === null || (typeof value === 'string' && isCallerId(value)) }),
    lines: (key, value) => isCallerId(key) && isObject(value) && isUnits(value.quantity),
  },
}

export function fitsKind(kind: string, map: string, key: string, value: unknown): boolean {
  return kinds[kind]?.[map]?.(key, value) ?? false
}
