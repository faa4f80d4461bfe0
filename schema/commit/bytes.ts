// Writes and reads bytes: varints, byte strings, UTF-8. Every read is bounds-checked and canonical: a value has one
// encoding only, so equal bytes mean equal content. Knows nothing of commits.

import { counted, plural } from '../counted.ts'

/** `TRUNCATED`, `MALFORMED`, `TOO_LARGE`: never readable. `UNKNOWN_VERSION`: written by a newer node; keep and wait. */
export type CodecErrorCode = 'TRUNCATED' | 'MALFORMED' | 'TOO_LARGE' | 'UNKNOWN_VERSION'

/** Bytes that cannot be read, or a value that cannot be written. Nothing was changed. */
export class CodecError extends Error {
  readonly code: CodecErrorCode
  constructor(code: CodecErrorCode, message: string) {
    super(message)
    this.name = 'CodecError'
    this.code = code
  }
}

// Every JavaScript platform has these two; the language's own library just does not declare them.
declare const TextEncoder: new () => {
  encodeInto(text: string, into: Uint8Array): { readonly written: number }
}
declare const TextDecoder: new (
  label: 'utf-8',
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Below this, a loop over the characters beats the call into the platform's encoder. */
const shortTextCharacters = 96

/** A buffer that doubles as it fills. Lone surrogates in text become U+FFFD, as in every UTF-8 store. */
export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(capacityBytes)
  }

  get length(): number {
    return this.#length
  }

  /** A view of what was written: valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** Unsigned LEB128; whole numbers from 0 to 2^53 − 1. */
  varint(value: number): void {
    if (!(value >= 0 && Number.isSafeInteger(value))) {
      throw new CodecError('MALFORMED', `not a whole number from 0 to 2^53 - 1: ${value}`)
    }
    this.#reserve(8)
    const bytes = this.#bytes
    let rest = value
    while (rest >= 0x80) {
      bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80)
    }
    bytes[this.#length++] = rest
  }

  /** Whole numbers of either sign, small ones short. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** UTF-8 with its length in bytes before it. */
  text(value: string): void {
    if (value.length < 0x80) {
      this.#reserve(1 + value.length)
      const lengthAt = this.#length++
      if (this.#ascii(value)) {
        this.#bytes[lengthAt] = value.length
        return
      }
      this.#length = lengthAt
    }
    const content = new ByteWriter(3 * value.length)
    content.rawText(value)
    this.varint(content.length)
    this.bytes(content.view())
  }

  /** UTF-8 alone; returns its length in bytes. */
  rawText(value: string): number {
    if (value.length <= shortTextCharacters) {
      this.#reserve(value.length)
      if (this.#ascii(value)) return value.length
    }
    this.#reserve(3 * value.length)
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#length))
    this.#length += written
    return written
  }

  /** Writes `value` where all of it is ASCII; else writes nothing and is false. Space is reserved by the caller. */
  #ascii(value: string): boolean {
    const bytes = this.#bytes
    const start = this.#length
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code >= 0x80) return false
      bytes[start + index] = code
    }
    this.#length = start + value.length
    return true
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

/** Reads from the front. What it returns as bytes are views of the given buffer, not copies. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    // A plain Uint8Array even where a subclass is given (Node's Buffer), so that views are plain, too.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  byte(): number {
    const value = this.#bytes[this.#offset]
    if (value === undefined) throw this.#truncated(1)
    this.#offset++
    return value
  }

  varint(): number {
    const first = this.byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let factor = 0x80; factor <= 2 ** 49; factor *= 0x80) {
      const next = this.byte()
      value += (next & 0x7f) * factor
      if (next >= 0x80) continue
      if (next === 0) throw this.malformed('a number is padded')
      if (value > Number.MAX_SAFE_INTEGER) break
      return value
    }
    throw this.malformed('a number exceeds 2^53 - 1')
  }

  signed(): number {
    const value = this.varint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  /** A count of items of at least `itemBytes` each: refused before anything is allocated for it. */
  count(itemBytes = 1): number {
    const value = this.varint()
    if (value * itemBytes > this.remaining) throw this.#truncated(value * itemBytes)
    return value
  }

  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw this.#truncated(length)
    const start = this.#offset
    this.#offset = start + length
    return this.#bytes.subarray(start, this.#offset)
  }

  text(): string {
    const bytes = this.bytes(this.varint())
    return bytes.length <= shortTextBytes ? (shortAscii(bytes) ?? decodeText(bytes)) : decodeText(bytes)
  }

  /** Throws where anything is left. */
  end(what: string): void {
    if (this.remaining > 0) throw this.malformed(`${counted(this.remaining, 'byte')} too many after ${what}`)
  }

  malformed(reason: string): CodecError {
    return new CodecError('MALFORMED', `${reason} (near byte ${this.#offset})`)
  }

  #truncated(needed: number): CodecError {
    return new CodecError(
      'TRUNCATED',
      `${counted(needed, 'byte')} needed at byte ${this.#offset}, ${this.remaining} left`,
    )
  }
}

/** Below this, a loop over the bytes beats the call into the platform's decoder. */
const shortTextBytes = 16

function shortAscii(bytes: Uint8Array): string | undefined {
  let text = ''
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}

/** UTF-8 as text; a byte order mark is content. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new CodecError(
      'MALFORMED',
      `${counted(bytes.length, 'byte')} that ${plural(bytes.length, 'is', 'are')} not UTF-8`,
    )
  }
}

/** True where both hold the same bytes. Not constant in time: for public values. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}
