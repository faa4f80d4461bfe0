// Seals and opens single values by AES-GCM with a key that the app gives. A value is bound to its key's name: one that was
// copied to another place does not open. Knows no storage.

import { platformRandom } from '../../ports.ts'
import { StorageError, type StoredValue } from '../port.ts'

/** 16 or 32 secret bytes (AES-128, AES-256), or a CryptoKey for AES-GCM that may encrypt and decrypt. */
export type EncryptionKey = Uint8Array | CryptoKey

const algorithm = 'AES-GCM'
const formatVersion = 1
/** A fresh one per value, random: 2^32 values under one key keep a repetition below one in 2^32. */
const nonceBytes = 12
const kinds = { text: 0, bytes: 1 } as const

export class Sealer {
  readonly #key: CryptoKey

  private constructor(key: CryptoKey) {
    this.#key = key
  }

  static async with(key: EncryptionKey): Promise<Sealer> {
    if (globalThis.crypto?.subtle === undefined)
      throw new StorageError('FAILED', 'no WebCrypto here: a page has it only over https or from localhost')
    if (!(key instanceof Uint8Array)) return new Sealer(key)
    if (key.length !== 16 && key.length !== 32)
      throw new StorageError('FAILED', `an encryption key of ${key.length} bytes: 16 or 32`)
    const usages: KeyUsage[] = ['encrypt', 'decrypt']
    return new Sealer(await crypto.subtle.importKey('raw', Uint8Array.from(key), algorithm, false, usages))
  }

  /** Format, nonce, ciphertext with tag; within, whether it is text and the value. */
  async seal(place: string, value: StoredValue): Promise<Uint8Array> {
    const isText = typeof value === 'string'
    const body = typeof value === 'string' ? new TextEncoder().encode(value) : value
    const plain = new Uint8Array(1 + body.length)
    plain[0] = isText ? kinds.text : kinds.bytes
    plain.set(body, 1)
    const nonce = platformRandom(nonceBytes)
    const sealed = new Uint8Array(await crypto.subtle.encrypt(this.#parameters(place, nonce), this.#key, plain))
    const whole = new Uint8Array(1 + nonceBytes + sealed.length)
    whole[0] = formatVersion
    whole.set(nonce, 1)
    whole.set(sealed, 1 + nonceBytes)
    return whole
  }

  /** Rejects with UNREADABLE where the key is another, or the value was changed, moved or never sealed. */
  async open(place: string, value: StoredValue): Promise<StoredValue> {
    if (typeof value === 'string' || value.length < 1 + nonceBytes || value[0] !== formatVersion)
      throw new StorageError('UNREADABLE', `${place} is not encrypted in this format`)
    const own = Uint8Array.from(value)
    const nonce = own.subarray(1, 1 + nonceBytes)
    const plain = await crypto.subtle
      .decrypt(this.#parameters(place, nonce), this.#key, own.subarray(1 + nonceBytes))
      .catch((error: unknown) => {
        throw new StorageError('UNREADABLE', `${place} was encrypted with another key, or changed since`, error)
      })
    const body = new Uint8Array(plain, 1)
    return new Uint8Array(plain)[0] === kinds.text
      ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
      : body.slice()
  }

  #parameters(place: string, nonce: Uint8Array<ArrayBuffer>): AesGcmParams {
    return { name: algorithm, iv: nonce, additionalData: new TextEncoder().encode(place) }
  }
}
