// What all subscriptions share: where they start, how they go through the log without a gap or a repeat, and how they end.

import { advance, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { LogEntry, Region } from '../../region.ts'
import { readToken } from '../consistency.ts'

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
}

/** Null where the caller named no token. */
export function startOf(after: string | null | undefined): VersionVector | null {
  return after == null ? null : readToken(after, '`after`')
}

/** Every commit that `after` does not hold whole, once, then every later one. */
export async function* stepsAfter(region: Region, start: VersionVector, signal: AbortSignal): AsyncGenerator<Step> {
  let before = start
  for await (const entry of region.follow(start, signal)) {
    const { origin, lastSequence } = entry.sealed
    const held = sequenceOf(before, origin)
    if (held >= lastSequence) continue
    const after = advance(before, origin, lastSequence)
    yield { entry, before, held, after }
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
