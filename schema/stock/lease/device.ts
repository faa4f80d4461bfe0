// The device's side of a lease: what it may still sell, the next entry to sign, and which time it believes. Pure and
// synchronous; hashing, signing and storing are the caller's, in that order, and nothing counts before it is stored.

import { counted, plural } from '../../counted.ts'
import { type LeaseEntry, type SignedLeaseEntry, signedBytes, writeEntry } from './entry.ts'

/** What a region has lent, as it answered `leaseStock`. Times in milliseconds since the epoch. */
export interface LeaseTerms {
  readonly id: string
  readonly sku: string
  readonly units: number
  readonly opensAt: number
  readonly expiresAt: number
}

/**
 * A look at the device's clocks. `uptimeMs` never runs back within one `boot` (a name for the time since the device or the
 * app started); `wallMs` is what the user can set.
 */
export interface ClockReading {
  readonly wallMs: number
  readonly uptimeMs: number
  readonly boot: string
}

/** A time that is believed, and where the device's clocks stood then. */
type BelievedTime = ClockReading & { readonly atMs: number }

export interface DeviceLease {
  readonly terms: LeaseTerms
  readonly chain: readonly SignedLeaseEntry[]
  readonly last: { readonly entry: LeaseEntry; readonly hash: string } | null
  /** Units by order that were sold and not taken back. */
  readonly orders: Readonly<Record<string, number>>
  /** Entries up to this number are known to a region. */
  readonly confirmed: number
  readonly time: BelievedTime
}

/** How far the uptime clock may drift over a lease; sales stop by so much before it expires. */
export const driftMs = 60_000
/** Sales use the first half of a chain, so that each can be taken back and the chain be closed. */
export const maximumSales = 500

export type LeaseRefusalCode =
  | 'LEASE_EXPIRED'
  | 'OUT_OF_STOCK'
  | 'LIMIT_EXCEEDED'
  | 'CLOSED'
  | 'CLOCK_SET_BACK'
  | 'INVALID'

export interface LeaseRefusal {
  readonly refused: LeaseRefusalCode
  readonly message: string
}

/** An entry that is to be signed: `bytes` are what the signature is over. */
export interface LeaseDraft {
  readonly entry: LeaseEntry
  readonly payload: string
  readonly bytes: Uint8Array
  readonly time: BelievedTime
}

/** `regionMs`: the region's time when it answered. */
export function beginLease(terms: LeaseTerms, regionMs: number, reading: ClockReading): DeviceLease {
  return { terms, chain: [], last: null, orders: {}, confirmed: 0, time: { ...reading, atMs: regionMs } }
}

/** At every sync: the region's time is worth more than what the device made of its own clocks. */
export function anchorTime(lease: DeviceLease, regionMs: number, reading: ClockReading): DeviceLease {
  return { ...lease, time: { ...reading, atMs: regionMs } }
}

/**
 * The time to go by; null where the clock was set back and only a sync can tell. While the device runs, the wall clock is
 * not looked at: setting it changes nothing. Over a restart its step is all there is, and is believed unless it runs back;
 * however wrong it is otherwise does not count.
 */
export function believedTime({ time, last }: DeviceLease, { wallMs, uptimeMs, boot }: ClockReading): number | null {
  const floor = last?.entry.at ?? 0
  if (boot === time.boot) return Math.max(floor, time.atMs + Math.max(0, uptimeMs - time.uptimeMs))
  if (wallMs < time.wallMs) return null
  return Math.max(floor, time.atMs + (wallMs - time.wallMs))
}

export function unitsLeft({ terms, last }: DeviceLease): number {
  return terms.units - (last?.entry.sold ?? 0) + (last?.entry.released ?? 0)
}

