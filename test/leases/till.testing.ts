// A till for tests: a device with a real key that sells from leases by the code that apps run, and tells regions by the API.

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  appendEntry,
  beginLease,
  type DeviceLease,
  draftClose,
  draftRelease,
  draftSale,
  entriesFrom,
  type LeaseDraft,
  type LeaseRefusal,
} from '@causeway/schema/stock/lease/device'
import { hashEntry } from '@causeway/schema/stock/lease/entry'

export const leaseStock = `mutation ($input: LeaseStockInput!) {
  leaseStock(input: $input) { lease { id deviceId sku quantity sold opensAt expiresAt closed } causalToken userErrors { code message field } }
}`
export const closeLease = `mutation ($input: CloseLeaseInput!) {
  closeLease(input: $input) { lease { id sold closed lastEntry } causalToken userErrors { code message leaseEntry } }
}`
export const placeOrder = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id lines { sku quantity } } causalToken userErrors { code message field leaseEntry } }
}`

export interface LentStock {
  readonly id: string
  readonly sku: string
  readonly quantity: number
  readonly opensAt: string
  readonly expiresAt: string
}

export class Till {
  readonly deviceId: string
  readonly publicKey: string
  readonly #privateKey: KeyObject
  #lease: DeviceLease | null = null

  constructor(deviceId: string, keys = generateKeyPairSync('ed25519')) {
    this.deviceId = deviceId
    this.#privateKey = keys.privateKey
    this.publicKey = String(keys.publicKey.export({ format: 'jwk' }).x)
  }

  take({ id, sku, quantity: units, opensAt, expiresAt }: LentStock): void {
    const terms = { id, sku, units, opensAt: Date.parse(opensAt), expiresAt: Date.parse(expiresAt) }
    this.#lease = beginLease(terms, terms.opensAt, reading())
  }

  get lease(): DeviceLease {
    if (this.#lease === null) throw new Error('no lease was taken')
    return this.#lease
  }

  sell(order: string, units: number): void {
    this.#append(draftSale(this.lease, { order, units }, reading()))
  }

  takeBack(order: string): void {
    this.#append(draftRelease(this.lease, order, reading()))
  }

  close(): void {
    this.#append(draftClose(this.lease, reading()))
  }

  /** As after its storage was put back from an older copy. */
  restore(lease: DeviceLease): void {
    this.#lease = lease
  }

  chain(from = 1) {
    return { id: this.lease.terms.id, entries: entriesFrom(this.lease, from) }
  }

  /** The order of what was sold for it, with the chain from an entry on. */
  order(id: string, from = 1) {
    const lines = [{ sku: this.lease.terms.sku, quantity: this.lease.orders[id] ?? 0 }]
    return { id, lines, leases: [this.chain(from)] }
  }

  #append(drafted: LeaseDraft | LeaseRefusal): void {
    if ('refused' in drafted) throw new Error(drafted.message)
    const signature = sign(null, drafted.bytes, this.#privateKey).toString('base64url')
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
    this.#lease = appendEntry(this.lease, drafted, signature, hashEntry(drafted.payload, sha256))
  }
}

function reading() {
  return { wallMs: Date.now(), uptimeMs: performance.now(), boot: 'test' }
}
