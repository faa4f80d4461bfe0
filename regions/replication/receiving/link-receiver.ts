// One line of a receiving link as a pure state machine: what happens next, given what happened, when, and a random number
// for jitter. Owns no socket and no timer (link-driver.ts does), and knows nothing of commits.

/** All in milliseconds. */
export const linkTimes = Object.freeze({
  /** The sender's promise: a link that has nothing to say says so this often. */
  heartbeatMs: 1_000,
  /** A link silent for longer is broken, whatever its socket says. */
  silenceMs: 3_000,
  /** Before it is given up: where this region's own loop stood still, what came meanwhile is read first. */
  lastCallMs: 500,
  /** Who has stood still for longer during the last call judges nobody: timers ring before what has come is read. */
  lateMs: 100,
  /** A link silent for longer is broken, however much of it this node stood still. */
  longestSilenceMs: 30_000,
  /** From dialling to the peer's hello. */
  connectTimeoutMs: 5_000,
  backoffMinimumMs: 100,
  backoffMaximumMs: 5_000,
  /** The first pause after a link is blamed, or of no use: what was so once is likely still so. */
  blameBackoffMinimumMs: 1_000,
  /** Acknowledgements are gathered for this long; for longer where nobody asks for them, and of what the peer only relays, or does not send at all. */
  acknowledgeMs: 20,
  acknowledgeUnaskedMs: 1_000,
  /** So long after it was asked a region tells at once what it applies; the sender asks again before that is over. */
  askedForMs: 2_000,
  askEveryMs: 1_000,
})

/** Batches that wait for the sink; at the bound no more are pulled, and the peer's window fills (C5). */
export const maximumInbox = 16

/**
 * Why a link is not open. `blamed`: what came over it was not what its origin signed (C6); `dropped`: the peer's log no
 * longer reaches back far enough (C10).
 */
export type BreakCause = 'unreachable' | 'refused' | 'closed' | 'silent' | 'blamed' | 'dropped' | 'sink' | 'resumed'

export type LinkState =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'connecting'; readonly attempt: number; readonly isLastCall: boolean }
  | {
      readonly phase: 'streaming'
      /** Failures in a row before this; back to 0 when a batch has been taken. */
      readonly attempt: number
      /** When a batch or a heartbeat last came. */
      readonly heardMs: number
      /** The sink is at work. */
      readonly taking: boolean
      /** Batches that came meanwhile; the sink gets them as one. */
      readonly inbox: number
      /** It was silent for too long when last looked at. */
      readonly isLastCall: boolean
    }
  | { readonly phase: 'waiting'; readonly attempt: number; readonly cause: BreakCause }

export type LinkInput =
  | { readonly type: 'start' }
  | { readonly type: 'connected' }
  | { readonly type: 'batch' }
  | { readonly type: 'heartbeat' }
  /** Bytes come, of a batch that is not whole yet: a large one, over a slow line. */
  | { readonly type: 'stirring' }
  /** The sink is done with what it was handed. */
  | { readonly type: 'taken' }
  | { readonly type: 'broken'; readonly cause: BreakCause; readonly reason: string }
  /** `stoodStillMs`: how long this node itself stood still since it was heard, or called; `latelyMs`: during a last call. */
  | { readonly type: 'timer'; readonly stoodStillMs: number; readonly latelyMs: number }
  /** Asked to begin again from the frontier, at once. */
  | { readonly type: 'resume' }
  /** The peer has shown that it is there: a link that waits need not wait longer. */
  | { readonly type: 'seen' }
  | { readonly type: 'stop' }

export type LinkAction =
  | { readonly type: 'connect' }
  | { readonly type: 'subscribe' }
  /** Hands all that is in the inbox to the sink. */
  | { readonly type: 'take' }
  /** Asks for the next batch. */
  | { readonly type: 'pull' }
  /** Leaves the connection, whatever state it is in. */
  | { readonly type: 'disconnect' }
  /** Replaces the timer that stands. */
  | { readonly type: 'wake'; readonly afterMs: number }
  | { readonly type: 'sleep' }
  | { readonly type: 'report'; readonly cause: BreakCause; readonly reason: string; readonly retryInMs: number }