export function draftSale(
  lease: DeviceLease,
  { order, units }: { readonly order: string; readonly units: number },
  reading: ClockReading,
): LeaseDraft | LeaseRefusal {
  const { terms, last } = lease
  const now = believedTime(lease, reading)
  if (last?.entry.step === 'close') return refuse('CLOSED', `Lease ${terms.id} has been closed.`)
  if (now === null)
    return refuse('CLOCK_SET_BACK', 'The clock of this device was set back: connect once to go on selling.')
  if (now >= terms.expiresAt - driftMs)
    return refuse('LEASE_EXPIRED', `Lease ${terms.id} has expired: take another one.`)
  if ((last?.entry.number ?? 0) >= maximumSales)
    return refuse('LIMIT_EXCEEDED', `Lease ${terms.id} has ${maximumSales} entries: close it and take another one.`)
  if (!Number.isSafeInteger(units) || units < 1) return refuse('INVALID', 'Sell at least one unit.')
  const left = unitsLeft(lease)
  if (units > left)
    return refuse(
      'OUT_OF_STOCK',
      `${counted(left, 'unit')} of ${terms.sku} ${plural(left, 'is', 'are')} left in lease ${terms.id}.`,
    )
  return draft(lease, { step: 'sale', order, sold: units, released: 0 }, now, reading)
}

/** Takes back what an order holds that every region has refused for good. */
export function draftRelease(lease: DeviceLease, order: string, reading: ClockReading): LeaseDraft | LeaseRefusal {
  const { terms, last, orders } = lease
  const units = Object.hasOwn(orders, order) ? (orders[order] ?? 0) : 0
  if (last?.entry.step === 'close') return refuse('CLOSED', `Lease ${terms.id} has been closed.`)
  if (units === 0) return refuse('INVALID', `Order ${order} holds nothing of lease ${terms.id}.`)
  return draft(lease, { step: 'release', order, sold: 0, released: units }, timeOrFloor(lease, reading), reading)
}

/** Says that nothing more will be sold: what is left goes back. */
export function draftClose(lease: DeviceLease, reading: ClockReading): LeaseDraft | LeaseRefusal {
  if (lease.last?.entry.step === 'close') return refuse('CLOSED', `Lease ${lease.terms.id} has been closed.`)
  return draft(lease, { step: 'close', order: '', sold: 0, released: 0 }, timeOrFloor(lease, reading), reading)
}

/** The lease with the signed draft; `hash` is `hashEntry` of its payload. Store it before anybody is told of the sale. */
export function appendEntry(lease: DeviceLease, signed: LeaseDraft, signature: string, hash: string): DeviceLease {
  const { entry, payload, time } = signed
  const { step, order } = entry
  const before = lease.orders[order] ?? 0
  const growth = entry.sold - (lease.last?.entry.sold ?? 0) - (entry.released - (lease.last?.entry.released ?? 0))
  return {
    ...lease,
    chain: [...lease.chain, { payload, signature }],
    last: { entry, hash },
    orders: step === 'close' ? lease.orders : { ...lease.orders, [order]: before + growth },
    time,
  }
}

/** A region is known to hold the chain up to this number. */
export function confirmEntries(lease: DeviceLease, number: number): DeviceLease {
  return number <= lease.confirmed ? lease : { ...lease, confirmed: Math.min(number, lease.chain.length) }
}

/** What to send along: all that no region is known to hold, or from a number that a region has asked for. */
export function entriesFrom({ chain, confirmed }: DeviceLease, from = confirmed + 1): readonly SignedLeaseEntry[] {
  const pending = chain.slice(Math.max(0, from - 1))
  return pending.length > 0 ? pending : chain.slice(-1)
}

function timeOrFloor(lease: DeviceLease, reading: ClockReading): number {
  return believedTime(lease, reading) ?? Math.max(lease.last?.entry.at ?? 0, lease.time.atMs)
}

function draft(
  { terms, last }: DeviceLease,
  step: Pick<LeaseEntry, 'step' | 'order' | 'sold' | 'released'>,
  now: number,
  reading: ClockReading,
): LeaseDraft {
  const entry: LeaseEntry = {
    lease: terms.id,
    sku: terms.sku,
    number: (last?.entry.number ?? 0) + 1,
    previous: last?.hash ?? '',
    step: step.step,
    at: Math.max(Math.floor(now), last?.entry.at ?? 0),
    sold: (last?.entry.sold ?? 0) + step.sold,
    released: (last?.entry.released ?? 0) + step.released,
    order: step.order,
  }
  const payload = writeEntry(entry)
  return { entry, payload, bytes: signedBytes(payload), time: { ...reading, atMs: now } }
}

function refuse(refused: LeaseRefusalCode, message: string): LeaseRefusal {
  return { refused, message }
}
