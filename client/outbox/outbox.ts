// The outbox as a pure state machine: commands leave in the order in which they were queued, one at a time (a later one
// may stand on an earlier one), each under its own idempotency key until exactly one outcome is known. Knows no network,
// storage or clock: `step` takes an input and the time and says what to do.

import { backoffMs } from '../backoff.ts'
import type { CommandName } from '../operations.ts'

export interface QueuedCommand {
  /** Also its idempotency key. */
  readonly id: string
  readonly name: CommandName
  readonly input: object
  readonly queuedAt: number
}

export type Outcome =
  | { readonly status: 'accepted'; readonly token: string | null; readonly data: Readonly<Record<string, unknown>> }
  | { readonly status: 'refused'; readonly code: string; readonly message: string }

/** `unanswered`: an attempt may have run without our hearing of it, so every further one is marked as sent again. */
export type OutboxEntry =
  | {
      readonly state: 'waiting'
      readonly command: QueuedCommand
      readonly unanswered: boolean
      readonly failures: number
      readonly notBefore: number
    }
  | {
      readonly state: 'sending'
      readonly command: QueuedCommand
      readonly unanswered: boolean
      readonly failures: number
    }
  | { readonly state: 'settled'; readonly command: QueuedCommand; readonly outcome: Outcome }

export interface OutboxState {
  readonly online: boolean
  readonly entries: readonly OutboxEntry[]
}

/** What one attempt came to. */
export type Answer =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  /** Refused where it was asked, not final yet. */
  | { readonly kind: 'pending' }
  /** Certainly not run: worth another try as it is. */
  | { readonly kind: 'unsent' }
  /** Nobody knows whether it ran. */
  | { readonly kind: 'unanswered' }
  /** Not run, and another try would meet the same. */
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string }

export type OutboxInput =
  /** Stored already: who queues must first know that it is kept. */
  | { readonly type: 'queued'; readonly command: QueuedCommand }
  | { readonly type: 'online' }
  | { readonly type: 'offline' }
  | { readonly type: 'answered'; readonly id: string; readonly answer: Answer; readonly unit: number }
  | { readonly type: 'woke' }
  | { readonly type: 'acknowledged'; readonly id: string }
  /** Another page that shares the storage has queued it, or the page that sends says how it stands. Stored already. */
  | { readonly type: 'told'; readonly entry: OutboxEntry }
  /** Another page has dealt with its outcome. */
  | { readonly type: 'gone'; readonly id: string }

export type OutboxAction =
  /** Must be done before the actions after it: what is sent is first known to have been sent. */
  | { readonly do: 'store'; readonly entry: OutboxEntry }
  | { readonly do: 'forget'; readonly id: string }
  | { readonly do: 'send'; readonly command: QueuedCommand; readonly resent: boolean }
  | { readonly do: 'settle'; readonly id: string; readonly outcome: Outcome }
  | { readonly do: 'wake'; readonly at: number }

export interface OutboxStep {
  readonly state: OutboxState
  readonly actions: readonly OutboxAction[]
}

/** Commands without an outcome; further ones are not taken. */
export const maximumUnsettled = 10_000
/** Accepted outcomes that wait for the app's acknowledgement; older ones are forgotten. Refused ones stay. */
export const maximumAccepted = 1_000

/** What a stored outbox is taken up as: what was being sent may have run. */
export function loadOutbox(entries: readonly OutboxEntry[]): OutboxState {
  return {
    online: false,
    entries: entries.map((entry) =>
      entry.state === 'settled'
        ? entry
        : {
            state: 'waiting',
            command: entry.command,
            unanswered: entry.unanswered || entry.state === 'sending',
            failures: 0,
            notBefore: 0,
          },
    ),
  }
}

export function freshEntry(command: QueuedCommand): OutboxEntry {
  return { state: 'waiting', command, unanswered: false, failures: 0, notBefore: 0 }
}

export function unsettled(state: OutboxState): number {
  return state.entries.filter((entry) => entry.state !== 'settled').length
}

export function step(state: OutboxState, input: OutboxInput, now: number): OutboxStep {
  switch (input.type) {
    case 'queued':
      return told(state, freshEntry(input.command), now)
    case 'online':
      // Being back is news: nobody waits out an old backoff.
      return proceed({ online: true, entries: state.entries.map(withoutDelay) }, [], now)
    case 'offline':
      return { state: { ...state, online: false }, actions: [] }
    case 'woke':
      return proceed(state, [], now)
    case 'answered':
      return answered(state, input.id, input.answer, input.unit, now)
    case 'acknowledged': {
      const settled = state.entries.some((entry) => entry.command.id === input.id && entry.state === 'settled')
      return settled
        ? { state: without(state, input.id), actions: [{ do: 'forget', id: input.id }] }
        : { state, actions: [] }
    }
    case 'told':
      return told(state, input.entry, now)
    case 'gone':
      return { state: without(state, input.id), actions: [] }
    default:
      return unreachable(input)
  }
}

