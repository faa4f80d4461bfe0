// The facts of a lease: who lent what to which device, what of the device's chain is known, and how it came to an end.
// Everything about a lease follows from the set of them, in whatever order they came. Knows nothing of what follows.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { Origin, RegionId } from '../../clock/origin.ts'
import type { DocumentState } from '../document.ts'
import { factRegisters } from '../facts.ts'
import { compareText, compareWritten } from '../register.ts'

/** One origin has lent units of its rights. A command answered in two regions lends twice: the earliest stands. */
export type OpenedFact = {
  readonly id: string
  readonly kind: 'opened'
  readonly origin: Origin
  readonly deviceId: string
  readonly sku: string
  readonly units: number
  /** 32 bytes of Ed25519 in base64url; null: no device can sell from it offline, so nothing can be out. */
  readonly publicKey: string | null
  /** Milliseconds since the epoch. */
  readonly opensAt: number
  readonly expiresAt: number
}

/** A link of the device's chain, as the device signed it, under the key that verifies it. */
export type EntryFact = {
  readonly id: string
  readonly kind: 'entry'
  readonly origin: Origin
  readonly publicKey: string
  readonly payload: string
  readonly signature: string
}

/** The lease is ended without the device: nothing more of its chain is taken by whoever knows this. */
export type EndedFact = {
  readonly id: string
  readonly kind: 'ended'
  readonly origin: Origin
  readonly note: string | null
}

/** An origin has taken units of the lease back to its own row, in the same commit. */
export type ReturnedFact = {
  readonly id: string
  readonly kind: 'returned'
  readonly origin: Origin
  /** Who had lent them; left out where it was the origin itself (S7: what a fenced origin had lent is taken over). */
  readonly holder?: Origin
  readonly units: number
}

export type LeaseFact = OpenedFact | EntryFact | EndedFact | ReturnedFact

export interface LeaseRecord<Fact extends LeaseFact = LeaseFact> {
  readonly fact: Fact
  readonly time: HybridTime
  readonly region: RegionId
}

export function openedId(origin: Origin): string {
  return `opened:${origin}`
}

export function endedId(origin: Origin): string {
  return `ended:${origin}`
}

/** Content names an entry, so that two regions that take it write the same fact. */
export function entryId(number: number, hash: string): string {
  return `entry:${number}:${hash}`
}

/** Why an origin takes units back: its opening lost to an earlier one, or the lease has ended. */
export type ReturnReason = 'duplicate' | 'ended'

export function returnedId(holder: Origin, reason: ReturnReason): string {
  return `returned:${holder}:${reason}`
}

/** Every fact in its one order: by time, region and id. */
export function readLeaseFacts(state: DocumentState): readonly LeaseRecord[] {
  return factRegisters(state)
    .map(({ value, time, region }) => ({ fact: value as unknown as LeaseFact, time, region }))
    .sort((left, right) => compareWritten(left, right) || compareText(left.fact.id, right.fact.id))
}

export function isOf<Kind extends LeaseFact['kind']>(
  record: LeaseRecord,
  kind: Kind,
): record is LeaseRecord<Extract<LeaseFact, { kind: Kind }>> {
  return record.fact.kind === kind
}