type Streaming = Extract<LinkState, { phase: 'streaming' }>

export interface LinkStep {
  readonly state: LinkState
  readonly actions: readonly LinkAction[]
}

export const stoppedLink: LinkState = Object.freeze({ phase: 'stopped' })

/** Full jitter over an exponentially growing, bounded pause. `unit` is random in [0, 1). */
export function backoffMs(attempt: number, cause: BreakCause, unit: number): number {
  const minimum =
    cause === 'blamed' || cause === 'dropped' ? linkTimes.blameBackoffMinimumMs : linkTimes.backoffMinimumMs
  const ceiling = Math.min(linkTimes.backoffMaximumMs, minimum * 2 ** Math.min(attempt, 16))
  return Math.round(minimum / 2 + unit * (ceiling - minimum / 2))
}

/** The next state and what to do, in order. `unit` is random in [0, 1). Inputs that come too late change nothing. */
export function stepLink(state: LinkState, input: LinkInput, nowMs: number, unit: number): LinkStep {
  switch (input.type) {
    case 'start':
      return state.phase === 'stopped' ? connect(0, []) : { state, actions: [] }
    case 'connected':
      return state.phase === 'connecting' ? subscribe(state.attempt, nowMs) : { state, actions: [] }
    case 'batch':
      return state.phase === 'streaming' ? onBatch(state, nowMs) : { state, actions: [] }
    case 'heartbeat':
      return state.phase === 'streaming'
        ? { state: { ...state, attempt: 0, heardMs: nowMs }, actions: [{ type: 'pull' }] }
        : { state, actions: [] }
    case 'stirring':
      return { state: state.phase === 'streaming' ? { ...state, heardMs: nowMs } : state, actions: [] }
    case 'taken':
      return state.phase === 'streaming' ? onTaken(state, nowMs) : { state, actions: [] }
    case 'broken':
      return onBroken(state, input.cause, input.reason, unit)
    case 'timer':
      return onTimer(state, input, nowMs, unit)
    case 'resume':
      return onResume(state)
    case 'seen':
      return state.phase === 'waiting' && isWeather(state.cause) ? connect(state.attempt, []) : { state, actions: [] }
    case 'stop':
      return state.phase === 'stopped'
        ? { state, actions: [] }
        : { state: stoppedLink, actions: [{ type: 'sleep' }, { type: 'disconnect' }] }
    default:
      return unreachable(input)
  }
}

/** Of these a sign of life is the end; what this side or the peer's data caused is not over by it. */
function isWeather(cause: BreakCause): boolean {
  return cause === 'unreachable' || cause === 'closed' || cause === 'silent'
}

function connect(attempt: number, before: readonly LinkAction[]): LinkStep {
  return {
    state: { phase: 'connecting', attempt, isLastCall: false },
    actions: [...before, { type: 'wake', afterMs: linkTimes.connectTimeoutMs }, { type: 'connect' }],
  }
}

function subscribe(attempt: number, nowMs: number): LinkStep {
  return {
    state: { phase: 'streaming', attempt, heardMs: nowMs, taking: false, inbox: 0, isLastCall: false },
    actions: [{ type: 'wake', afterMs: linkTimes.silenceMs }, { type: 'subscribe' }, { type: 'pull' }],
  }
}

function onBatch(state: Streaming, nowMs: number): LinkStep {
  if (!state.taking) {
    return { state: { ...state, heardMs: nowMs, taking: true }, actions: [{ type: 'take' }, { type: 'pull' }] }
  }
  const inbox = state.inbox + 1
  return { state: { ...state, heardMs: nowMs, inbox }, actions: inbox < maximumInbox ? [{ type: 'pull' }] : [] }
}

