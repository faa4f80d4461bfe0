// Follows a subscription through the regions: one region at a time feeds it, and when that region is lost another goes
// on from the last causal token (G3: no gap, no repeat). Knows nothing of who listens.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { ExecutionResult, FormattedExecutionResult } from 'graphql'
import { pause } from '../clock.ts'
import { GatewayFault, isFaultCode, type SaidError, type Tried, tooStale, unavailable } from '../errors.ts'
import type { Call } from '../routing/call.ts'
import { canServe } from '../routing/choose.ts'
import type { Fleet } from '../routing/fleet.ts'
import type { Shape } from '../routing/shape.ts'
import { faultError } from '../supergraph/executors.ts'
import { hasAfter, Place } from './place.ts'
import { PushQueue } from './queue.ts'
import { asResult } from './result.ts'
import { resumeAfter } from './resume.ts'
import type { RegionSockets } from './sockets.ts'

export interface FollowOptions {
  readonly fleet: Fleet
  readonly sockets: RegionSockets
  /** True where the subscription's root field takes `after`. */
  readonly canResume: boolean
  /** The region that alone holds something of what is asked for, where there is one: it feeds while it can. */
  readonly prefer?: () => Promise<RegionId | null>
  /** Told of each move: which region was lost, and why. */
  readonly onMove?: ((region: RegionId, why: string) => void) | undefined
}

/** How long a subscriber is kept waiting while no region can feed it, before it is told. */
export const patienceMs = 30_000
const firstPauseMs = 50
const longestPauseMs = 1_000

type FeedEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'lost'; readonly why: string }
  /** The region is well, and not as fresh as was asked for. */
  | { readonly kind: 'stale'; readonly why: string }
  /** The subscriber was too slow for the queue: it goes on from where it is, once it has read what waits. */
  | { readonly kind: 'outpaced' }

export async function* followSubscription(
  call: Call,
  shape: Shape,
  options: FollowOptions,
): AsyncGenerator<ExecutionResult> {
  const root = shape.rootFields[0]
  if (root === undefined) return
  // A subscription to changes from now on that is lost before its first message goes on from where it began.
  const place = new Place(root, call.variables)
  let startToken: string | undefined
  let pauseMs = 0
  let lostSince: number | null = null
  let tried: Tried[] = []
  const preferred = (await options.prefer?.()) ?? null
  while (!call.signal.aborted) {
    const region = pick(options.fleet, call.pinned, tried, preferred)
    if (region !== undefined) {
      const startsNow = root.name.value === 'events' && !hasAfter(root, call.variables)
      if (startsNow) startToken ??= options.fleet.get(region)?.word?.token
      const from = place.token ?? (lostSince === null ? undefined : startToken)
      const text =
        from === undefined || !options.canResume
          ? { query: call.query, variables: call.variables }
          : resumeAfter(shape.document, root, call.variables, from)
      const feed = new Feed(call, region, text, options.sockets)
      try {
        for await (const message of feed.messages) {
          pauseMs = 0
          lostSince = null
          tried = []
          if (place.moveTo(message)) yield message
        }
      } finally {
        feed.stop()
        place.lost()
      }
      const end = feed.end
      if (end === null || end.kind === 'completed' || call.signal.aborted) return
      if (end.kind === 'outpaced') {
        if (place.token !== undefined && options.canResume) continue
        yield {
          errors: [faultError(new GatewayFault('TIMEOUT', 'You read this subscription more slowly than it changes.'))],
        }
        return
      }
      if (end.kind === 'lost') options.fleet.note(region, { kind: 'lost', why: end.why })
      options.onMove?.(region, end.why)
      tried = [...tried.filter((one) => one.region !== region), { region, why: end.why }]
      if (end.kind === 'stale' && !isAnyLeft(options.fleet, call.pinned, tried)) {
        yield { errors: [faultError(tooStale(tried))] }
        return
      }
    }
    lostSince ??= Date.now()
    if (Date.now() - lostSince > patienceMs) {
      yield { errors: [faultError(unavailable(tried, call.pinned))] }
      return
    }
    if (tried.length >= (call.pinned === undefined ? options.fleet.ids().length : 1)) {
      pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2))
      await pause(pauseMs, call.signal)
      tried = call.pinned === undefined ? [] : tried
    }
  }
}

