// A lease as it lies in storage: one record, rewritten with each step, and an entry of its chain per key, written once. What is
// asked for is kept before a region hears of it, with the key that it will be bound to. Types, keys and reading; decides nothing.

import type { ClockReading, DeviceLease } from '@causeway/schema/stock/lease/device'
import type { SignedLeaseEntry } from '@causeway/schema/stock/lease/entry'
import type { QueuedCommand } from '../outbox/outbox.ts'
import {
  keysUnder,
  onlyKey,
  StorageError,
  type StorageWrite,
  type StoredEntry,
  type UserStorage,
} from '../storage/port.ts'
import type { DeviceKey } from './keys.ts'

/** Asked for, and not known to be lent. */
export interface AskedLease {
  readonly state: 'asked'
  readonly key: DeviceKey
  /** To be sent again, under the same key, where the queue has lost it. */
  readonly command: QueuedCommand
  readonly askedAt: ClockReading
}

export interface HeldLease {
  readonly state: 'held'
  readonly key: DeviceKey
  /** The name of its record: the id of the command that asked for it. */
  readonly askId: string
  readonly lease: DeviceLease
  /** Orders that were sold from it and have no outcome yet. */
  readonly waiting: readonly string[]
  /** Nothing more is sold from it; it is closed as soon as all its orders have their outcome. */
  readonly isClosing: boolean
  /** Covers the lending: a region that is asked about it first has to know it. */
  readonly token: string | null
}

export type LeaseRecord = AskedLease | HeldLease

type Stored = AskedLease | (Omit<HeldLease, 'lease'> & { readonly lease: Omit<DeviceLease, 'chain'> })

const recordPrefix = 'lease/'
const entryPrefix = 'lease-entry/'
const clockKey = 'lease-clock'
/** Of a number that sorts as text. */
const digits = 5

export function askIdOf(record: LeaseRecord): string {
  return record.state === 'asked' ? record.command.id : record.askId
}

/** What is to be written for `record`, where `known` of its chain is written already. */
export function putRecord(record: LeaseRecord, known: number): readonly StorageWrite[] {
  const askId = askIdOf(record)
  if (record.state === 'asked') return [{ put: recordPrefix + askId, value: JSON.stringify(record) }]
  const { chain, ...lease } = record.lease
  const stored: Stored = { ...record, lease }
  return [
    { put: recordPrefix + askId, value: JSON.stringify(stored) },
    ...chain.slice(known).map((entry, index) => ({
      put: `${entryPrefix}${askId}/${String(known + index + 1).padStart(digits, '0')}`,
      value: JSON.stringify(entry),
    })),
  ]
}

export function removeRecord(askId: string): readonly StorageWrite[] {
  return [{ remove: recordPrefix + askId }, { removeRange: keysUnder(`${entryPrefix}${askId}/`) }]
}

/** A region's time, and what the device's own clock showed then. */
export interface StoredClock {
  readonly regionMs: number
  readonly wallMs: number
}

export function putClock(clock: StoredClock): StorageWrite {
  return { put: clockKey, value: JSON.stringify(clock) }
}

export async function loadClock(storage: UserStorage): Promise<StoredClock | null> {
  const [stored] = await storage.load(onlyKey(clockKey))
  return stored === undefined ? null : parsed<StoredClock>(stored)
}

/** Everything lent to this user's device, in order of asking. Of a chain that `known` has the beginning of, the rest is read. */
export async function loadRecords(
  storage: UserStorage,
  known: ReadonlyMap<string, LeaseRecord>,
): Promise<ReadonlyMap<string, LeaseRecord>> {
  const records = new Map<string, LeaseRecord>()
  for (const stored of await storage.load(keysUnder(recordPrefix))) {
    const record = parsed<Stored>(stored)
    if (record.state === 'asked') records.set(record.command.id, record)
    else {
      const before = known.get(record.askId)
      const length = record.lease.last?.entry.number ?? 0
      const held = before?.state === 'held' ? before.lease.chain : []
      const chain = held.length === length ? held : await loadChain(storage, record.askId)
      if (chain.length !== length)
        throw new StorageError('UNREADABLE', `entries of lease ${record.lease.terms.id} are missing`)
      records.set(record.askId, { ...record, lease: { ...record.lease, chain } })
    }
  }
  return records
}

async function loadChain(storage: UserStorage, askId: string): Promise<readonly SignedLeaseEntry[]> {
  const stored = await storage.load(keysUnder(`${entryPrefix}${askId}/`))
  return stored.map((entry) => parsed<SignedLeaseEntry>(entry))
}

function parsed<Value>({ key, value }: StoredEntry): Value {
  if (typeof value !== 'string') throw new StorageError('UNREADABLE', `not a stored lease: ${key}`)
  return JSON.parse(value) as Value
}
