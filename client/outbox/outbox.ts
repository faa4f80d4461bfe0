// The outbox as a pure state machine: work about the same thing leaves in the order in which it was done, each piece under its own
// idempotency key until exactly one outcome is known. Knows no network, storage or clock: `step` takes an input and the time, as
// one process counts it, and says what to do.

import { backoffMs } from '../backoff.ts'
import type { CommandName, LeaseWork } from '../operations.ts'
import { trimmed } from './acknowledged.ts'
import { departures } from './departures.ts'

/** `change`: a direct change of a document, its input a unit as it travels. */
export type WorkName = CommandName | LeaseWork | 'change'

export interface QueuedCommand {
  /** Also its idempotency key; of a change, the unit's id. */
  readonly id: string
  readonly name: WorkName
  readonly input: object
  readonly queuedAt: number
  /** Hybrid time, by the region's clock as far as the device knows it: when it was done. */
  readonly time: string
  /** How often a change was made anew on what stood then. */
  readonly rebases?: number
}

export type Outcome =
  | { readonly status: 'accepted'; readonly token: string | null; readonly data: Readonly<Record<string, unknown>> }
  | { readonly status: 'refused'; readonly code: string; readonly message: string; readonly field?: readonly string[] }

/** `unanswered`: an attempt may have run without our hearing of it, so every further one is marked as sent again. */
export type OutboxEntry =
  | {
      readonly state: 'waiting'
      readonly command: QueuedCommand
      readonly unanswered: boolean
      readonly failures: number
      /** By the time that `step` is given. */
      readonly notBefore: number
    }
  | {
      readonly state: 'sending'
      readonly command: QueuedCommand
      readonly unanswered: boolean
      readonly failures: number
      /** What leaves in one call has one number. */
      readonly call: number
    }
  | {
      readonly state: 'settled'
      readonly command: QueuedCommand
      readonly outcome: Outcome
      /** The app needs it no longer; it is kept until the confirmed data has what it did. */
      readonly acknowledged: boolean
    }

