// Ids in few bytes: what went in comes out, whatever else is in it.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { readPacked, writePacked } from './packed-ids.ts'

function packed(bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter()
  writePacked(writer, bytes)
  return writer.view()
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytesOf = (text: string) => new TextEncoder().encode(text)
/** Whole ones, and what only looks like one. */
const pieces = fc.oneof(
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.uuid().map((id) => id.slice(0, 35)),
  fc.constantFrom('-', '--------', 'order.placed', 'deadbeef-', ''),
  fc.string({ maxLength: 5 }),
)

describe('ids in a section', () => {
  it('W6: the very bytes come out', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (all) => {
        const text = all.join('')
        const reader = new ByteReader(packed(bytesOf(text)))
        expect(textOf(readPacked(reader, bytesOf(text).length))).toBe(text)
        reader.end('the packed bytes')
      }),
      { numRuns: 500 },
    )
  })

  it('C5: an order whose id is a UUID takes 18 bytes less for it', () => {
    const bytes = bytesOf('order.placed d14fbe14-9970-4630-8c68-f55fac2eef04 mug')
    expect(bytes.length - packed(bytes).length).toBe(18)
  })

  it('C6: what nobody can have packed is told from what somebody can', () => {
    const read = (length: number, ...bytes: number[]) => readPacked(new ByteReader(Uint8Array.from(bytes)), length)
    const id = Array.from({ length: 16 }, () => 7)
    expect(() => read(10, 1, 0, ...id)).toThrow(/1 ids in 10 bytes/)
    expect(() => read(37, 1, 2, 9, ...id)).toThrow(/2 bytes further on, of 1/)
    expect(() => read(1_000_000, 0, 9)).toThrow(/bytes needed/)
    expect(() => read(50, 2, 0, ...id)).toThrow()
  })
})
