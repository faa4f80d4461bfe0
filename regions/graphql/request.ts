// What the headers of a request ask for. Pure; wrong ones are an error that names the header. Knows no HTTP library.

import { decodeToken, TokenError } from '@causeway/schema/clock/causal-token'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { apiError } from './errors.ts'

export interface RequestOptions {
  /** A read must reflect at least this; null for whatever the region has. */
  readonly reach: VersionVector | null
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
  return {
    reach: readReach(get('causeway-consistency'), get('causeway-token')),
    durability: readDurability(get('causeway-durability'), region.members.length),
    idempotencyKey: readKey(get('idempotency-key')),
    resent: get('causeway-resent') === '1',
    deadlineAt: now + readDeadline(get('causeway-deadline')),
  }
}

function readReach(consistency: string | undefined, token: string | undefined): VersionVector | null {
  const level = consistency?.trim().toLowerCase() ?? ''
  switch (level.split(';')[0]) {
    case '':
    case 'eventual':
      return null
    case 'session':
      return token === undefined || token === '' ? null : readToken(token, 'Header causeway-token')
    case 'bounded':
    case 'strong':
      throw apiError(
        'BAD_USER_INPUT',
        `Header causeway-consistency asks for ${level}, which is not served yet: use eventual or session.`,
      )
    default:
      throw apiError(
        'BAD_USER_INPUT',
        `Header causeway-consistency is eventual or session, not "${level.slice(0, 40)}".`,
      )
  }
}

/** A causal token from `place`; a wrong one is the caller's error. */
export function readToken(token: string, place: string): VersionVector {
  try {
    return decodeToken(token)
  } catch (error) {
    if (error instanceof TokenError) throw apiError('BAD_USER_INPUT', `${place} is ${error.message}.`)
    throw error
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

function readDeadline(header: string | undefined): number {
  if (header === undefined) return defaultDeadlineMs
  const milliseconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : Number.NaN
  if (!(milliseconds >= 1))
    throw apiError('BAD_USER_INPUT', 'Header causeway-deadline is a number of milliseconds, at least 1.')
  return Math.min(milliseconds, maximumDeadlineMs)
}
