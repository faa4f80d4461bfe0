// Keeps several requests in flight towards each region and lets a region that is down hold up only its own. Stops
// where the signal says, and at the first failure that no retry helps. Knows no operation.

import { setMaxListeners } from 'node:events'
import type { ApiError } from '../api/client.ts'
import { untilAnswered } from '../api/retry.ts'

export interface LaneJob {
  readonly region: string
  send(signal: AbortSignal): Promise<void>
}

export interface LaneOptions {
  readonly inFlight: number
  readonly signal: AbortSignal
  readonly onWait: (region: string, error: ApiError) => void
}

/** How long one request is sent again to a region that does not answer: long enough to repair a machine. */
const longestWaitMs = 60 * 60 * 1000

export async function runLanes(jobs: readonly LaneJob[], options: LaneOptions): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  // Each request in flight listens; Node would take more than ten for a leak.
  setMaxListeners(0, signal, options.signal)
  const queues = new Map<string, LaneJob[]>()
  for (const job of jobs) queues.set(job.region, [...(queues.get(job.region) ?? []), job])

  async function work(region: string, queue: Iterator<LaneJob>): Promise<void> {
    for (let next = queue.next(); next.done !== true && !signal.aborted; next = queue.next()) {
      const job = next.value
      await untilAnswered(() => job.send(signal), {
        signal,
        longestMs: longestWaitMs,
        onWait: (error) => options.onWait(region, error),
      })
    }
  }

  const workers: Promise<void>[] = []
  for (const [region, queue] of queues) {
    const shared = queue.values()
    for (let worker = 0; worker < Math.min(options.inFlight, queue.length); worker += 1) {
      workers.push(work(region, shared))
    }
  }
  try {
    await Promise.all(workers)
  } catch (error) {
    stop.abort()
    await Promise.allSettled(workers)
    options.signal.throwIfAborted()
    throw error
  }
  options.signal.throwIfAborted()
}

/** Lets through `perSecond` units of work a second, evenly; everything where it is absent. */
export class Pacer {
  readonly #perSecond: number | undefined
  #nextAtMs = 0

  constructor(perSecond: number | undefined) {
    this.#perSecond = perSecond
  }

  /** How long to wait from `nowMs` before `units` more may go. */
  claim(units: number, nowMs: number): number {
    if (this.#perSecond === undefined) return 0
    const startAtMs = Math.max(nowMs, this.#nextAtMs)
    this.#nextAtMs = startAtMs + (units / this.#perSecond) * 1000
    return startAtMs - nowMs
  }
}
