// Takes an operation to the regions in order until one answers, within the caller's deadline and the retry budget (G2).
// An operation that is not safe to send again is sent once, unless the region cannot have seen it. Knows no GraphQL but
// the codes by which a region says "not me", "not yet" and "not as fresh as you ask".

import type { RegionId } from '@causeway/schema/clock/origin'
import type { Clock } from '../clock.ts'
import { type Tried, tooStale, unavailable } from '../errors.ts'
import { type AttemptOutcome, type AttemptRequest, attempt, type RegionAnswer } from './attempt.ts'
import { earn, fullBudget, type RetryBudget, spend } from './budget.ts'
import { canServe } from './choose.ts'
import type { Fleet } from './fleet.ts'
import { attemptMsOf } from './patience.ts'

export interface ForwardRequest {
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
  readonly order: readonly RegionId[]
  readonly pinned: RegionId | undefined
  /** A query, or a command with a key. */
  readonly safe: boolean
  readonly deadlineAt: number
  readonly signal: AbortSignal
  /** False for one round only: a part that may be left out is not waited for. Default true. */
  readonly patient?: boolean
}

export interface ForwarderOptions {
  readonly fleet: Fleet
  readonly clock: Clock
  readonly attemptMs: number
  /** Told of each retry: which region gave no answer, and why. */
  readonly onRetry?: ((region: RegionId, why: string) => void) | undefined
  /** How one region is asked; default: over HTTP. The simulator asks over virtual connections. */
  readonly attempt?: ((request: AttemptRequest) => Promise<AttemptOutcome>) | undefined
  /** Resolves after so many milliseconds; default: of real time. */
  readonly pause?: ((delayMs: number) => Promise<void>) | undefined
}

/** How long to wait before asking again for an outcome that is not final yet (I3). */
const pendingPauseMs = 150
/** How long a region may wait to become as fresh as is asked for, while another one is left that may be so already. */
const freshWithinMs = 1_000
/** Rounds over all regions; more would only hammer what does not answer. */
const roundsAtMost = 3
const pauseBetweenRoundsMs = 200

export class Forwarder {
  readonly #options: ForwarderOptions
  #budget: RetryBudget

  constructor(options: ForwarderOptions) {
    this.#options = options
    this.#budget = fullBudget(options.clock.now())
  }

