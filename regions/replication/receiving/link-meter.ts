// What one link measures: how far this region is behind the peer, and what the link carries. Pure: the times come in
// as arguments. Lag is only shown and routed by; what is stable is never judged from it.

import { eventsBehind, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'

/** The peer held `frontier` at `peerMs` of its own clock. */
interface Mark {
  readonly frontier: VersionVector
  readonly peerMs: number
}

export interface MeterState {
  /** What the peer has shown and this region did not hold at last look, oldest first. */
  readonly marks: readonly Mark[]
  /** Everything that the peer is known to have. */
  readonly peerFrontier: VersionVector
  /** Commits that it has and this region lacked at its newest word. */
  readonly behind: number
  /** The newest word of the peer: its clock then, and ours. */
  readonly heard: { readonly peerMs: number; readonly ownMs: number } | null
  /** Decaying sums over about `windowMs`. */
  readonly bytes: number
  readonly commitBytes: number
  readonly events: number
  readonly countedMs: number
}

export interface MeterReading {
  readonly lagMs: number
  readonly lagEvents: number
  readonly lagCommits: number
  readonly bytesPerSecond: number
  readonly bytesPerEvent: number
}

const windowMs = 10_000
/** A word that is older than the last by more is of a clock that was set back: a line that stalls for so long is broken. */
const longestStallMs = 5_000
/** At the bound every second mark goes: the lag is then known more coarsely, and never as less than it is. */
const maximumMarks = 64

export const emptyMeter: MeterState = Object.freeze({
  marks: [],
  peerFrontier: Object.freeze({}),
  behind: 0,
  heard: null,
  bytes: 0,
  commitBytes: 0,
  events: 0,
  countedMs: 0,
})

export interface Heard {
  /** What the peer says of itself: its frontier, and the wall part of its hybrid time when it sent. Null where the other line tells. */
  readonly word: { readonly peerFrontier: VersionVector; readonly peerMs: number } | null
  readonly bytes: number
  readonly hasCommits: boolean
  /** 0 where they are counted on the other line. */
  readonly events: number
  /** Null where the other line tells. */
  readonly behind: number | null
}

/** A batch or a heartbeat has come. */
export function meterHeard(state: MeterState, heard: Heard, ownMs: number): MeterState {
  const decay = decaySince(state, ownMs)
  return {
    ...listen(state, heard.word, ownMs),
    behind: heard.behind ?? state.behind,
    bytes: state.bytes * decay + heard.bytes,
    commitBytes: state.commitBytes * decay + (heard.hasCommits ? heard.bytes : 0),
    events: state.events * decay + heard.events,
    countedMs: ownMs,
  }
}

/** What stalled on one line is older than what the other has told meanwhile. */
function listen(
  state: MeterState,
  word: Heard['word'],
  ownMs: number,
): Pick<MeterState, 'marks' | 'peerFrontier' | 'heard'> {
  const { marks, heard } = state
  if (word === null) return { marks, heard, peerFrontier: state.peerFrontier }
  const { peerFrontier, peerMs } = word
  const olderMs = (heard?.peerMs ?? peerMs) - peerMs
  const isNews = olderMs <= 0 || olderMs > longestStallMs
  return {
    marks: isNews ? thin([...marks, { frontier: peerFrontier, peerMs }]) : marks,
    peerFrontier: mergeVectors(state.peerFrontier, peerFrontier),
    heard: isNews ? { peerMs, ownMs } : heard,
  }
}

/** So many of the commits that the last words counted have been taken here. */
export function meterTaken(state: MeterState, commits: number): MeterState {
  return commits === 0 ? state : { ...state, behind: Math.max(0, state.behind - commits) }
}

/** This region has applied up to `frontier`. */
export function meterApplied(state: MeterState, frontier: VersionVector): MeterState {
  if (state.marks.length === 0) return state
  const marks = state.marks.filter((mark) => eventsBehind(frontier, mark.frontier) > 0)
  return marks.length === state.marks.length ? state : { ...state, marks }
}

/**
 * `lagMs`: while caught up and connected 0; while behind, how long ago (by the peer's clock) it first had what is
 * lacking here; while disconnected, at least the time since it was last heard, for it may have written since.
 */
export function readMeter(state: MeterState, frontier: VersionVector, connected: boolean, ownMs: number): MeterReading {
  const decay = decaySince(state, ownMs)
  const sinceHeardMs = state.heard === null ? 0 : Math.max(0, ownMs - state.heard.ownMs)
  const oldest = state.marks.find((mark) => eventsBehind(frontier, mark.frontier) > 0)
  const peerNowMs = (state.heard?.peerMs ?? 0) + sinceHeardMs
  const behindMs = oldest === undefined ? 0 : Math.max(0, peerNowMs - oldest.peerMs)
  const lagEvents = eventsBehind(frontier, state.peerFrontier)
  return {
    lagMs: connected ? behindMs : Math.max(behindMs, sinceHeardMs),
    lagEvents,
    // No commit is empty, and a word may be older than what was applied since.
    lagCommits: lagEvents === 0 ? 0 : Math.min(lagEvents, Math.max(1, state.behind)),
    bytesPerSecond: (state.bytes * decay * 1_000) / windowMs,
    bytesPerEvent: state.events < 1e-6 ? 0 : state.commitBytes / state.events,
  }
}

function decaySince(state: MeterState, ownMs: number): number {
  return Math.exp(-Math.max(0, ownMs - state.countedMs) / windowMs)
}

function thin(marks: readonly Mark[]): readonly Mark[] {
  return marks.length <= maximumMarks ? marks : marks.filter((_, index) => index % 2 === 0)
}
