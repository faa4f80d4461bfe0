// How values travel to Postgres and back: array literals for set-based statements, hybrid times as one number. Array
// literals of our own are a few times faster than the driver's, which escapes element by element.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import { bytesLiteral } from './connection.ts'

/** Text columns hold every character but U+0000. */
export function clean(text: string): string {
  return text.includes('\u0000') ? text.replaceAll('\u0000', '') : text
}

export function numbers(values: readonly (number | string)[]): string {
  return `{${values.join(',')}}`
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`
}

export function texts(values: readonly (string | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : quoted(value))).join(',')}}`
}

/**
 * Values that are large JSON, as the text of one JSON array: within an array of texts every quote of theirs would have
 * to be escaped. Meant for `json_array_elements(…::text::json)`, which leaves each value's text as it is.
 */
export function jsonList(values: readonly unknown[]): string {
  return JSON.stringify(values)
}

export function byteStrings(values: readonly (Uint8Array | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : `"\\${bytesLiteral(value)}"`)).join(',')}}`
}

const counterBits = 65_536n

export function encodeTime({ wallMs, counter }: HybridTime): string {
  return String(BigInt(wallMs) * counterBits + BigInt(counter))
}

export function decodeTime(text: string): HybridTime {
  const value = BigInt(text)
  return { wallMs: Number(value / counterBits), counter: Number(value % counterBits) }
}