  /**
   * The first answer. Throws GatewayFault REGION_UNAVAILABLE, naming who was tried and why each could not answer, or
   * STALE_READ where those that answered were not as fresh as was asked for (Q1 to Q3).
   */
  async forward(request: ForwardRequest): Promise<RegionAnswer> {
    const { clock } = this.#options
    this.#budget = earn(this.#budget, clock.now())
    const tried: Tried[] = []
    const stale: Tried[] = []
    let mayHaveReached = false
    for (let round = 0; round < roundsAtMost; round++) {
      for (const [index, region] of request.order.entries()) {
        const last = index === request.order.length - 1
        const step = await this.#try(request, region, last, mayHaveReached)
        if (step.kind === 'done') return step.answer
        tried.push({ region, why: step.why })
        if (step.kind === 'stale') {
          stale.push({ region, why: step.why, known: step.known })
          const isOver = request.signal.aborted || clock.now() >= request.deadlineAt || request.order.length === 1
          if (isOver || !this.#afford()) break
          this.#options.onRetry?.(region, 'is not as fresh as was asked for')
          continue
        }
        mayHaveReached ||= step.reached
        if (step.reached && !request.safe) {
          throw unavailable(tried, request.pinned, ' It is not known whether the operation was carried out.')
        }
        if (request.signal.aborted || clock.now() >= request.deadlineAt) throw this.#giveUp(request, tried)
        if (step.reached && !this.#afford()) {
          throw unavailable(tried, request.pinned, ' Too many operations are being retried; try again shortly.')
        }
        this.#options.onRetry?.(region, step.why)
      }
      // Another round would find them no fresher: each has waited.
      if (stale.length > 0) throw tooStale(stale)
      if (request.order.length === 0 || request.patient === false) break
      const left = request.deadlineAt - clock.now()
      if (left <= pauseBetweenRoundsMs) break
      await (this.#options.pause ?? pause)(pauseBetweenRoundsMs)
    }
    throw this.#giveUp(request, tried)
  }

  #giveUp(request: ForwardRequest, tried: readonly Tried[]): Error {
    const lastOfEach = [...new Map(tried.map((one) => [one.region, one])).values()]
    return unavailable(lastOfEach, request.pinned)
  }

  #afford(): boolean {
    const spent = spend(this.#budget, this.#options.clock.now())
    if (spent === null) return false
    this.#budget = spent
    return true
  }

  async #try(request: ForwardRequest, region: RegionId, last: boolean, resent: boolean): Promise<Step> {
    const held = this.#options.fleet.get(region)
    if (held === undefined) return { kind: 'next', reached: false, why: 'is not a region of this cluster' }
    let again = resent
    for (;;) {
      const leftMs = request.deadlineAt - this.#options.clock.now()
      if (leftMs <= 0) return { kind: 'next', reached: false, why: 'was not asked: the deadline had passed' }
      const attemptMs = attemptMsOf(request.headers['causeway-durability'], this.#options.attemptMs)
      const timeoutMs = last ? leftMs : Math.min(leftMs, attemptMs)
      const outcome = await (this.#options.attempt ?? attempt)({
        region,
        pool: held.pool,
        body: request.body,
        headers: {
          ...request.headers,
          'causeway-deadline': String(Math.floor(timeoutMs)),
          ...(again ? { 'causeway-resent': '1' } : {}),
          ...(this.#isLastHope(request, region) ? {} : { 'causeway-fresh-within': String(freshWithinMs) }),
        },
        timeoutMs,
        signal: request.signal,
      })
      // Who gives a region no time has learnt nothing of it: callers could talk every region out of service.
      if (outcome.kind === 'answered' || timeoutMs >= this.#options.attemptMs) this.#learn(region, outcome)
      if (outcome.kind !== 'answered') {
        if (outcome.kind === 'lost') return { kind: 'next', reached: outcome.reached, why: outcome.why }
        const why = outcome.kind === 'slow' ? `gave ${outcome.why}` : 'was not waited for: the caller left'
        return { kind: 'next', reached: true, why }
      }
      const verdict = judge(outcome.answer)
      if (verdict.kind === 'answer') return { kind: 'done', answer: outcome.answer }
      if (verdict.kind === 'stale') return verdict
      if (verdict.kind === 'elsewhere') {
        outcome.answer.rest?.destroy()
        return { kind: 'next', reached: true, why: verdict.why }
      }
      // The outcome is not final yet: ask the same region again with the same key while the caller's time lasts.
      const timeForMore = request.deadlineAt - this.#options.clock.now() > 2 * pendingPauseMs
      if (!timeForMore || !request.safe || request.signal.aborted) return { kind: 'done', answer: outcome.answer }
      await (this.#options.pause ?? pause)(pendingPauseMs)
      again = true
    }
  }

  /** True where no region that can serve comes after this one. */
  #isLastHope(request: ForwardRequest, region: RegionId): boolean {
    const later = request.order.slice(request.order.indexOf(region) + 1)
    return !later.some((id) => {
      const held = this.#options.fleet.get(id)
      return held !== undefined && canServe(held.health)
    })
  }

  #learn(region: RegionId, outcome: AttemptOutcome): void {
    const { fleet } = this.#options
    if (outcome.kind === 'answered') fleet.note(region, { kind: 'sample', latencyMs: null })
    else if (outcome.kind === 'slow') fleet.note(region, { kind: 'slow', why: outcome.why })
    else if (outcome.kind === 'lost') fleet.note(region, { kind: 'lost', why: outcome.why })
  }
}

type Step =
  | { readonly kind: 'done'; readonly answer: RegionAnswer }
  | { readonly kind: 'next'; readonly reached: boolean; readonly why: string }
  /** The region is well, and did not run the operation. */
  | { readonly kind: 'stale'; readonly why: string; readonly known: unknown }

type Verdict =
  | { readonly kind: 'answer' }
  | { readonly kind: 'elsewhere'; readonly why: string }
  | { readonly kind: 'stale'; readonly why: string; readonly known: unknown }
  | { readonly kind: 'pending' }

/** Answers that are no answers are short; a long body is not looked into. */
const lookedIntoBytes = 16_384

function judge(answer: RegionAnswer): Verdict {
  if (answer.status === 502 || answer.status === 503) {
    return { kind: 'elsewhere', why: `answered ${answer.status}` }
  }
  if (answer.rest !== null || answer.head.length > lookedIntoBytes) return { kind: 'answer' }
  const says = (code: string) => answer.head.includes(`"${code}"`)
  if (!says('REGION_UNAVAILABLE') && !says('OUTCOME_PENDING') && !says('STALE_READ')) return { kind: 'answer' }
  const { data, errors } = readAnswer(answer.head)
  const found = (code: string) => errors.find((error) => error.extensions?.code === code)
  const elsewhere = found('REGION_UNAVAILABLE')
  if (elsewhere !== undefined && isEmpty(data)) {
    return { kind: 'elsewhere', why: `cannot answer: ${elsewhere.message ?? 'it gave no reason'}` }
  }
  const stale = found('STALE_READ')
  if (stale !== undefined && isEmpty(data)) {
    return { kind: 'stale', why: stale.message ?? 'It gave no reason.', known: stale.extensions?.known }
  }
  return found('OUTCOME_PENDING') === undefined ? { kind: 'answer' } : { kind: 'pending' }
}

interface AnswerError {
  readonly message?: string
  readonly extensions?: { readonly code?: string; readonly known?: unknown }
}

function readAnswer(body: Buffer): { data: unknown; errors: readonly AnswerError[] } {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null) return { data: null, errors: [] }
    const errors = 'errors' in parsed && Array.isArray(parsed.errors) ? (parsed.errors as AnswerError[]) : []
    return { data: 'data' in parsed ? parsed.data : null, errors }
  } catch {
    return { data: null, errors: [] }
  }
}

/** No data, or null in every root field. */
function isEmpty(data: unknown): boolean {
  if (data === null || data === undefined) return true
  return typeof data === 'object' && Object.values(data).every((value) => value === null)
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}