function onTaken(state: Streaming, nowMs: number): LinkStep {
  const wasFull = state.inbox >= maximumInbox
  return {
    // While the inbox was full nobody listened: the peer's silence counts from now.
    state: { ...state, attempt: 0, taking: state.inbox > 0, inbox: 0, heardMs: wasFull ? nowMs : state.heardMs },
    actions: [...(state.inbox > 0 ? [{ type: 'take' } as const] : []), ...(wasFull ? [{ type: 'pull' } as const] : [])],
  }
}

function onBroken(state: LinkState, cause: BreakCause, reason: string, unit: number): LinkStep {
  switch (state.phase) {
    case 'stopped':
    case 'waiting':
      return { state, actions: [] }
    case 'connecting':
    case 'streaming': {
      const retryInMs = backoffMs(state.attempt, cause, unit)
      return {
        state: { phase: 'waiting', attempt: state.attempt + 1, cause },
        actions: [
          { type: 'disconnect' },
          { type: 'report', cause, reason, retryInMs },
          { type: 'wake', afterMs: retryInMs },
        ],
      }
    }
    default:
      return unreachable(state)
  }
}

type Timer = Extract<LinkInput, { type: 'timer' }>

/** The time from which on `stoodStillMs` counts. */
export function heardSince(state: LinkState, nowMs: number): number {
  return state.phase === 'streaming' ? state.heardMs : nowMs - linkTimes.connectTimeoutMs
}

function onTimer(state: LinkState, timer: Timer, nowMs: number, unit: number): LinkStep {
  switch (state.phase) {
    case 'stopped':
      return { state, actions: [] }
    case 'connecting':
      // Once: who calls again and again loses nothing by it.
      if (!state.isLastCall && timer.stoodStillMs > linkTimes.lateMs)
        return { state: { ...state, isLastCall: true }, actions: [{ type: 'wake', afterMs: timer.stoodStillMs }] }
      return onBroken(state, 'unreachable', `no answer within ${linkTimes.connectTimeoutMs} ms`, unit)
    case 'streaming':
      return onLook(state, timer, nowMs, unit)
    case 'waiting':
      return connect(state.attempt, [])
    default:
      return unreachable(state)
  }
}

/** The timer is not moved with every batch; it looks at the time when it rings. */
function onLook(state: Streaming, { stoodStillMs, latelyMs }: Timer, nowMs: number, unit: number): LinkStep {
  // A wall clock that jumped back would make the silence negative: it begins anew.
  const heardMs = Math.min(state.heardMs, nowMs)
  const listening = { ...state, heardMs, isLastCall: false }
  if (state.inbox >= maximumInbox)
    return { state: listening, actions: [{ type: 'wake', afterMs: linkTimes.silenceMs }] }
  const quietMs = nowMs - heardMs
  const isPatient = quietMs < linkTimes.longestSilenceMs
  const leftMs = linkTimes.silenceMs - quietMs + (isPatient ? stoodStillMs : 0)
  if (leftMs > 0) return { state: listening, actions: [{ type: 'wake', afterMs: leftMs }] }
  if (!state.isLastCall || (isPatient && latelyMs > linkTimes.lateMs)) {
    return { state: { ...listening, isLastCall: true }, actions: [{ type: 'wake', afterMs: linkTimes.lastCallMs }] }
  }
  return onBroken(state, 'silent', `nothing came for ${linkTimes.silenceMs} ms`, unit)
}

function onResume(state: LinkState): LinkStep {
  switch (state.phase) {
    case 'stopped':
    case 'connecting':
      return { state, actions: [] }
    case 'streaming':
      return connect(state.attempt, [{ type: 'disconnect' }])
    case 'waiting':
      // A blamed link keeps its pause: asking again at once would only bring the same bytes.
      return state.cause === 'blamed' ? { state, actions: [] } : connect(state.attempt, [])
    default:
      return unreachable(state)
  }
}

function unreachable(value: never): never {
  throw new Error(`unknown link state or input: ${JSON.stringify(value)}`)
}
