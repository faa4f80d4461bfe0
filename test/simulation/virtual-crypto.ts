// The crypto port of the simulation: hashes as in production, signatures that cost one more hash instead of a curve.
// Nobody in the simulation forges by breaking a cipher, so what a signature must do is differ by signer and by bytes.

import { sha256 } from '@causeway/regions/crypto'
import type { NodeCrypto } from '@causeway/regions/node-options'
import type { Random } from '@causeway/regions/ports'
import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { smallCheck } from '@causeway/schema/documents/testing/small-device'
import { remembered } from '@causeway/schema/remembered'

/** What stands for a region's public key. */
export function virtualKeyOf(region: RegionId): string {
  return `key of ${region}`
}

export function createVirtualCrypto(region: RegionId, random: Pick<Random, 'bytes'>): NodeCrypto {
  return {
    sha256,
    salt: () => random.bytes(16),
    sign: (bytes) => signatureOf(region, bytes),
    verify: (origin, bytes, signature) => Buffer.compare(signatureOf(regionOf(origin), bytes), signature) === 0,
    verifyDevice: smallCheck.verifyDevice,
    addPublicKey: () => {},
    operators: null,
  }
}

/** Every region that gets a commit, over either line, has the same bytes of its header. */
const digestOf = remembered(sha256)

function signatureOf(region: RegionId, bytes: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64)
  signature.set(digestOf(bytes), 0)
  signature.set(Buffer.from(region).subarray(0, 32), 32)
  return signature
}