export interface OutboxState {
  readonly online: boolean
  readonly entries: readonly OutboxEntry[]
  /** Calls so far. */
  readonly calls: number
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

export interface Answered {
  readonly id: string
  readonly answer: Answer
  /** The same change made anew, to take the place of the refused one. */
  readonly replacement?: QueuedCommand
}

/** Whether the confirmed data has all that a piece of work did, which was accepted with a token. */
export type Covers = (token: string | null, command: QueuedCommand) => boolean

export type OutboxInput =
  /** Stored already: who queues must first know that it is kept. */
  | { readonly type: 'queued'; readonly command: QueuedCommand }
  | { readonly type: 'online' }
  | { readonly type: 'offline' }
  | {
      readonly type: 'answered'
      readonly answers: readonly Answered[]
      readonly unit: number
    }
  | { readonly type: 'woke' }
  | { readonly type: 'acknowledged'; readonly id: string; readonly covers: Covers }
  /** Another page has queued it, or the page that sends says how it stands. Stored already. */
  | { readonly type: 'told'; readonly entry: OutboxEntry; readonly replaces?: string }
  /** Another page has dealt with its outcome. */
  | { readonly type: 'gone'; readonly id: string }
  /** The confirmed data has moved. */
  | { readonly type: 'covered'; readonly covers: Covers }

export type OutboxAction =
  /** One step; must be done before the actions after it: what is sent is first known to have been sent. */
  | { readonly do: 'store'; readonly entries: readonly StoredWork[] }
  | { readonly do: 'forget'; readonly ids: readonly string[] }
  | { readonly do: 'send'; readonly commands: readonly QueuedCommand[]; readonly resent: boolean }
  | { readonly do: 'settle'; readonly id: string; readonly outcome: Outcome }
  | { readonly do: 'wake'; readonly at: number }

export interface StoredWork {
  readonly entry: OutboxEntry
  /** Whose place it takes. */
  readonly replaces?: string
}

export interface OutboxStep {
  readonly state: OutboxState
  readonly actions: readonly OutboxAction[]
}

const isNoNewsWhenAccepted: ReadonlySet<WorkName> = new Set(['change', 'leaseStock', 'closeLease'])
/** Work without an outcome; no more is taken. */
export const maximumUnsettled = 20_000

/** What a stored outbox is taken up as: what was being sent may have run. */
export function loadOutbox(entries: readonly OutboxEntry[]): OutboxState {
  return {
    online: false,
    calls: 0,
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
  let count = 0
  for (const entry of state.entries) if (entry.state !== 'settled') count += 1
  return count
}

export function step(state: OutboxState, input: OutboxInput, now: number): OutboxStep {
  switch (input.type) {
    case 'queued':
      return told(state, freshEntry(input.command), undefined, now)
    case 'online':
      // Being back is news: nobody waits out an old backoff.
      return proceed({ ...state, online: true, entries: state.entries.map(withoutDelay) }, [], now)
    case 'offline':
      return { state: { ...state, online: false }, actions: [] }
    case 'woke':
      return proceed(state, [], now)
    case 'answered':
      return answered(state, input, now)
    case 'acknowledged': {
      const entry = state.entries.find(({ command }) => command.id === input.id)
      if (entry?.state !== 'settled' || entry.acknowledged) return { state, actions: [] }
      const acknowledged: OutboxEntry = { ...entry, acknowledged: true }
      if (isDone(acknowledged, input.covers))
        return { state: without(state, [input.id]), actions: [{ do: 'forget', ids: [input.id] }] }
      return { state: replace(state, acknowledged), actions: [{ do: 'store', entries: [{ entry: acknowledged }] }] }
    }
    case 'told':
      return told(state, input.entry, input.replaces, now)
    case 'gone':
      return { state: without(state, [input.id]), actions: [] }
    case 'covered': {
      const ids = state.entries.filter((entry) => isDone(entry, input.covers)).map(({ command }) => command.id)
      if (ids.length === 0) return { state, actions: [] }
      return { state: without(state, ids), actions: [{ do: 'forget', ids }] }
    }
    default:
      return unreachable(input)
  }
}

/** What was only queued is news once: this page may have sent it by now. */
function told(state: OutboxState, entry: OutboxEntry, replaces: string | undefined, now: number): OutboxStep {
  const { id } = entry.command
  const known = state.entries.find((one) => one.command.id === id)
  const isFresh = entry.state === 'waiting' && entry.failures === 0 && !entry.unanswered
  if (known !== undefined && (isFresh || known.state === 'settled')) return { state, actions: [] }
  const place = state.entries.findIndex(({ command }) => command.id === (known === undefined ? replaces : id))
  const entries = place < 0 ? [...state.entries, entry] : state.entries.with(place, entry)
  if (entry.state !== 'settled') return proceed({ ...state, entries }, [], now)
  return { state: { ...state, entries }, actions: [{ do: 'settle', id, outcome: entry.outcome }] }
}

/** Nobody needs it any more: neither the app its outcome nor the replica its effect (R8). */
function isDone(entry: OutboxEntry, covers: Covers): boolean {
  if (entry.state !== 'settled' || !entry.acknowledged) return false
  return entry.outcome.status === 'refused' || covers(entry.outcome.token, entry.command)
}

/** What several calls came to, as one step: one write for all of it. */
function answered(state: OutboxState, { answers, unit }: Extract<OutboxInput, { type: 'answered' }>, now: number) {
  const given = new Map(answers.map((one) => [one.id, one]))
  const stored: StoredWork[] = []
  const settles: OutboxAction[] = []
  const entries = state.entries.map((entry) => {
    // A late answer to an attempt that another one has settled changes nothing.
    const said = entry.state === 'sending' ? given.get(entry.command.id) : undefined
    if (said === undefined || entry.state !== 'sending') return entry
    const next = afterAnswer(entry, said, unit, now)
    stored.push(next.command === entry.command ? { entry: next } : { entry: next, replaces: said.id })
    if (next.state === 'settled') settles.push({ do: 'settle', id: said.id, outcome: next.outcome })
    return next
  })
  if (stored.length === 0) return { state, actions: [] }
  const { entries: kept, changed } = trimmed(entries)
  const store: OutboxAction = { do: 'store', entries: [...stored, ...changed.map((entry) => ({ entry }))] }
  return proceed({ ...state, entries: kept }, [store, ...settles], now)
}

function afterAnswer(
  { command, unanswered, failures: before }: Extract<OutboxEntry, { state: 'sending' }>,
  { answer, replacement }: Answered,
  unit: number,
  now: number,
): OutboxEntry {
  const outcome = outcomeOf(unanswered, answer)
  if (outcome?.status === 'refused' && replacement !== undefined) return freshEntry(replacement)
  if (outcome !== null) {
    const acknowledged = isNoNewsWhenAccepted.has(command.name) && outcome.status === 'accepted'
    return { state: 'settled', command, outcome, acknowledged }
  }
  const failures = before + 1
  const isUncertain = unanswered || answer.kind === 'unanswered' || answer.kind === 'pending'
  return { state: 'waiting', command, unanswered: isUncertain, failures, notBefore: now + backoffMs(failures, unit) }
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

/** Sends what may leave now. */
function proceed(state: OutboxState, actions: readonly OutboxAction[], now: number): OutboxStep {
  if (!state.online) return { state, actions }
  const { calls, wakeAt } = departures(state.entries, now)
  const wake: readonly OutboxAction[] = wakeAt === null ? [] : [{ do: 'wake', at: wakeAt }]
  if (calls.length === 0) return { state, actions: [...actions, ...wake] }
  const entries = [...state.entries]
  const sends = calls.map((places, index): OutboxAction => {
    const waiting = places.map((place) => entries[place]).filter((entry) => entry?.state === 'waiting')
    for (const [nth, { command, unanswered, failures }] of waiting.entries())
      entries[places[nth] ?? 0] = { state: 'sending', command, unanswered, failures, call: state.calls + index + 1 }
    const resent = waiting.some(({ unanswered }) => unanswered)
    return { do: 'send', commands: waiting.map(({ command }) => command), resent }
  })
  const sending = calls.flat().flatMap((place) => entries[place] ?? [])
  return {
    state: { ...state, entries, calls: state.calls + calls.length },
    actions: [...actions, { do: 'store', entries: sending.map((entry) => ({ entry })) }, ...sends, ...wake],
  }
}

function withoutDelay(entry: OutboxEntry): OutboxEntry {
  return entry.state === 'waiting' ? { ...entry, notBefore: 0 } : entry
}

function replace(state: OutboxState, entry: OutboxEntry): OutboxState {
  return { ...state, entries: state.entries.map((one) => (one.command.id === entry.command.id ? entry : one)) }
}

function without(state: OutboxState, ids: readonly string[]): OutboxState {
  const gone = new Set(ids)
  return { ...state, entries: state.entries.filter((entry) => !gone.has(entry.command.id)) }
}

function unreachable(value: never): never {
  throw new TypeError(`unknown outbox input: ${JSON.stringify(value)}`)
}
