// Sends one request until it has an answer: what may succeed later is sent again with the same key, more slowly each
// time, for as long as the bound says. Knows no operation.

import { setTimeout as delay } from 'node:timers/promises'
import { ApiError } from './client.ts'

export interface RetryOptions {
  readonly signal: AbortSignal
  /** Told before each wait. */
  readonly onWait?: (error: ApiError) => void
  /** From the first failure on. */
  readonly longestMs: number
}

const firstDelayMs = 200
const longestDelayMs = 3_000

export async function untilAnswered<Answer>(send: () => Promise<Answer>, options: RetryOptions): Promise<Answer> {
  let waitedMs = 0
  let delayMs = firstDelayMs
  for (;;) {
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof ApiError) || !error.retry || waitedMs >= options.longestMs) throw error
      options.onWait?.(error)
      await delay(delayMs, undefined, { signal: options.signal })
      waitedMs += delayMs
      delayMs = Math.min(delayMs * 2, longestDelayMs)
    }
  }
}
