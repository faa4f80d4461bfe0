// What all subscriptions share: where they start, how they go through the log without a gap or a repeat, and how they end.

import { advance, covers, meetVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import type { LogEntry, Region } from '../../region.ts'
import { readToken, refuseLost } from '../consistency.ts'
import type { RequestContext } from '../context.ts'

/** One `next`: what it shows, and the token that takes the subscription up right after it. */
export interface Emission<Value> {
  readonly value: Value
  readonly token: VersionVector
  /** In the token's place, where more than a vector is needed to go on. */
  readonly cursor?: string
}

/** A commit that lies ahead, seen from a subscriber who holds `before`. */
export interface Step {
  readonly entry: LogEntry
  readonly before: VersionVector
  /** How much of this origin the subscriber holds: within this commit where a token was cut out of its middle. */
  readonly held: number
  readonly after: VersionVector
  /** The token behind one of its events. */
  readonly behind: (sequence: number) => VersionVector
}

/** How long a subscription waits for what its token covers and the region lacks: some of it is on its way after each move. */
const arrivalMs = 2_000

/** Null where the caller named no token. Throws TOKEN_LOST. */
export function startOf(after: string | null | undefined, region: Pick<Region, 'lostOf'>): VersionVector | null {
  if (after == null) return null
  const token = readToken(after, '`after`')
  refuseLost(region, token)
  return token
}

/**
 * What of the token the region holds, once what is on its way has come. Whatever does not come, for its region is away and had sent
 * it to nobody, is shown when it does: what is shown meanwhile is without it, and its token says so.
 */
export async function heldOf(
  token: VersionVector,
  { region, ports }: Pick<RequestContext, 'region' | 'ports'>,
): Promise<VersionVector> {
  await region.reach(token, ports.clock.now() + arrivalMs)
  const frontier = region.frontier()
  return covers(frontier, token) ? token : meetVectors(token, frontier)
}

/** Every commit that `after` does not hold whole, once, then every later one. */
export async function* stepsAfter(region: Region, start: VersionVector, signal: AbortSignal): AsyncGenerator<Step> {
  let before = start
  for await (const entry of region.follow(start, signal)) {
    const { origin, lastSequence } = entry.sealed
    const held = sequenceOf(before, origin)
    if (held >= lastSequence) continue
    const start = before
    // What was applied beside a log (C6) is of this region alone: no token holds it.
    const behind = (sequence: number) => (isBranch(origin) ? start : advance(start, origin, sequence))
    const after = behind(lastSequence)
    yield { entry, before, held, after, behind }
    before = after
  }
}

/** An iterator whose `return` also wakes a generator that waits for the next commit: a bare one would wait on. */
export function closable<Value>(make: (signal: AbortSignal) => AsyncGenerator<Value>): AsyncIterableIterator<Value> {
  const controller = new AbortController()
  const generator = make(controller.signal)
  const next = async (): Promise<IteratorResult<Value>> => {
    try {
      return await generator.next()
    } catch (error) {
      if (controller.signal.aborted) return { done: true, value: undefined }
      throw error
    }
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next,
    async return() {
      controller.abort()
      await generator.return(undefined).catch(() => undefined)
      return { done: true, value: undefined }
    },
  }
}
