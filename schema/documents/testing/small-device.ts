// A device for tests that sells from leases by the code that apps run. Its signatures stand for real ones where nobody
// breaks a cipher: they differ by key and by bytes. Its clocks are what the test says.

import { encodeBase64url } from '../../clock/base64url.ts'
import {
  appendEntry,
  beginLease,
  type ClockReading,
  type DeviceLease,
  draftClose,
  draftRelease,
  draftSale,
  entriesFrom,
  type LeaseDraft,
  type LeaseRefusal,
} from '../../stock/lease/device.ts'
import { hashEntry, type LeaseCheck, type SignedLeaseEntry } from '../../stock/lease/entry.ts'
import type { LeaseView } from '../lease/kind.ts'

/** Eight rounds of FNV-1a, each with its own seed: 32 bytes that differ where the input does. */
function mix(bytes: Uint8Array): Uint8Array {
  const hash = new Uint8Array(32)
  for (let round = 0; round < 8; round++) {
    let value = (0x811c9dc5 ^ (round * 0x9e3779b1)) >>> 0
    for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193) >>> 0
    for (let index = 0; index < 4; index++) hash[4 * round + index] = (value >>> (8 * index)) & 0xff
  }
  return hash
}

/** What `smallCheck` takes for the signature of who has the key. */
export function smallSignature(publicKey: string, bytes: Uint8Array): Uint8Array {
  const keyed = new Uint8Array(publicKey.length + bytes.length)
  for (let index = 0; index < publicKey.length; index++) keyed[index] = publicKey.charCodeAt(index)
  keyed.set(bytes, publicKey.length)
  const signature = new Uint8Array(64)
  signature.set(mix(keyed))
  signature.set(mix(signature.slice(0, 32)), 32)
  return signature
}

export const smallCheck: LeaseCheck = {
  sha256: mix,
  verifyDevice: (publicKey, bytes, signature) =>
    smallSignature(publicKey, bytes).every((byte, index) => byte === signature[index]),
}

/** A key of its own for every device name; in the shape of a real one. */
export function smallKey(device: string): string {
  const name = Uint8Array.from(device, (character) => character.charCodeAt(0))
  return encodeBase64url(mix(name))
}

export class SmallDevice {
  readonly publicKey: string
  lease: DeviceLease
  reading: ClockReading

  readonly #sha256: LeaseCheck['sha256']

  private constructor(publicKey: string, lease: DeviceLease, reading: ClockReading, sha256: LeaseCheck['sha256']) {
    this.publicKey = publicKey
    this.lease = lease
    this.reading = reading
    this.#sha256 = sha256
  }

  /** Takes over a lease that was just opened; `sha256` is that of the regions it will tell. */
  static of(
    name: string,
    view: Pick<LeaseView, 'id' | 'sku' | 'quantity' | 'opensAt' | 'expiresAt'>,
    sha256: LeaseCheck['sha256'] = mix,
  ): SmallDevice {
    const { id, sku, quantity: units, opensAt, expiresAt } = view
    const reading = { wallMs: opensAt, uptimeMs: 0, boot: 'first' }
    const lease = beginLease({ id, sku, units, opensAt, expiresAt }, opensAt, reading)
    return new SmallDevice(smallKey(name), lease, reading, sha256)
  }

  sell(order: string, units: number): LeaseRefusal | null {
    return this.#take(draftSale(this.lease, { order, units }, this.reading))
  }

  takeBack(order: string): LeaseRefusal | null {
    return this.#take(draftRelease(this.lease, order, this.reading))
  }

  close(): LeaseRefusal | null {
    return this.#take(draftClose(this.lease, this.reading))
  }

  passes(ms: number): void {
    const { wallMs, uptimeMs, boot } = this.reading
    this.reading = { wallMs: wallMs + ms, uptimeMs: uptimeMs + ms, boot }
  }

  /** The whole chain, or from a number on, as the API takes it. */
  chain(from = 1): { readonly id: string; readonly entries: readonly SignedLeaseEntry[] } {
    return { id: this.lease.terms.id, entries: entriesFrom(this.lease, from) }
  }

  /** The device as it would be on a copy of its storage. */
  clone(): SmallDevice {
    return new SmallDevice(this.publicKey, this.lease, this.reading, this.#sha256)
  }

  #take(drafted: LeaseDraft | LeaseRefusal): LeaseRefusal | null {
    if ('refused' in drafted) return drafted
    const signature = encodeBase64url(smallSignature(this.publicKey, drafted.bytes))
    this.lease = appendEntry(this.lease, drafted, signature, hashEntry(drafted.payload, this.#sha256))
    return null
  }
}
