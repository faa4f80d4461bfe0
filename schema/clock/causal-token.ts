// Causal tokens: a version vector as opaque text that a caller carries between requests, devices and regions. The
// checksum finds accidents (a cut or mangled header), not forgery: a token grants nothing.

import { ByteReader, ByteWriter } from '../commit/bytes.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { readVector, writeVector } from './vector-codec.ts'
import type { VersionVector } from './version-vector.ts'

/** A text that is no causal token of ours; the caller must drop it. The message may be shown to the caller. */
export class TokenError extends Error {
  constructor(reason: string) {
    super(`not a causal token: ${reason}`)
    this.name = 'TokenError'
  }
}

const tokenVersion = 1
const checksumBytes = 4

/** Longer text is refused unread. */
export const maximumTokenCharacters = 16_384

export function encodeToken(vector: VersionVector): string {
  const writer = new ByteWriter(96)
  writer.byte(tokenVersion)
  writeVector(writer, vector)
  const sum = crc32(writer.view())
  for (let shift = 24; shift >= 0; shift -= 8) writer.byte((sum >>> shift) & 0xff)
  return encodeBase64url(writer.view())
}

/** Throws TokenError on anything that `encodeToken` does not write. */
export function decodeToken(text: string): VersionVector {
  if (text.length === 0) throw new TokenError('it is empty')
  if (text.length > maximumTokenCharacters)
    throw new TokenError(`it is longer than ${maximumTokenCharacters} characters`)
  const bytes = decodeBase64url(text)
  if (bytes === undefined) throw new TokenError('it is not base64url')
  if (bytes.length < 1 + checksumBytes) throw new TokenError('it is cut short')
  const content = bytes.subarray(0, bytes.length - checksumBytes)
  let expected = 0
  for (const byte of bytes.subarray(content.length)) expected = ((expected << 8) | byte) >>> 0
  if (crc32(content) !== expected)
    throw new TokenError('its checksum does not match, so it was cut or changed on the way')
  const reader = new ByteReader(content)
  const version = reader.byte()
  if (version !== tokenVersion)
    throw new TokenError(`its version is ${version}, and this node reads version ${tokenVersion}`)
  try {
    const vector = readVector(reader)
    reader.end('the version vector')
    return vector
  } catch (error) {
    throw new TokenError(error instanceof Error ? error.message : 'it cannot be read')
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  return remainder
})

/** CRC-32 as in gzip: finds every change within any 32 bits in a row. */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) sum = (crcTable[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8)
  return (sum ^ 0xffffffff) >>> 0
}
