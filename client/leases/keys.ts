// The device's own key pairs, one for each lease: a key that signs for one lease only can fork no other one. By the platform's
// WebCrypto; knows nothing of what is signed.

import { decodeBase64url, encodeBase64url } from '@causeway/schema/clock/base64url'
import { LeaseError } from './lease-error.ts'

export interface DeviceKey {
  /** 32 bytes of Ed25519 in base64url, as a region takes it. */
  readonly publicKey: string
  /** The private half (PKCS #8 in base64url): stays on the device. */
  readonly secret: string
}

export interface DeviceKeys {
  /** Throws LeaseError `UNSUPPORTED` where the platform has no Ed25519. */
  create(): Promise<DeviceKey>
  /** 64 bytes. */
  sign(secret: string, bytes: Uint8Array): Promise<Uint8Array>
  sha256(bytes: Uint8Array): Promise<Uint8Array>
}

const algorithm = 'Ed25519'

export const platformKeys: DeviceKeys = {
  async create() {
    // Pages that came over plain HTTP have no WebCrypto, older browsers no Ed25519.
    const pair = await globalThis.crypto?.subtle
      ?.generateKey(algorithm, true, ['sign', 'verify'])
      .catch(() => undefined)
    if (pair === undefined || !('privateKey' in pair))
      throw new LeaseError(
        'UNSUPPORTED',
        'this platform cannot sign (Ed25519 in WebCrypto, over HTTPS or on localhost)',
      )
    const { subtle } = globalThis.crypto
    const [publicKey, secret] = await Promise.all([
      subtle.exportKey('raw', pair.publicKey),
      subtle.exportKey('pkcs8', pair.privateKey),
    ])
    return { publicKey: encodeBase64url(new Uint8Array(publicKey)), secret: encodeBase64url(new Uint8Array(secret)) }
  },
  async sign(secret, bytes) {
    const { subtle } = globalThis.crypto
    const key = await subtle.importKey('pkcs8', owned(decodeBase64url(secret) ?? new Uint8Array()), algorithm, false, [
      'sign',
    ])
    return new Uint8Array(await subtle.sign(algorithm, key, owned(bytes)))
  },
  async sha256(bytes) {
    return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', owned(bytes)))
  },
}

/** WebCrypto takes no view of a buffer that pages may share. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
