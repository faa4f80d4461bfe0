// Takes what a device brings of its chain: which entries are new here, whether they follow, are signed, and lie within the
// lease's time. Overlaps are nothing new; a gap is asked for; a second entry at one number is kept as proof of a fork, with
// its sale where the lease still holds the units. Pure; every region comes to the same answer from the same facts.

import * as z from 'zod'
import { decodeBase64url } from '../../clock/base64url.ts'
import { CodecError } from '../../commit/bytes.ts'
import { counted } from '../../counted.ts'
import {
  findEntryFlaw,
  hashEntry,
  type LeaseCheck,
  type LeaseEntry,
  maximumEntries,
  readEntry,
  type SignedLeaseEntry,
  signedBytes,
} from '../../stock/lease/entry.ts'
import type { CommandContext, CommitPlace, UserError } from '../command.ts'
import { idInput } from '../parsing.ts'
import { type EntryFact, entryId, type LeaseRecord } from './facts.ts'
import { foldLease, type LeaseFold } from './fold.ts'

/** How far an entry's time may lie outside of the lease: clocks of devices and regions differ by less. */
export const leaseSkewMs = 120_000

export interface OfferedEntry extends SignedLeaseEntry {
  readonly entry: LeaseEntry
}

const entryInput = z.transform((value: unknown, context): OfferedEntry => {
  const { payload, signature } = (value ?? {}) as { readonly payload?: unknown; readonly signature?: unknown }
  const fail = (message: string) => {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  if (typeof payload !== 'string' || typeof signature !== 'string') return fail('Give payload and signature.')
  try {
    return { payload, signature, entry: readEntry(payload) }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return fail(error.message)
  }
})

/** The chain of one lease, or the part of it that may be new. */
export const chainInput = z
  .object({
    id: idInput,
    entries: z
      .array(entryInput)
      .min(1, 'Give at least one entry.')
      .max(maximumEntries, `A lease has up to ${maximumEntries} entries.`),
  })
  .refine(({ id, entries }) => entries.every(({ entry }) => entry.lease === id), {
    error: 'Give entries of this lease alone.',
    path: ['entries'],
  })

export type ChainInput = z.infer<typeof chainInput>

interface Uncarried {
  readonly error: UserError
  /**
   * Nothing was decided, ask again. `more`: entries before those given are missing here, bring them, too. `as it is`: another
   * region may have taken these very entries before it heard of the end, with another order, and then the sale stands.
   */
  readonly again?: 'more' | 'as it is'
  /** Where it is to be asked again as it is: one of these commits has to be stable. */
  readonly until?: readonly CommitPlace[]
  /** Entries of a second chain: to be kept though nothing is sold by them. */
  readonly proof?: readonly EntryFact[]
  /** What the device has signed to have sold, and told after the end or dated outside of the lease: the goods are gone all the same. */
  readonly late?: LateSale
}

export interface LateSale {
  readonly deviceId: string
  readonly sku: string
  /** Of these orders nothing stands. */
  readonly orders: readonly string[]
}

/** Orders that a late sale names. */
const maximumLateOrders = 50

export type Carried = { readonly facts: readonly EntryFact[]; readonly fold: LeaseFold } | Uncarried

/** `records` are all facts of the lease, `fold` what they come to. */
export function carryEntries(
  context: Pick<CommandContext, 'origin' | 'time' | 'region' | 'leaseCheck' | 'isStable'>,
  { id, entries }: ChainInput,
  records: readonly LeaseRecord[],
  fold: LeaseFold,
): Carried {
  const { opened, expiresAt } = fold
  const refuse = (code: UserError['code'], message: string, again?: Uncarried['again']): Uncarried => ({
    error: { code, message, field: ['entries'], ...(again === 'more' && { leaseEntry: firstMissing(entries, known) }) },
    ...(again && { again }),
    ...(again === 'as it is' && { until: fold.ends }),
  })
  const known = new Map<string, LeaseEntry>([...fold.links].map(([hash, { entry }]) => [hash, entry]))
  const facts: EntryFact[] = []
  const { time, region, leaseCheck } = context
  const { sha256 } = leaseCheck
  const refuseLate = (publicKey: string, message: string): Uncarried => {
    const orders = lateOrders(entries, known, publicKey, leaseCheck)
    const late = { deviceId: opened.deviceId, sku: opened.sku, orders }
    return { ...refuse('LEASE_EXPIRED', message), ...(orders.length > 0 && { late }) }
  }
  for (const offered of [...entries].sort((left, right) => left.entry.number - right.entry.number)) {
    const { entry, payload } = offered
    const hash = hashEntry(payload, sha256)
    if (known.has(hash)) continue
    if (opened.publicKey === null)
      return refuse(
        'FORBIDDEN',
        `Lease ${id} was taken without a key of the device: nothing can be sold from it offline.`,
      )
    if (fold.ended) {
      if (!isEndSettled(fold, context))
        return refuse(
          'LEASE_EXPIRED',
          `Lease ${id} has ended: what was taken of it before is not known yet.`,
          'as it is',
        )
      return refuseLate(opened.publicKey, `Lease ${id} has ended: entry ${entry.number} came after that.`)
    }
    if (fold.forks.length > 0) return refuse('FORBIDDEN', forkMessage(id, fold.forks[0] ?? 0))
    const before = entry.number === 1 ? null : known.get(entry.previous)
    if (before === undefined) {
      const first = firstMissing(entries, known)
      return refuse('INVALID', `Of lease ${id}, entries from ${first} on are missing here: send them, too.`, 'more')
    }
    const flaw = entry.sku === opened.sku ? findEntryFlaw(before, entry, opened.units) : 'it is about another SKU'
    if (flaw !== null) return refuse('INVALID', `Entry ${entry.number} of lease ${id} does not stand: ${flaw}.`)
    if (!isSigned(offered, opened.publicKey, leaseCheck))
      return refuse('FORBIDDEN', `Entry ${entry.number} of lease ${id} is not signed by its device.`)
    // What is given back may come late; a sale may not.
    const isLate = entry.at > expiresAt + leaseSkewMs || entry.at < opened.opensAt - leaseSkewMs
    if (entry.step === 'sale' && isLate) return refuseLate(opened.publicKey, misdatedMessage(id, entry.number))
    known.set(hash, entry)
    facts.push(factOf(offered, entry, hash, opened.publicKey, context.origin))
  }
  const next = foldLease([...records, ...facts.map((fact): LeaseRecord => ({ fact, time, region }))])
  if (next === undefined) throw new Error(`lease ${id} has no opening`)
  if (next.sold - next.released > opened.units)
    return {
      ...refuse(
        'OUT_OF_STOCK',
        `Two devices sold from lease ${id}, together more than its ${counted(opened.units, 'unit')}.`,
      ),
      proof: facts,
    }
  return { facts, fold: next }
}

/**
 * Every member knows of the end, and what they took before it is known here: what was left has come back, which waits for
 * just that, or this region has seen so itself. That all is sold proves nothing: what it does not know yet may have been
 * taken back and sold again.
 */
function isEndSettled({ opened, returned, ends }: LeaseFold, { isStable }: Pick<CommandContext, 'isStable'>): boolean {
  return returned.has(opened.origin) || ends.some(isStable)
}

function lateOrders(
  entries: ChainInput['entries'],
  known: ReadonlyMap<string, LeaseEntry>,
  publicKey: string,
  check: LeaseCheck,
): readonly string[] {
  const orders = new Set<string>()
  for (const offered of entries) {
    const { entry, payload } = offered
    if (entry.step !== 'sale' || known.has(hashEntry(payload, check.sha256))) continue
    if (isSigned(offered, publicKey, check)) orders.add(entry.order)
  }
  return [...orders].slice(0, maximumLateOrders)
}

function factOf(
  { payload, signature }: OfferedEntry,
  { number }: LeaseEntry,
  hash: string,
  publicKey: string,
  origin: string,
): EntryFact {
  return { id: entryId(number, hash), kind: 'entry', origin, publicKey, payload, signature }
}

function misdatedMessage(id: string, number: number): string {
  return (
    `Entry ${number} of lease ${id} was made outside of its time, as the device dates it: its clock was wrong. Nothing that ` +
    'follows it is taken, its close neither: have staff end the lease (closeLease with withoutDevice), and take another one.'
  )
}

export function forkMessage(id: string, number: number): string {
  return (
    `The device of lease ${id} has signed two entries ${number}: nothing more of it is taken. Have staff end the lease ` +
    '(closeLease with withoutDevice), and take another one under another key.'
  )
}

/** The first number of a chain that whoever brought `entries` must bring, too: the one after what is known here. */
function firstMissing(entries: ChainInput['entries'], known: ReadonlyMap<string, LeaseEntry>): number {
  const lowest = Math.min(...entries.map(({ entry }) => entry.number))
  let last = 0
  for (const { number } of known.values()) if (number < lowest) last = Math.max(last, number)
  return last + 1 === lowest ? 1 : last + 1
}

export function isSigned({ payload, signature }: SignedLeaseEntry, publicKey: string, check: LeaseCheck): boolean {
  const bytes = decodeBase64url(signature)
  return bytes !== undefined && bytes.length === 64 && check.verifyDevice(publicKey, signedBytes(payload), bytes)
}
