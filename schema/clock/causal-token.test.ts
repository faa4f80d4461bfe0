// The text that a shop's app carries from region to region, so that it never sees less than it has seen.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, CodecError } from '../commit/bytes.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { decodeToken, encodeToken, maximumTokenCharacters, TokenError } from './causal-token.ts'
import { makeOrigin } from './origin.ts'
import { encodeVector, readVector } from './vector-codec.ts'
import type { VersionVector } from './version-vector.ts'

const origins = fc
  .tuple(fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/), fc.integer({ min: 1, max: 99 }))
  .map(([region, incarnation]) => makeOrigin(region, incarnation))

const vectors: fc.Arbitrary<VersionVector> = fc.dictionary(
  origins,
  fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.maxSafeNat().map((sequence) => Math.max(1, sequence)),
  ),
  { noNullPrototype: true, maxKeys: 8 },
)

describe('causal tokens', () => {
  it('carry what was seen, whole', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        expect(decodeToken(encodeToken(vector))).toEqual(vector)
      }),
    )
  })

  it('fit a header: three regions with a million events each take under 80 characters', () => {
    const token = encodeToken({ 'us-east-1': 1_000_000, 'eu-west-1': 1_000_000, 'ap-south-1': 1_000_000 })
    expect(token.length).toBeLessThan(80)
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  it('a token with any one character changed is refused', () => {
    fc.assert(
      fc.property(vectors, fc.nat(), fc.constantFrom(...'Aa0-_!= é'), (vector, place, character) => {
        const token = encodeToken(vector)
        const at = place % token.length
        fc.pre(token[at] !== character)
        expect(() => decodeToken(token.slice(0, at) + character + token.slice(at + 1))).toThrow(TokenError)
      }),
    )
  })

  it('a token that was cut is refused', () => {
    fc.assert(
      fc.property(vectors, fc.nat(), (vector, length) => {
        const token = encodeToken(vector)
        expect(() => decodeToken(token.slice(0, length % token.length))).toThrow(TokenError)
      }),
    )
  })

  it('says in words why it is refused', () => {
    expect(() => decodeToken('')).toThrow('not a causal token: it is empty')
    expect(() => decodeToken('a token')).toThrow('it is not base64url')
    expect(() => decodeToken('AQ')).toThrow('it is cut short')
    expect(() => decodeToken('AQAAAAAA')).toThrow('its checksum does not match')
    expect(() => decodeToken('A'.repeat(maximumTokenCharacters + 1))).toThrow('longer than 16384 characters')
  })

  it('a token of a later version is refused as such', () => {
    // Version 2, no origins, and the checksum of these two bytes.
    expect(() => decodeToken('AgBz73B9')).toThrow('its version is 2')
  })
})

describe('version vectors as bytes', () => {
  it('C6: equal vectors have equal bytes, however they were put together', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const reversed = Object.fromEntries(Object.entries(vector).reverse())
        expect(encodeVector({ ...reversed, absent: 0 })).toEqual(encodeVector(vector))
      }),
    )
  })

  it.each([
    ['an origin twice', [2, 1, 0x61, 1, 1, 0x61, 2]],
    ['origins out of order', [2, 1, 0x62, 1, 1, 0x61, 2]],
    ['sequence 0', [1, 1, 0x61, 0]],
    ['what is no origin', [1, 1, 0x41, 1]],
    ['more origins than bytes', [200, 1, 1, 0x61, 1]],
  ])('refuses %s', (_, bytes) => {
    expect(() => readVector(new ByteReader(Uint8Array.from(bytes)))).toThrow(CodecError)
  })

  it('refuses to write what is no origin', () => {
    expect(() => encodeVector({ 'EU West': 1 })).toThrow(CodecError)
  })
})

describe('base64url', () => {
  it('writes what other programs write, and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes)
      }),
    )
  })

  it.each(['A', 'AA=', 'AB', 'AAB', 'A+', 'A/', 'é0'])('refuses %j', (text) => {
    expect(decodeBase64url(text)).toBeUndefined()
  })
})
