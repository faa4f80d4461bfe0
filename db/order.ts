// The orders that both stores promise: text as Postgres sorts it under the collation "C", and a commit's place in the
// log. Knows no store.

import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import type { LogPlace } from './store.ts'

const firstSurrogate = 0xd800
const lastSurrogate = 0xdfff

function isSurrogate(unit: number): boolean {
  return unit >= firstSurrogate && unit <= lastSurrogate
}

/** By code point, which is how UTF-8 bytes sort; JavaScript's own comparison differs beyond the basic plane. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a === b) continue
    if (isSurrogate(a) !== isSurrogate(b)) return isSurrogate(a) ? 1 : -1
    return a - b
  }
  return left.length - right.length
}

/** By hybrid time, then origin: the same in every region. */
export function comparePlaces(left: LogPlace, right: LogPlace): number {
  return compareTimes(left.time, right.time) || compareText(left.origin, right.origin)
}

/** The key of a page by several columns: opaque to callers, the same text for both stores. */
export function encodeKey(parts: readonly string[]): string {
  return JSON.stringify(parts)
}

/** The inverse of `encodeKey`; throws RangeError on anything else. */
export function decodeKey(key: string, length: number): readonly string[] {
  const parts: unknown = JSON.parse(key)
  if (!Array.isArray(parts) || parts.length !== length || !parts.every((part) => typeof part === 'string')) {
    throw new RangeError(`not a page key: ${key}`)
  }
  return parts
}
