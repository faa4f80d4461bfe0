// Whose commits a region believes.

import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createCrypto, generateSigningKey, KeyError } from './crypto.ts'

const random = { bytes: (length: number) => new Uint8Array(length).fill(5) }
const us = generateSigningKey()
const eu = generateSigningKey()
const message = new TextEncoder().encode('a header')

function crypto(publicKeys: ReadonlyMap<string, readonly string[]> = new Map()) {
  return createCrypto({ region: 'us-east-1', privateKeyPem: us.privateKeyPem, publicKeys, random })
}

describe('the keys of regions', () => {
  it('C6: a region believes what another signed, once it holds the other’s public key', () => {
    const europe = createCrypto({ region: 'eu-west-1', privateKeyPem: eu.privateKeyPem, publicKeys: new Map(), random })
    const signature = europe.sign(message)
    expect(signature).toHaveLength(64)
    const america = crypto()
    expect(america.verify('eu-west-1', message, signature)).toBe(false)
    america.addPublicKey('eu-west-1', europe.publicKey)
    expect(america.verify('eu-west-1', message, signature)).toBe(true)
    expect(america.verify('us-east-1', message, signature)).toBe(false)
    expect(crypto(new Map([['eu-west-1', [eu.publicKey]]])).verify('eu-west-1', message, signature)).toBe(true)
  })

  it('C6: a region verifies its own commits without being told its own key', () => {
    const america = crypto()
    expect(america.publicKey).toBe(us.publicKey)
    expect(america.verify('us-east-1', message, america.sign(message))).toBe(true)
    expect(america.verify('us-east-1', message, new Uint8Array(64))).toBe(false)
    expect(america.verify('us-east-1', message, new Uint8Array(3))).toBe(false)
  })

  it('C6: a region that has changed its key is believed under each of them, in every incarnation, and under no other', () => {
    const newer = generateSigningKey()
    const america = crypto(new Map([['eu-west-1', [newer.publicKey, eu.publicKey]]]))
    for (const { privateKeyPem } of [eu, newer, eu]) {
      const signer = createCrypto({ region: 'eu-west-1', privateKeyPem, publicKeys: new Map(), random })
      expect(america.verify('eu-west-1@2', message, signer.sign(message))).toBe(true)
    }
    const { privateKeyPem } = generateSigningKey()
    const stranger = createCrypto({ region: 'eu-west-1', privateKeyPem, publicKeys: new Map(), random })
    expect(america.verify('eu-west-1', message, stranger.sign(message))).toBe(false)
    expect(america.publicKeys()['eu-west-1']?.toSorted()).toEqual([newer.publicKey, eu.publicKey].toSorted())
  })

  it('says whose key is wrong', () => {
    expect(() => crypto().addPublicKey('eu-west-1', 'AAAA')).toThrow('the public key of eu-west-1 is no Ed25519 key')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const spki = rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
    expect(() => crypto().addPublicKey('eu-west-1', spki)).toThrow(KeyError)
    expect(() => createCrypto({ region: 'us-east-1', privateKeyPem: 'no key', publicKeys: new Map(), random })).toThrow(
      'the signing key of us-east-1 is no Ed25519 private key in PEM',
    )
    expect(() => crypto(new Map([['us-east-1', [eu.publicKey]]]))).toThrow('belongs to its private key')
  })

  it('hashes as everyone does, and salts from the given randomness', () => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    expect(Buffer.from(crypto().sha256(new Uint8Array())).toString('hex')).toBe(empty)
    expect(crypto().salt()).toEqual(new Uint8Array(16).fill(5))
  })
})