/** The best region that was not just lost; where all were, the best that serves. */
function pick(
  fleet: Fleet,
  pinned: RegionId | undefined,
  tried: readonly Tried[],
  preferred: RegionId | null,
): RegionId | undefined {
  const ranked = fleet.order(pinned)
  const order =
    preferred !== null && ranked.includes(preferred) ? [preferred, ...ranked.filter((id) => id !== preferred)] : ranked
  const fresh = order.filter((id) => !tried.some((one) => one.region === id))
  const serving = fresh.filter((id) => serves(fleet, id))
  return serving[0] ?? fresh[0] ?? order[0]
}

function isAnyLeft(fleet: Fleet, pinned: RegionId | undefined, tried: readonly Tried[]): boolean {
  return fleet.order(pinned).some((id) => serves(fleet, id) && !tried.some((one) => one.region === id))
}

function serves(fleet: Fleet, id: RegionId): boolean {
  const region = fleet.get(id)
  return region !== undefined && canServe(region.health)
}

/** One region's part of a subscription: its messages, and how it ended. */
class Feed {
  readonly messages = new PushQueue<ExecutionResult>()
  end: FeedEnd | null = null
  readonly #unsubscribe: () => void
  readonly #onAbort = () => this.#finish({ kind: 'completed' })
  readonly #signal: AbortSignal

  constructor(
    call: Call,
    region: RegionId,
    text: { readonly query: string; readonly variables: Readonly<Record<string, unknown>> },
    sockets: RegionSockets,
  ) {
    const payload = { ...text, variables: { ...text.variables }, operationName: call.operationName ?? null }
    this.#signal = call.signal
    call.signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#unsubscribe = sockets.client(region, call.headers).subscribe(payload, {
      next: (message) => this.#take(message as FormattedExecutionResult),
      error: (error) => this.#fail(error),
      complete: () => this.#finish({ kind: 'completed' }),
    })
  }

  stop(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#finish({ kind: 'completed' })
    this.#unsubscribe()
  }

  #take(message: FormattedExecutionResult): void {
    const end = message.data === null || message.data === undefined ? endOf(message.errors ?? []) : null
    if (end !== null) {
      this.#finish(end)
      return
    }
    if (this.messages.push(asResult(message))) return
    // Dropping a message would be a gap; going on from the token later is none.
    this.#finish({ kind: 'outpaced' })
  }

  /** GraphQL errors are the region's answer and are passed on; anything else is a lost connection. */
  #fail(error: unknown): void {
    if (Array.isArray(error)) {
      const end = endOf(error as readonly SaidError[])
      if (end === null) this.messages.push(asResult({ errors: error }))
      this.#finish(end ?? { kind: 'completed' })
      return
    }
    this.#finish({ kind: 'lost', why: closeInWords(error) })
  }

  #finish(end: FeedEnd): void {
    this.end ??= end
    this.messages.end()
  }
}

/** Null where another region would answer the same. */
function endOf(errors: readonly SaidError[]): FeedEnd | null {
  const gone = errors.find((error) => isFaultCode(error, 'REGION_UNAVAILABLE'))
  if (gone !== undefined) return { kind: 'lost', why: gone.message }
  const stale = errors.find((error) => isFaultCode(error, 'STALE_READ'))
  return stale === undefined ? null : { kind: 'stale', why: stale.message }
}

function closeInWords(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number') {
    const reason =
      'reason' in error && typeof error.reason === 'string' && error.reason !== '' ? ` (${error.reason})` : ''
    return `closed the connection with ${error.code}${reason}`
  }
  return error instanceof Error ? error.message : 'broke the connection'
}
