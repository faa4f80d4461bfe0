// The cryptography of commits on Node: SHA-256, and Ed25519 keys per region. Knows no file, no peer and no cluster
// secret: who loads keys and who exchanges them is decided elsewhere.

import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import type { ClaimHash } from '@causeway/schema/documents/command'
import type { Operators } from '@causeway/schema/fence/order'
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
  readonly region: RegionId
  readonly privateKeyPem: string
  /** SPKI, base64; several where a region has changed its key. Where the region's own are given, its key must be one of them. */
  readonly publicKeys: ReadonlyMap<RegionId, readonly string[]>
  /** Whose orders it takes to retire a region; where left out, any member may. */
  readonly operators?: Operators | null
  /** Where salts come from. */
  readonly random: Pick<Random, 'bytes'>
}

export interface RegionCrypto extends CommitCrypto {
  /** That of the private key: SPKI, base64. */
  readonly publicKey: string
  /** Of every region known so far, this one included. */
  publicKeys(): Readonly<Record<RegionId, readonly string[]>>
  /** One more key of a region: what any of its keys has signed verifies. Throws KeyError where it is no Ed25519 key. */
  addPublicKey(region: RegionId, publicKey: string): void
}

interface PublicKey {
  readonly text: string
  readonly key: KeyObject
}

const saltBytes = 16
const digestBytes = 32

/** By way of a text: Node makes one in half the time that it takes to make the bytes itself, and a commit is hashed two dozen times. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary')
  const digest = new Uint8Array(digestBytes)
  for (let index = 0; index < digestBytes; index++) digest[index] = text.charCodeAt(index)
  return digest
}

export function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: textOf(publicKey) }
}

/** Throws KeyError on a key that is no Ed25519 key. */
export function createCrypto(options: CryptoOptions): RegionCrypto {
  const { region, publicKeys: given } = options
  const privateKey = parsePrivateKey(region, options.privateKeyPem)
  const ownKey = createPublicKey(privateKey)
  const known = new Map<RegionId, PublicKey[]>()

  const addPublicKey = (of: RegionId, publicKey: string): void => {
    const key = parsePublicKey(of, publicKey)
    const text = textOf(key)
    const present = known.get(of) ?? []
    if (!present.some((one) => one.text === text)) known.set(of, [...present, { text, key }])
  }

  for (const [of, keys] of given) for (const publicKey of keys) addPublicKey(of, publicKey)
  const isListed = known.get(region)?.some(({ text }) => text === textOf(ownKey))
  if (isListed === false) {
    throw new KeyError(`none of the public keys configured for ${region} belongs to its private key`)
  }
  addPublicKey(region, textOf(ownKey))
  return {
    publicKey: textOf(ownKey),
    publicKeys: () => Object.fromEntries([...known].map(([of, keys]) => [of, keys.map(({ text }) => text)])),
    addPublicKey,
    sha256,
    salt: () => options.random.bytes(saltBytes),
    sign: (bytes) => sign(null, bytes, privateKey),
    verify(origin, bytes, signature) {
      const keys = known.get(regionOf(origin)) ?? []
      const index = keys.findIndex(({ key }) => verify(null, bytes, key, signature))
      const [used] = keys.splice(index, index < 0 ? 0 : 1)
      // The next commit is most likely signed by the same one.
      if (used !== undefined) keys.unshift(used)
      return used !== undefined
    },
    verifyDevice,
    operators: options.operators ?? null,
  }
}

/** Of what is claimed everywhere and held at home alone (schema/documents/claims). Whoever has the key can look for a text. */
export function createClaimHash(key: string): ClaimHash {
  return (text) => createHmac('sha256', key).update(text).digest('hex')
}

/** No address is written so. */
const fingerprinted = 'fingerprint of the claim key'
const fingerprintCharacters = 16

/** Tells two keys apart, and neither of them to anybody. */
export function fingerprintOf(claimHash: ClaimHash): string {
  return claimHash(fingerprinted).slice(0, fingerprintCharacters)
}

/** The fixed beginning of an Ed25519 public key in SPKI. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

function verifyDevice(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  const raw = Buffer.from(publicKey, 'base64url')
  if (raw.length !== 32) return false
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
  return verify(null, bytes, key, signature)
}

/** `owner`: for the words of the KeyError. */
export function parsePrivateKey(owner: string, pem: string): KeyObject {
  try {
    return checkType(createPrivateKey(pem))
  } catch (cause) {
    throw new KeyError(`the signing key of ${owner} is no Ed25519 private key in PEM`, { cause })
  }
}

export function parsePublicKey(owner: string, text: string): KeyObject {
  try {
    return checkType(createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' }))
  } catch (cause) {
    throw new KeyError(`the public key of ${owner} is no Ed25519 key in SPKI, base64`, { cause })
  }
}

function checkType(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`a key of type ${key.asymmetricKeyType}`)
  return key
}

/** SPKI, base64. */
export function textOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
}
