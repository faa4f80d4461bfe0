// Version vectors as bytes: one encoding per vector, so that it may be hashed. Knows no token and no commit.

import { type ByteReader, ByteWriter, CodecError } from '../commit/bytes.ts'
import { isOrigin, type Origin } from './origin.ts'
import type { VersionVector } from './version-vector.ts'

/** A vector of more origins is refused: far beyond what any cluster's regions and incarnations come to. */
export const maximumOrigins = 4096

/** Origins of a vector in the order in which they are encoded, those at 0 left out. */
export function sortedOrigins(vector: VersionVector): Origin[] {
  return Object.keys(vector)
    .filter((origin) => vector[origin] !== 0)
    .sort()
}

/** Count, then origin and sequence, by origin. Throws CodecError on what is no vector. */
export function writeVector(writer: ByteWriter, vector: VersionVector): void {
  const origins = sortedOrigins(vector)
  if (origins.length > maximumOrigins)
    throw new CodecError('TOO_LARGE', `${origins.length} origins in a version vector`)
  writer.varint(origins.length)
  for (const origin of origins) {
    if (!isOrigin(origin)) throw new CodecError('MALFORMED', `not an origin: ${origin}`)
    writer.text(origin)
    writer.varint(vector[origin] ?? 0)
  }
}

/** The inverse of `writeVector`; refuses every other spelling of the same vector. */
export function readVector(reader: ByteReader): VersionVector {
  const count = reader.count(3)
  if (count > maximumOrigins) throw new CodecError('TOO_LARGE', `${count} origins in a version vector`)
  const vector: Record<Origin, number> = {}
  let previous = ''
  for (let index = 0; index < count; index++) {
    const origin = reader.text()
    if (!isOrigin(origin)) throw reader.malformed(`not an origin: ${origin}`)
    if (origin <= previous) throw reader.malformed(`origins out of order: ${origin} after ${previous}`)
    const sequence = reader.varint()
    if (sequence === 0) throw reader.malformed(`${origin} at sequence 0`)
    vector[origin] = sequence
    previous = origin
  }
  return vector
}

export function encodeVector(vector: VersionVector): Uint8Array {
  const writer = new ByteWriter(64)
  writeVector(writer, vector)
  return writer.view()
}
