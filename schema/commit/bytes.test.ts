// Numbers, text and bytes survive the way to disk and over the wire, and broken ones are refused.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter, CodecError } from './bytes.ts'

function codeOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof CodecError) return error.code
    throw error
  }
  return 'read'
}

const numbers = fc.oneof(
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 53 }).map((power) => 2 ** power - 1),
  fc.integer({ min: 0, max: 52 }).map((power) => 2 ** power),
)

describe('bytes', () => {
  it('numbers up to 2^53 - 1 read back, each in its one spelling', () => {
    fc.assert(
      fc.property(fc.array(numbers), fc.array(fc.integer()), (values, signed) => {
        const writer = new ByteWriter(1)
        for (const value of values) writer.varint(value)
        for (const value of signed) writer.signed(value)
        const reader = new ByteReader(writer.view())
        expect(values.map(() => reader.varint())).toEqual(values)
        expect(signed.map(() => reader.signed())).toEqual(signed)
        reader.end('the numbers')
      }),
    )
  })

  it('text of any length and script reads back', () => {
    const short = fc.string({ unit: 'binary', maxLength: 40 })
    const long = fc.string({
      unit: fc.constantFrom('a', 'é', '漢', '🛒', '\uFEFF', '\0'),
      minLength: 90,
      maxLength: 300,
    })
    fc.assert(
      fc.property(fc.array(fc.oneof(short, long, fc.string())), (texts) => {
        const writer = new ByteWriter(1)
        for (const text of texts) writer.text(text)
        const raw = texts.map((text) => writer.rawText(text))
        const reader = new ByteReader(writer.view())
        expect(texts.map(() => reader.text())).toEqual(texts)
        expect(raw).toEqual(texts.map((text) => Buffer.byteLength(text)))
        expect(Buffer.from(reader.bytes(reader.remaining)).toString()).toBe(texts.join(''))
      }),
    )
  })

  it('half a surrogate pair becomes the replacement character, as in the database', () => {
    const writer = new ByteWriter()
    writer.text('a\ud83d')
    expect(new ByteReader(writer.view()).text()).toBe('a\ufffd')
  })

  it.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('refuses to write %d', (value) => {
    expect(() => new ByteWriter().varint(value)).toThrow(CodecError)
  })

  it.each([
    ['a padded number', [0x80, 0x00], 'MALFORMED'],
    ['a number over 2^53 - 1', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x10], 'MALFORMED'],
    ['a number that never ends', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], 'MALFORMED'],
    ['a number that was cut', [0x80], 'TRUNCATED'],
    ['nothing', [], 'TRUNCATED'],
  ])('refuses to read %s', (_, bytes, code) => {
    expect(codeOf(() => new ByteReader(Uint8Array.from(bytes)).varint())).toBe(code)
  })

  it('refuses text that is cut or not UTF-8', () => {
    expect(codeOf(() => new ByteReader(Uint8Array.of(3, 0x61)).text())).toBe('TRUNCATED')
    expect(codeOf(() => new ByteReader(Uint8Array.of(1, 0xff)).text())).toBe('MALFORMED')
  })

  it('refuses a count that the bytes at hand cannot hold, before making room for it', () => {
    const writer = new ByteWriter()
    writer.varint(2 ** 40)
    expect(codeOf(() => new ByteReader(writer.view()).count())).toBe('TRUNCATED')
  })

  it('hands out plain views where a Buffer came in', () => {
    const view = new ByteReader(Buffer.from([1, 2, 3])).bytes(2)
    expect(view).toEqual(Uint8Array.of(1, 2))
    expect(Buffer.isBuffer(view)).toBe(false)
  })
})
