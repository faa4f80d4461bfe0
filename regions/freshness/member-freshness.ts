// Up to which moment this region holds everything that one member has answered. Pure: times come in as arguments, all of
// them by this region's own clock. Judges reads alone; what is stable is never judged from it.
//
// What moves it on:
// - a batch or heartbeat of the member itself: it shows its frontier and its hybrid time when it sent;
// - an applied commit of the member, whoever relayed it: everything that the member wrote before it is applied, too;
// - the answer to a question: the frontier is then the member's as of some moment after the question was asked.

import { covers, type VersionVector } from '@causeway/schema/clock/version-vector'

/** The member held `vector` of its own log at `atMs`, at least. */
interface Mark {
  readonly vector: VersionVector
  readonly atMs: number
}

export interface MemberFreshness {
  /** Everything that the member had answered by then is applied here; null where nothing is known. */
  readonly upToMs: number | null
  /** Shown by the member and not applied here at last look, oldest first. */
  readonly marks: readonly Mark[]
  /** By how much the member's clock is ahead of ours at most, as last measured; null until measured. */
  readonly aheadMs: number | null
}

/** At the bound every second mark goes: what is known is then coarser, and never fresher than it is. */
const maximumMarks = 64

export const unknownFreshness: MemberFreshness = Object.freeze({ upToMs: null, marks: [], aheadMs: null })

/**
 * When the member sent what carries `memberMs` of its clock and came at `ownMs`, by our clock and at the earliest. Until
 * the difference of the clocks is measured it counts as none; then a member whose clock is ahead looks fresher than it is
 * by at most the time that its message took.
 */
export function sentAtMs(state: MemberFreshness, memberMs: number, ownMs: number): number {
  return Math.min(ownMs, memberMs - (state.aheadMs ?? 0))
}

/** The member held `vector` at `atMs`; `frontier` is what is applied here. */
export function shown(
  state: MemberFreshness,
  vector: VersionVector,
  atMs: number,
  frontier: VersionVector,
): MemberFreshness {
  if (covers(frontier, vector)) return raise(state, atMs)
  const marks = [...state.marks, { vector, atMs }]
  return { ...state, marks: marks.length <= maximumMarks ? marks : marks.filter((_, index) => index % 2 === 0) }
}

/** The member answered a question that was asked at `askedMs` with `vector` and `memberMs` of its clock. */
export function answered(
  state: MemberFreshness,
  answer: { readonly vector: VersionVector; readonly memberMs: number },
  askedMs: number,
  frontier: VersionVector,
): MemberFreshness {
  return shown({ ...state, aheadMs: answer.memberMs - askedMs }, answer.vector, askedMs, frontier)
}

/** This region has applied up to `frontier`. */
export function caughtUp(state: MemberFreshness, frontier: VersionVector): MemberFreshness {
  if (state.marks.length === 0) return state
  const reached = state.marks.filter(({ vector }) => covers(frontier, vector))
  if (reached.length === 0) return state
  const marks = state.marks.filter((mark) => !reached.includes(mark))
  return raise({ ...state, marks }, Math.max(...reached.map(({ atMs }) => atMs)))
}

/** At `nowMs`: moments that have not come yet were noted before our clock was set back, and say nothing. */
export function withoutFuture(state: MemberFreshness, nowMs: number): MemberFreshness {
  const isFuture = (atMs: number | null) => atMs !== null && atMs > nowMs
  if (!isFuture(state.upToMs) && !state.marks.some(({ atMs }) => isFuture(atMs))) return state
  return {
    upToMs: isFuture(state.upToMs) ? null : state.upToMs,
    marks: state.marks.filter(({ atMs }) => !isFuture(atMs)),
    aheadMs: null,
  }
}

function raise(state: MemberFreshness, atMs: number): MemberFreshness {
  return state.upToMs !== null && state.upToMs >= atMs ? state : { ...state, upToMs: atMs }
}
