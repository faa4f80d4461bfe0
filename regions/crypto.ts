// The cryptography of commits on Node: SHA-256, and one Ed25519 key per origin. Knows no file, no peer and no cluster
// secret: who loads keys and who exchanges them is decided elsewhere.

import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject, sign, verify } from 'node:crypto'
import type { Origin } from '@causeway/schema/clock/origin'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import type { Random } from './ports.ts'

/** A key that cannot be used; `message` says whose and why. Configuration is wrong; retrying does not help. */
export class KeyError extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options)
    this.name = 'KeyError'
  }
}

export interface SigningKey {
  /** PKCS #8. */
  readonly privateKeyPem: string
  /** SPKI, base64. */
  readonly publicKey: string
}

export interface CryptoOptions {
  readonly origin: Origin
  readonly privateKeyPem: string
  /** SPKI, base64. The origin's own is derived from its private key. */
  readonly publicKeys: ReadonlyMap<Origin, string>
  /** Where salts come from. */
  readonly random: Pick<Random, 'bytes'>
}

export interface RegionCrypto extends CommitCrypto {
  /** Of this origin: SPKI, base64. */
  readonly publicKey: string
  /** Of every origin known so far, this one included. */
  publicKeys(): Readonly<Record<Origin, string>>
  /**
   * False where another key is known for the origin: the first one stands, for a key that could be replaced by telling
   * a new one would protect nothing. Throws KeyError where it is no Ed25519 key.
   */
  addPublicKey(origin: Origin, publicKey: string): boolean
}

interface PublicKey {
  readonly text: string
  readonly key: KeyObject
}

const saltBytes = 16

export function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: textOf(publicKey) }
}

/** Throws KeyError on a key that is no Ed25519 key. */
export function createCrypto(options: CryptoOptions): RegionCrypto {
  const privateKey = parsePrivateKey(options.origin, options.privateKeyPem)
  const ownKey = createPublicKey(privateKey)
  const known = new Map<Origin, PublicKey>([[options.origin, { text: textOf(ownKey), key: ownKey }]])

  const addPublicKey = (origin: Origin, publicKey: string): boolean => {
    const key = parsePublicKey(origin, publicKey)
    const text = textOf(key)
    const present = known.get(origin)
    if (present !== undefined) return present.text === text
    known.set(origin, { text, key })
    return true
  }

  for (const [origin, publicKey] of options.publicKeys) {
    if (!addPublicKey(origin, publicKey)) {
      throw new KeyError(`the public key configured for ${origin} does not belong to its private key`)
    }
  }
  return {
    publicKey: textOf(ownKey),
    publicKeys: () => Object.fromEntries([...known].map(([origin, { text }]) => [origin, text])),
    addPublicKey,
    sha256: (bytes) => hash('sha256', bytes, 'buffer'),
    salt: () => options.random.bytes(saltBytes),
    sign: (bytes) => sign(null, bytes, privateKey),
    verify(origin, bytes, signature) {
      const publicKey = known.get(origin)
      return publicKey !== undefined && verify(null, bytes, publicKey.key, signature)
    },
  }
}

function parsePrivateKey(origin: Origin, pem: string): KeyObject {
  try {
    return checkType(createPrivateKey(pem))
  } catch (cause) {
    throw new KeyError(`the signing key of ${origin} is no Ed25519 private key in PEM`, { cause })
  }
}

function parsePublicKey(origin: Origin, text: string): KeyObject {
  try {
    return checkType(createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' }))
  } catch (cause) {
    throw new KeyError(`the public key of ${origin} is no Ed25519 key in SPKI, base64`, { cause })
  }
}

function checkType(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`a key of type ${key.asymmetricKeyType}`)
  return key
}

function textOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
}
