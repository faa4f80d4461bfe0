// How fresh an answer must be: what a request asks for, and the wait until this region is that fresh. Knows no header
// but by name, and nothing of how freshness comes to be known.

import { decodeToken, TokenError } from '@causeway/schema/clock/causal-token'
import { covers, eventsBehind, type VersionVector } from '@causeway/schema/clock/version-vector'
import { counted } from '@causeway/schema/counted'
import type { FreshAnswer, KnownOfMember } from '../freshness/freshness.ts'
import type { ConsistencyLevel } from '../freshness/read-book.ts'
import type { Region } from '../region.ts'
import { apiError } from './errors.ts'

export type Consistency =
  /** Whatever the region has. */
  | { readonly level: 'eventual' }
  /** At least what the caller has seen; null where they carry no token yet. */
  | { readonly level: 'session'; readonly token: VersionVector | null }
  /** Everything that was answered anywhere `maxStalenessMs` before the request came, or earlier. */
  | { readonly level: 'bounded'; readonly maxStalenessMs: number }
  /** Everything that was answered anywhere before the request came. */
  | { readonly level: 'strong' }

/** One read as the metrics count it: how old its answer may be, null where that is not known. */
export type ReadListener = (level: ConsistencyLevel, isServed: boolean, stalenessMs: number | null) => void

/** A day. A bound this wide is held by any region that is alive. */
export const maximumStalenessMs = 86_400_000

/** Throws a GraphQL error that names the header. */
export function readConsistency(header: string | undefined, token: string | undefined): Consistency {
  const text = header?.trim().toLowerCase() ?? ''
  const [level = '', ...rest] = text.split(';').map((part) => part.trim())
  const alone = rest.length === 0
  if ((level === '' || level === 'eventual') && alone) return { level: 'eventual' }
  if (level === 'strong' && alone) return { level: 'strong' }
  if (level === 'session' && alone) {
    const isAbsent = token === undefined || token.trim() === ''
    return { level: 'session', token: isAbsent ? null : readToken(token.trim(), 'Header causeway-token') }
  }
  if (level === 'bounded' && rest.length === 1) {
    const milliseconds = /^ms\s*=\s*(\d{1,8})$/.exec(rest[0] ?? '')?.[1]
    if (milliseconds !== undefined && Number(milliseconds) <= maximumStalenessMs) {
      return { level: 'bounded', maxStalenessMs: Number(milliseconds) }
    }
  }
  throw apiError(
    'BAD_USER_INPUT',
    `Header causeway-consistency is eventual, session, strong or bounded;ms=N with N up to ${maximumStalenessMs}; ` +
      `not "${text.slice(0, 40)}".`,
  )
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

/** Resolves when the region is as fresh as was asked for. Throws STALE_READ, saying what is known, where it is not in time. */
export async function becomeFresh(
  region: Region,
  consistency: Consistency,
  waitUntil: number,
  listener: ReadListener,
): Promise<void> {
  const { freshness } = region
  const onRead: ReadListener = (level, isServed, stalenessMs) => {
    freshness.reads.note(level, isServed, stalenessMs)
    listener(level, isServed, stalenessMs)
  }
  switch (consistency.level) {
    case 'eventual':
      onRead('eventual', true, freshness.stalenessMs())
      return
    case 'session': {
      const { token } = consistency
      if (token !== null) refuseLost(region, token)
      const isReached = token === null || (await region.reach(token, waitUntil))
      onRead('session', isReached, freshness.stalenessMs())
      if (!isReached) throw apiError('STALE_READ', lacksToken(region, token))
      return
    }
    case 'bounded': {
      const answer = await freshness.bounded(consistency.maxStalenessMs, waitUntil)
      onRead('bounded', answer.isFresh, answer.stalenessMs)
      if (answer.isFresh) return
      throw staleRead(region, answer, `an answer that is at most ${consistency.maxStalenessMs} ms old`)
    }
    case 'strong': {
      const answer = await freshness.strong(waitUntil)
      onRead('strong', answer.isFresh, answer.stalenessMs)
      if (answer.isFresh) return
      throw staleRead(region, answer, 'a strong read')
    }
    default:
      consistency satisfies never
  }
}

/** Throws TOKEN_LOST where the token covers what nobody will ever hold. */
export function refuseLost(region: Pick<Region, 'lostOf'>, token: VersionVector): void {
  const lost = region.lostOf(token)
  if (lost !== null) throw apiError('TOKEN_LOST', lostToken(lost))
}

function lostToken({ origin, height }: { readonly origin: string; readonly height: number }): string {
  return (
    `The token covers what ${origin} wrote after ${height}, where its log was ended when it was retired: no region will ever ` +
    'hold that. Read what stands now, and go on from there.'
  )
}

function lacksToken(region: Region, token: VersionVector): string {
  const frontier = region.frontier()
  const missing = eventsBehind(frontier, token)
  const origins = Object.keys(token).filter((origin) => !covers(frontier, { [origin]: token[origin] ?? 0 }))
  return (
    `${region.id} has not yet applied all that the token covers: ${counted(missing, 'event')} of ${origins.join(', ')} did not arrive ` +
    'in time. Ask again, or another region.'
  )
}

function staleRead(region: Region, { lacking }: FreshAnswer, what: string): Error {
  const causes = lacking.map((member) => `${member.region} ${member.why}`).join('; ')
  const message =
    `${region.id} cannot give ${what} now: ${causes}. Ask again, or with a weaker consistency; ` +
    '`extensions.known` says how far each of them is known here.'
  return apiError('STALE_READ', message, { known: lacking.map(showKnown) })
}

function showKnown({ region, upToMs }: KnownOfMember): object {
  return { region, upTo: upToMs === null ? null : new Date(upToMs).toISOString() }
}
