// Names a command by its idempotency key: the key's scope, the digest of its input, and an id that is the same in every
// region where it lands. Pure, hashing apart.

import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { toHex } from '@causeway/schema/hex'
import type { Json } from '@causeway/schema/json'
import type { CommandCall } from '../region.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

export interface CommandName {
  readonly key: string | null
  /** For a command without a key, the one it has by nature; where it has none, or a key of its own, null. */
  readonly naturalKey: string | null
  readonly inputDigest: string
  readonly commandId: string
}

/** `random` names a command without a key. Keys are apart per caller: two callers may choose the same one. */
export function nameCommand(
  call: Pick<CommandCall, 'principal' | 'idempotencyKey'>,
  input: unknown,
  natural: string | null,
  crypto: Pick<CommitCrypto, 'sha256'>,
  random: () => Uint8Array,
): CommandName {
  const encoder = new TextEncoder()
  if (call.idempotencyKey === undefined) {
    const naturalKey = natural === null ? null : naturalKeyOf(call.principal.subject, natural)
    return { key: null, naturalKey, inputDigest: '', commandId: base32(random()) }
  }
  const key = `${withoutColons(call.principal.subject)}:${call.idempotencyKey}`
  const inputDigest = toHex(crypto.sha256(encoder.encode(canonical(withoutKey(input)))))
  return { key, naturalKey: null, inputDigest, commandId: base32(crypto.sha256(encoder.encode(key)).subarray(0, 16)) }
}

/** A subject is whatever an identity provider names: with colons in it, it could pass for another one, or for us. */
function withoutColons(subject: string): string {
  return subject.replace(/[%:]/g, encodeURIComponent)
}

/** Keys of ours start with a colon, which no caller's does: theirs start with their subject. */
export function naturalKeyOf(subject: string, natural: string): string {
  return `:natural:${subject}:${natural}`
}

/**
 * JSON with its object keys sorted, so that equal inputs have equal bytes. Absent members stay absent. Written by hand, for
 * every row of a table is digested by it: `JSON.stringify` with a function for each member takes three times as long.
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null'
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? canonicalList(value) : canonicalObject(value)
    default:
      return 'null'
  }
}

function canonicalList(list: readonly unknown[]): string {
  let text = '['
  for (let index = 0; index < list.length; index++) text += (index > 0 ? ',' : '') + canonical(list[index])
  return `${text}]`
}

function canonicalObject(members: object): string {
  let text = ''
  for (const name of sortedNames(members)) {
    const member: unknown = members[name as keyof typeof members]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonical(member)}`
  }
  return `{${text}}`
}

/** Names that are array indexes come first and by number, as in every object; the others follow, sorted. */
function sortedNames(members: object): readonly string[] {
  const names = Object.keys(members)
  if (isSorted(names)) return names
  const firstOther = names.findIndex((name) => !isIndex(name))
  return firstOther < 0 ? names : [...names.slice(0, firstOther), ...names.slice(firstOther).sort()]
}

const mostIndex = 2 ** 32 - 2

function isIndex(name: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(name) && Number(name) <= mostIndex
}

function isSorted(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index++) if ((names[index - 1] ?? '') > (names[index] ?? '')) return false
  return true
}

function withoutKey(input: unknown): Json {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return input as Json
  const { idempotencyKey: _, ...rest } = input as Record<string, Json>
  return rest
}

/** 16 bytes as 26 characters (Crockford's alphabet). */
function base32(bytes: Uint8Array): string {
  let bits = 0
  let value = 0
  let text = ''
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(value >>> bits) & 31]
      value &= (1 << bits) - 1
    }
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text
}