/** What was only queued is news once: this page may have sent it by now. */
function told(state: OutboxState, entry: OutboxEntry, now: number): OutboxStep {
  const { id } = entry.command
  const known = state.entries.find((one) => one.command.id === id)
  const isFresh = entry.state === 'waiting' && entry.failures === 0 && !entry.unanswered
  if (known !== undefined && (isFresh || known.state === 'settled')) return { state, actions: [] }
  const next = known === undefined ? { ...state, entries: [...state.entries, entry] } : replace(state, entry)
  if (entry.state !== 'settled') return proceed(next, [], now)
  return { state: next, actions: [{ do: 'settle', id, outcome: entry.outcome }] }
}

function answered(state: OutboxState, id: string, answer: Answer, unit: number, now: number): OutboxStep {
  const entry = state.entries.find((one) => one.command.id === id)
  // A late answer to an attempt that another one has settled changes nothing.
  if (entry === undefined || entry.state !== 'sending') return { state, actions: [] }
  const outcome = outcomeOf(entry.unanswered, answer)
  if (outcome !== null) {
    const settled: OutboxEntry = { state: 'settled', command: entry.command, outcome }
    const trimmed = trim(replace(state, settled))
    const actions: OutboxAction[] = [{ do: 'store', entry: settled }, { do: 'settle', id, outcome }, ...trimmed.actions]
    return proceed(trimmed.state, actions, now)
  }
  const failures = entry.failures + 1
  const waiting: OutboxEntry = {
    state: 'waiting',
    command: entry.command,
    unanswered: entry.unanswered || answer.kind === 'unanswered' || answer.kind === 'pending',
    failures,
    notBefore: now + backoffMs(failures, unit),
  }
  return proceed(replace(state, waiting), [{ do: 'store', entry: waiting }], now)
}

/** Null where the command must be tried again. */
function outcomeOf(wasUnanswered: boolean, answer: Answer): Outcome | null {
  switch (answer.kind) {
    case 'outcome':
      return answer.outcome
    case 'rejected':
      // An earlier attempt may have run: only the region that ran it can say what became of it.
      return wasUnanswered ? null : { status: 'refused', code: answer.code, message: answer.message }
    case 'pending':
    case 'unsent':
    case 'unanswered':
      return null
    default:
      return unreachable(answer)
  }
}

/** Sends the first command that has no outcome, when it may be sent. */
function proceed(state: OutboxState, actions: readonly OutboxAction[], now: number): OutboxStep {
  if (!state.online) return { state, actions }
  const first = state.entries.find((entry) => entry.state !== 'settled')
  if (first === undefined || first.state !== 'waiting') return { state, actions }
  if (first.notBefore > now) return { state, actions: [...actions, { do: 'wake', at: first.notBefore }] }
  const sending: OutboxEntry = {
    state: 'sending',
    command: first.command,
    unanswered: first.unanswered,
    failures: first.failures,
  }
  return {
    state: replace(state, sending),
    actions: [
      ...actions,
      { do: 'store', entry: sending },
      { do: 'send', command: first.command, resent: first.unanswered },
    ],
  }
}

function withoutDelay(entry: OutboxEntry): OutboxEntry {
  return entry.state === 'waiting' ? { ...entry, notBefore: 0 } : entry
}

function replace(state: OutboxState, entry: OutboxEntry): OutboxState {
  return { ...state, entries: state.entries.map((one) => (one.command.id === entry.command.id ? entry : one)) }
}

function without(state: OutboxState, id: string): OutboxState {
  return { ...state, entries: state.entries.filter((entry) => entry.command.id !== id) }
}

function trim(state: OutboxState): OutboxStep {
  const accepted = state.entries.filter((entry) => entry.state === 'settled' && entry.outcome.status === 'accepted')
  const oldest = accepted.length > maximumAccepted ? accepted[0] : undefined
  if (oldest === undefined) return { state, actions: [] }
  return { state: without(state, oldest.command.id), actions: [{ do: 'forget', id: oldest.command.id }] }
}

function unreachable(value: never): never {
  throw new TypeError(`unknown outbox input: ${JSON.stringify(value)}`)
}
