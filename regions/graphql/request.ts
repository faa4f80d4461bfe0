// What the headers of a request ask for. Pure; wrong ones are an error that names the header. Knows no HTTP library.

import type { RegionId } from '@causeway/schema/clock/origin'
import { type Consistency, readConsistency } from './consistency.ts'
import { apiError } from './errors.ts'

export interface RequestOptions {
  readonly consistency: Consistency
  /** Wall time until which the region may wait to become as fresh as that. */
  readonly freshBy: number
  readonly durability: DurabilityWish | null
  readonly idempotencyKey: string | null
  readonly resent: boolean
  /** Wall time by which an answer is wanted. */
  readonly deadlineAt: number
}

export interface DurabilityWish {
  /** Regions that must have applied the write, this one included. */
  readonly count: number
  readonly waitMs: number
}

export const defaultDeadlineMs = 10_000
export const maximumDeadlineMs = 60_000
export const defaultDurabilityWaitMs = 5_000
export const maximumKeyCharacters = 255

/** Time kept back from what is left until the deadline, so that the answer arrives in it. */
export function answerReserveMs(leftMs: number): number {
  return Math.min(250, leftMs / 4)
}

/** `get` gives a header's value by its lower-case name. Throws a GraphQL error on a wrong one. */
export function readRequest(
  get: (name: string) => string | undefined,
  region: { readonly id: RegionId; readonly members: readonly RegionId[] },
  now: number,
): RequestOptions {
  const pinned = get('causeway-region')?.trim()
  if (pinned !== undefined && pinned !== '' && pinned !== region.id) {
    throw apiError(
      'BAD_USER_INPUT',
      `Header causeway-region names ${pinned}, but this is ${region.id}. Ask it, or a gateway.`,
    )
  }
  const deadlineMs = readMilliseconds(get('causeway-deadline'), 'causeway-deadline') ?? defaultDeadlineMs
  const leftMs = Math.min(deadlineMs, maximumDeadlineMs)
  const freshMs = readMilliseconds(get('causeway-fresh-within'), 'causeway-fresh-within') ?? leftMs
  return {
    consistency: readConsistency(get('causeway-consistency'), get('causeway-token')),
    freshBy: now + Math.min(freshMs, leftMs - answerReserveMs(leftMs)),
    durability: readDurability(get('causeway-durability'), region.members.length),
    idempotencyKey: readKey(get('idempotency-key')),
    resent: get('causeway-resent') === '1',
    deadlineAt: now + leftMs,
  }
}

function readDurability(header: string | undefined, members: number): DurabilityWish | null {
  if (header === undefined || header.trim() === '') return null
  const match = /^\s*(\d{1,4})\s*(?:;\s*ms\s*=\s*(\d{1,6})\s*)?$/.exec(header)
  if (match === null)
    throw apiError(
      'BAD_USER_INPUT',
      'Header causeway-durability is a number of regions and a limit, such as "2;ms=500".',
    )
  const count = Number(match[1])
  if (count < 1 || count > members) {
    throw apiError(
      'BAD_USER_INPUT',
      `Header causeway-durability is 1 to ${members}, the number of regions; not ${count}.`,
    )
  }
  return { count, waitMs: match[2] === undefined ? defaultDurabilityWaitMs : Number(match[2]) }
}

/** The IETF draft writes the key as a quoted string; bare keys are as good. */
function readKey(header: string | undefined): string | null {
  if (header === undefined) return null
  const key = header.trim().replace(/^"(.*)"$/, '$1')
  if (key === '' || key.length > maximumKeyCharacters) {
    throw apiError('BAD_USER_INPUT', `Header idempotency-key is 1 to ${maximumKeyCharacters} characters.`)
  }
  return key
}

/** Null where the header is absent. */
function readMilliseconds(header: string | undefined, name: string): number | null {
  if (header === undefined) return null
  const milliseconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : Number.NaN
  if (milliseconds >= 1) return milliseconds
  throw apiError('BAD_USER_INPUT', `Header ${name} is a number of milliseconds, from 1 to 999999999.`)
}
