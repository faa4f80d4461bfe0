// One entry of a device's lease: cumulative counters that only the device writes, linked to the entry before by its hash
// and signed with the device's own key. Device and regions run this very code; hashing and signing are ports.

import * as z from 'zod'
import { ByteWriter, CodecError } from '../../commit/bytes.ts'
import { counted } from '../../counted.ts'
import { isCallerId } from '../../documents/ids.ts'
import { toHex } from '../../hex.ts'

/** `sale` counts units out for an order, `release` takes back what a refused order held, `close` ends the chain. */
export type LeaseStep = 'sale' | 'release' | 'close'

export interface LeaseEntry {
  readonly lease: string
  readonly sku: string
  /** Dense, from 1. */
  readonly number: number
  /** Hash of the entry before; empty for the first. */
  readonly previous: string
  readonly step: LeaseStep
  /** The device's time, milliseconds since the epoch; never before that of the entry before. */
  readonly at: number
  /** Units sold and units taken back since the lease began, this entry included. */
  readonly sold: number
  readonly released: number
  /** The order that a sale or a release is about; empty for `close`. */
  readonly order: string
}

/** As it travels: the exact text that was signed, and the signature in base64url. */
export interface SignedLeaseEntry {
  readonly payload: string
  readonly signature: string
}

/** What a region or device needs to check a chain. `publicKey` is 32 bytes of Ed25519 in base64url. */
export interface LeaseCheck {
  sha256(bytes: Uint8Array): Uint8Array
  verifyDevice(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean
}

/** Entries of one lease at most; a till that reaches it closes the lease and takes another one. */
export const maximumEntries = 1_000
export const maximumLeaseUnits = 1_000_000
const maximumPayloadCharacters = 1_000

const id = z.string().refine(isCallerId)
const count = z
  .int()
  .min(0)
  .max(maximumLeaseUnits * maximumEntries)
const payloadShape = z.strictObject({
  lease: id,
  sku: id,
  number: z.int().min(1).max(maximumEntries),
  previous: z.string().regex(/^(?:[0-9a-f]{64})?$/),
  step: z.enum(['sale', 'release', 'close']),
  at: z
    .int()
    .min(0)
    .max(2 ** 46),
  sold: count,
  released: count,
  order: z.union([id, z.literal('')]),
})

/** The one text of an entry. */
export function writeEntry(entry: LeaseEntry): string {
  const { lease, sku, number, previous, step, at, sold, released, order } = entry
  return JSON.stringify({ lease, sku, number, previous, step, at, sold, released, order })
}

/** Throws CodecError on anything but the one text of an entry. */
export function readEntry(payload: string): LeaseEntry {
  if (payload.length > maximumPayloadCharacters) throw malformed('it is too long')
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    throw malformed('it is no JSON')
  }
  const parsed = payloadShape.safeParse(value)
  if (!parsed.success) throw malformed(`${parsed.error.issues[0]?.path.join('.') ?? ''} is not as it should be`)
  const entry = parsed.data
  if (writeEntry(entry) !== payload) throw malformed('it is spelled in another way')
  if ((entry.step === 'close') !== (entry.order === ''))
    throw malformed('a sale or release names one order, a close none')
  if ((entry.number === 1) !== (entry.previous === '')) throw malformed('the first entry alone follows nothing')
  return entry
}

function malformed(reason: string): CodecError {
  return new CodecError('MALFORMED', `An entry of a lease cannot be read: ${reason}. See docs/PROTOCOL.md.`)
}

const domain = 'causeway lease entry 1\n'

/** What is signed: the payload under a name of its own, so that no other signature of the device can stand for it. */
export function signedBytes(payload: string): Uint8Array {
  const writer = new ByteWriter(512)
  writer.rawText(domain + payload)
  return writer.view()
}

/** Names an entry by its content; 64 hex digits. */
export function hashEntry(payload: string, sha256: LeaseCheck['sha256']): string {
  return toHex(sha256(signedBytes(payload)))
}

/** Null where `next` may stand behind `before` (null: at the beginning) in a lease of `units`; else why not. */
export function findEntryFlaw(before: LeaseEntry | null, next: LeaseEntry, units: number): string | null {
  const sold = next.sold - (before?.sold ?? 0)
  const released = next.released - (before?.released ?? 0)
  if (next.number !== (before?.number ?? 0) + 1) return 'its number does not follow'
  if (before?.step === 'close') return 'the chain has been closed before it'
  if (before !== null && next.at < before.at) return 'its time is before that of the entry before'
  if (next.step === 'sale' && (sold < 1 || released !== 0)) return 'a sale counts units sold and nothing else'
  if (next.step === 'release' && (released < 1 || sold !== 0))
    return 'a release counts units taken back and nothing else'
  if (next.step === 'close' && (sold !== 0 || released !== 0)) return 'a close counts nothing'
  if (next.released > next.sold) return 'more is taken back than was sold'
  if (next.sold - next.released > units) return `it sells more than the ${counted(units, 'unit')} of the lease`
  return null
}
