// What an outcome of the outbox means for the leases of the device. Pure: says what to do to which record; signing, storing and
// the clock are the book's.

import { beginLease, type ClockReading, confirmEntries, type DeviceLease } from '@causeway/schema/stock/lease/device'
import { asRecord } from '../answer.ts'
import type { OutboxEntry, Outcome, QueuedCommand } from '../outbox/outbox.ts'
import { drawsOf, type LeaseDraw } from './draw.ts'
import type { AskedLease, HeldLease, LeaseRecord } from './record.ts'

export type Settled = Extract<OutboxEntry, { state: 'settled' }>

/** Whether it is about a lease, and so has to be stored together with what it means for it. */
export function concernsLeases(entry: OutboxEntry): entry is Settled {
  if (entry.state !== 'settled') return false
  const { command } = entry
  return command.name === 'leaseStock' || command.name === 'closeLease' || drawsOf(command).length > 0
}

/** A region takes nothing more of this chain, or knows nothing of the lease: then it is of no use any more. */
function endsLease(outcome: Outcome): boolean {
  return outcome.status === 'refused' && (outcome.field?.[0] === 'leases' || outcome.code === 'LEASE_UNKNOWN')
}

/** A region said of this close that there is nothing left to close. */
const isOver = new Set(['LEASE_EXPIRED', 'NOT_FOUND', 'LEASE_UNKNOWN'])

/** Null: the record goes. `timeOf`: the region's time and the device's clocks now, for a lease that was asked for then. */
export function afterLending(
  asked: AskedLease,
  outcome: Outcome,
  timeOf: (askedAt: ClockReading, opensAt: number) => { readonly regionMs: number; readonly reading: ClockReading },
): HeldLease | null {
  if (outcome.status === 'refused') return null
  const lent = asRecord(outcome.data.lease)
  if (lent === null) return null
  const [opensAt, expiresAt] = [Date.parse(String(lent.opensAt)), Date.parse(String(lent.expiresAt))]
  const terms = { id: String(lent.id), sku: String(lent.sku), units: Number(lent.quantity), opensAt, expiresAt }
  const { regionMs, reading } = timeOf(asked.askedAt, opensAt)
  const lease = beginLease(terms, regionMs, reading)
  const { key, command } = asked
  return { state: 'held', key, askId: command.id, lease, waiting: [], isClosing: false, token: outcome.token }
}

/** `release`: the refused order holds units, which are to be taken back. */
export function afterOrder(
  held: HeldLease,
  order: string,
  draw: LeaseDraw,
  outcome: Outcome,
): { readonly record: HeldLease; readonly release: boolean } {
  const waiting = held.waiting.filter((id) => id !== order)
  if (outcome.status === 'accepted')
    return { record: { ...held, waiting, lease: confirmEntries(held.lease, draw.upTo) }, release: false }
  const isClosing = held.isClosing || endsLease(outcome)
  return { record: { ...held, waiting, isClosing }, release: (held.lease.orders[order] ?? 0) > 0 }
}

/** Null: the record goes. Where a close was refused for another reason the app may close again. */
export function afterClose(held: HeldLease, outcome: Outcome): HeldLease | null {
  if (outcome.status === 'accepted' || isOver.has(outcome.code)) return null
  return held
}

/** Everything of it has been decided: what is left may go back. */
export function canClose({ isClosing, lease, waiting }: HeldLease): boolean {
  return isClosing && !isClosed(lease) && waiting.length === 0
}

export function isClosed({ last }: DeviceLease): boolean {
  return last?.entry.step === 'close'
}

export function heldById(records: ReadonlyMap<string, LeaseRecord>, id: string): HeldLease | undefined {
  for (const record of records.values()) if (record.state === 'held' && record.lease.terms.id === id) return record
  return undefined
}

export function orderIdOf({ input }: Pick<QueuedCommand, 'input'>): string {
  return 'id' in input ? String(input.id) : ''
}
