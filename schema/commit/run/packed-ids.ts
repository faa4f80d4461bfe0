// Bytes whose UUIDs are put behind as the 16 bytes that they stand for. As text each takes 36, and compression leaves that: what
// is random in small commits besides hashes and signatures is mostly such ids. All that is random stands together.
//
//   count of ids · for each: bytes between it and the one before · all other bytes · 16 bytes for each id
//
// Knows no commit.

import type { ByteReader, ByteWriter } from '../bytes.ts'

const idBytes = 16
const textBytes = 36
const dash = 0x2d
const dashes = [8, 13, 18, 23]

export function writePacked(writer: ByteWriter, bytes: Uint8Array): void {
  const starts = startsOfIds(bytes)
  writer.varint(starts.length)
  let end = 0
  for (const start of starts) {
    writer.varint(start - end)
    end = start + textBytes
  }
  end = 0
  for (const start of starts) {
    writer.bytes(bytes.subarray(end, start))
    end = start + textBytes
  }
  writer.bytes(bytes.subarray(end))
  for (const start of starts) {
    const digits = bytes.subarray(start, start + textBytes).filter((byte) => byte !== dash)
    for (let index = 0; index < digits.length; index += 2)
      writer.byte(digitOf(digits[index]) * 16 + digitOf(digits[index + 1]))
  }
}

/** `length`: of what comes out. Throws CodecError on what cannot have been packed. */
export function readPacked(reader: ByteReader, length: number): Uint8Array {
  const count = reader.count(idBytes + 1)
  if (count * textBytes > length) throw reader.malformed(`${count} ids in ${length} bytes`)
  const gaps = Array.from({ length: count }, () => reader.varint())
  const rest = reader.bytes(length - count * textBytes)
  const ids = reader.bytes(count * idBytes)
  const unpacked = new Uint8Array(length)
  let [from, to] = [0, 0]
  for (const [index, gap] of gaps.entries()) {
    if (gap > rest.length - from) throw reader.malformed(`an id ${gap} bytes further on, of ${rest.length - from}`)
    unpacked.set(rest.subarray(from, from + gap), to)
    unpacked.set(textOf(ids.subarray(index * idBytes, (index + 1) * idBytes)), to + gap)
    from += gap
    to += gap + textBytes
  }
  unpacked.set(rest.subarray(from), to)
  return unpacked
}

function startsOfIds(bytes: Uint8Array): readonly number[] {
  const starts: number[] = []
  let end = 0
  for (let at = bytes.indexOf(dash); at >= 0; at = bytes.indexOf(dash, at + 1)) {
    const start = at - (dashes[0] ?? 0)
    if (start < end || !isId(bytes, start)) continue
    starts.push(start)
    end = start + textBytes
  }
  return starts
}

function isId(bytes: Uint8Array, start: number): boolean {
  if (start + textBytes > bytes.length) return false
  for (let index = 0; index < textBytes; index += 1) {
    const byte = bytes[start + index]
    if (dashes.includes(index) ? byte !== dash : digitOf(byte) < 0) return false
  }
  return true
}

/** Of a digit as UUIDs are written, in small letters; -1 for any other byte. */
function digitOf(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1
}

const digitsOf = '0123456789abcdef'

function textOf(id: Uint8Array): Uint8Array {
  const text = new Uint8Array(textBytes)
  let at = 0
  for (const byte of id) {
    if (dashes.includes(at)) text[at++] = dash
    text[at++] = digitsOf.charCodeAt(byte >> 4)
    text[at++] = digitsOf.charCodeAt(byte & 15)
  }
  return text
}
