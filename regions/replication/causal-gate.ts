// The causal gate: takes verified commits from any number of links in any order, hands each on once, in causal order.
// Pure: knows no links, no bytes, no clock and no database.
//
// - A commit at or below what was handed on is dropped (C2).
// - A commit waits until all that its clock names was handed on (C1), and while its time is too far ahead (C7).
// - A hole is named in `missing`, never skipped (C2). What was once heard of stays missing until it comes, so a commit
//   that was dropped at the bound is asked for again.
// - An origin whose next commit was refused is halted: it fills no buffer and leaves no hole, and others go on.
// - A commit beyond a fence is dropped, and one beyond what this region has said that it holds of what is to be fenced waits
//   until another one whose word counts names it (S7).
// - The buffer is bounded: past the bound the furthest commits, the latest in (time, origin, sequence), are dropped. The
//   nearest stay, so the gate always moves when what is missing comes.

import { compareTimes, isTooFarAhead, maximumDriftMs } from '@causeway/schema/clock/hybrid-clock'
import type { Origin } from '@causeway/schema/clock/origin'
import { covers, mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { type FenceLimits, noLimits, nothingNamed } from '../recovery/fence-limits.ts'
import { namedBy } from '../recovery/fenced-gate.ts'
import { causesOf, holdsCauses } from './causes.ts'

export interface GateLimits {
  readonly maximumCommits: number
  readonly maximumBytes: number
}

/** About what four links may have in flight: 4 MB each. */
export const defaultGateLimits: GateLimits = Object.freeze({ maximumCommits: 20_000, maximumBytes: 16 * 1024 * 1024 })

/** Per origin, commits that wait, by first sequence. */
type Waiting = ReadonlyMap<Origin, ReadonlyMap<number, SealedCommit>>

export interface GateState {
  /** Durably applied here. */
  readonly frontier: VersionVector
  /** Handed on; covers the frontier. */
  readonly released: VersionVector
  /** The highest of each origin that any offered commit has shown or named. */
  readonly heard: VersionVector
  readonly waiting: Waiting
  readonly waitingCommits: number
  readonly waitingBytes: number
  readonly limits: GateLimits
  /** Origins whose next commit was refused: nothing of theirs is taken in, and nothing is missed. */
  readonly halted: ReadonlySet<Origin>
  /** Origins of which nothing more is applied here: what other clocks say of them keeps nobody waiting. */
  readonly excused: ReadonlySet<Origin>
  /** How far what is fenced, or is to be, is handed on (S7). */
  readonly fences: FenceLimits
}

export interface DroppedCommit {
  readonly commit: SealedCommit
  /** `overlaps`: begins within what was handed on and ends beyond it: another cut of the same log, which nobody signs twice; `fenced`: beyond a fence. */
  readonly reason: 'duplicate' | 'full' | 'overlaps' | 'halted' | 'fenced'
}

/** Sequences first..last of an origin that are neither handed on nor waiting. */
export interface MissingRange {
  readonly origin: Origin
  readonly first: number
  readonly last: number
}

export interface GateResult {
  readonly state: GateState
  /** In causal order: each one's clock is covered by the frontier and those before it. */
  readonly ready: readonly SealedCommit[]
  readonly dropped: readonly DroppedCommit[]
  readonly missing: readonly MissingRange[]
  /** When to call `settle` again because a commit's time was too far ahead; null where none waits for that. */
  readonly retryInMs: number | null
}

/** A gate that stands at what is applied. */
export function openGate(frontier: VersionVector, limits: GateLimits = defaultGateLimits): GateState {
  return {
    frontier,
    released: frontier,
    heard: frontier,
    waiting: new Map(),
    waitingCommits: 0,
    waitingBytes: 0,
    limits,
    halted: new Set(),
    excused: new Set(),
    fences: noLimits,
  }
}

/** Takes commits in any order. `wallMs` is the region's wall time. */
export function offer(state: GateState, commits: readonly SealedCommit[], wallMs: number): GateResult {
  const draft = edit(state)
  for (const commit of commits) admit(draft, commit, wallMs)
  return finish(draft, wallMs)
}

/** What is durably applied has grown, by what was handed on or otherwise (own commits, another node's). */
export function applied(state: GateState, frontier: VersionVector, wallMs: number): GateResult {
  // It is asked after every commit, and mostly nothing waits and nothing is missing.
  if (state.waitingCommits === 0 && covers(state.released, state.heard) && covers(state.frontier, frontier))
    return { state, ready: [], dropped: [], missing: nothingMissing, retryInMs: null }
  const draft = edit(state)
  draft.frontier = mergeVectors(state.frontier, frontier)
  draft.released = mergeVectors(state.released, frontier)
  draft.heard = mergeVectors(state.heard, frontier)
  discardReleased(draft)
  return finish(draft, wallMs)
}

/** Time has passed: what waited because it was too far ahead may be ready. */
export function settle(state: GateState, wallMs: number): GateResult {
  return finish(edit(state), wallMs)
}

/** What was handed on and not applied is lost (the transaction failed): all beyond the frontier has to come again. */
export function withdraw(state: GateState, frontier: VersionVector): GateState {
  const known = mergeVectors(state.frontier, frontier)
  const { halted, excused, fences } = state
  return { ...openGate(known, state.limits), heard: mergeVectors(state.heard, known), halted, excused, fences }
}

interface Draft {
  frontier: VersionVector
  released: VersionVector
  heard: VersionVector
  waiting: Map<Origin, Map<number, SealedCommit>>
  waitingCommits: number
  waitingBytes: number
  readonly limits: GateLimits
  readonly halted: ReadonlySet<Origin>
  readonly excused: ReadonlySet<Origin>
  readonly fences: FenceLimits
  readonly ready: SealedCommit[]
  readonly dropped: DroppedCommit[]
}

function edit(state: GateState): Draft {
  const waiting = new Map<Origin, Map<number, SealedCommit>>()
  for (const [origin, commits] of state.waiting) waiting.set(origin, new Map(commits))
  return { ...state, waiting, ready: [], dropped: [] }
}

function admit(draft: Draft, commit: SealedCommit, wallMs: number): void {
  const released = sequenceOf(draft.released, commit.origin)
  if (commit.lastSequence <= released) {
    draft.dropped.push({ commit, reason: 'duplicate' })
    return
  }
  if (commit.firstSequence <= released) {
    draft.dropped.push({ commit, reason: 'overlaps' })
    return
  }
  if (draft.halted.has(commit.origin)) {
    draft.dropped.push({ commit, reason: 'halted' })
    return
  }
  if (commit.lastSequence > (draft.fences.heightOf(commit.origin) ?? Number.POSITIVE_INFINITY)) {
    draft.dropped.push({ commit, reason: 'fenced' })
    return
  }
  const waiting = draft.waiting.get(commit.origin)
  if (waiting?.has(commit.firstSequence) === true) {
    draft.dropped.push({ commit, reason: 'duplicate' })
    return
  }
  draft.heard = raise(mergeVectorsIfNeeded(draft.heard, causesOf(commit)), commit)
  if (isReady(draft, commit, wallMs)) {
    release(draft, commit)
    return
  }
  if (waiting === undefined) draft.waiting.set(commit.origin, new Map([[commit.firstSequence, commit]]))
  else waiting.set(commit.firstSequence, commit)
  draft.waitingCommits += 1
  draft.waitingBytes += commit.bytes.length
}

function finish(draft: Draft, wallMs: number): GateResult {
  releaseWaiting(draft, wallMs)
  dropFurthest(draft)
  const { ready, dropped, ...state } = draft
  return { state, ready, dropped, missing: missingIn(draft), retryInMs: retryInMs(draft, wallMs) }
}

function isReady(draft: Draft, commit: SealedCommit, wallMs: number): boolean {
  return isNext(draft, commit) && !isTooFarAhead(commit.time, wallMs)
}

function isNext(draft: Draft, commit: SealedCommit): boolean {
  return (
    sequenceOf(draft.released, commit.origin) === commit.firstSequence - 1 &&
    holdsCauses(draft.released, commit, draft.excused) &&
    !draft.fences.isBeyond(commit, draft.fences.isOpen ? namedBy(draft) : nothingNamed)
  )
}

function release(draft: Draft, commit: SealedCommit): void {
  draft.released = raise(draft.released, commit)
  draft.ready.push(commit)
}

/** Only the next commit of each origin can be ready, so a pass looks at one per origin; it repeats while one is. */
function releaseWaiting(draft: Draft, wallMs: number): void {
  let moved = draft.waitingCommits > 0
  while (moved) {
    moved = false
    for (const [origin, commits] of draft.waiting) {
      let next = commits.get(sequenceOf(draft.released, origin) + 1)
      while (next !== undefined && isReady(draft, next, wallMs)) {
        forget(draft, next)
        release(draft, next)
        moved = true
        next = commits.get(next.lastSequence + 1)
      }
    }
  }
  // Once at the end: none of these can be next, and two origins that answer each other take a pass for every commit.
  discardReleased(draft)
}

/** Waiting commits that what was handed on has come to hold otherwise. */
function discardReleased(draft: Draft): void {
  for (const [origin, commits] of draft.waiting) {
    const released = sequenceOf(draft.released, origin)
    for (const commit of commits.values()) {
      if (commit.firstSequence > released) continue
      forget(draft, commit)
      draft.dropped.push({ commit, reason: commit.lastSequence <= released ? 'duplicate' : 'overlaps' })
    }
  }
}

function dropFurthest(draft: Draft): void {
  const { maximumCommits, maximumBytes } = draft.limits
  if (draft.waitingCommits <= maximumCommits && draft.waitingBytes <= maximumBytes) return
  const nearestFirst = [...draft.waiting.values()].flatMap((commits) => [...commits.values()]).sort(compareCommits)
  while (draft.waitingCommits > maximumCommits || draft.waitingBytes > maximumBytes) {
    const furthest = nearestFirst.pop()
    if (furthest === undefined) return
    forget(draft, furthest)
    draft.dropped.push({ commit: furthest, reason: 'full' })
  }
}

function forget(draft: Draft, commit: SealedCommit): void {
  const commits = draft.waiting.get(commit.origin)
  if (commits?.delete(commit.firstSequence) !== true) return
  if (commits.size === 0) draft.waiting.delete(commit.origin)
  draft.waitingCommits -= 1
  draft.waitingBytes -= commit.bytes.length
}

function missingIn(draft: Draft): readonly MissingRange[] {
  if (covers(draft.released, draft.heard)) return nothingMissing
  const ranges: MissingRange[] = []
  for (const origin of Object.keys(draft.heard).sort()) {
    const heard = sequenceOf(draft.heard, origin)
    let reached = sequenceOf(draft.released, origin)
    if (reached >= heard || draft.halted.has(origin)) continue
    const commits = [...(draft.waiting.get(origin)?.values() ?? [])].sort((a, b) => a.firstSequence - b.firstSequence)
    for (const commit of commits) {
      if (commit.firstSequence > reached + 1)
        ranges.push({ origin, first: reached + 1, last: commit.firstSequence - 1 })
      reached = Math.max(reached, commit.lastSequence)
    }
    if (reached < heard) ranges.push({ origin, first: reached + 1, last: heard })
  }
  return ranges
}

const nothingMissing: readonly MissingRange[] = Object.freeze([])

function retryInMs(draft: Draft, wallMs: number): number | null {
  let earliest: number | null = null
  for (const [origin, commits] of draft.waiting) {
    const next = commits.get(sequenceOf(draft.released, origin) + 1)
    if (next === undefined || !isNext(draft, next)) continue
    const waitMs = Math.max(1, next.time.wallMs - wallMs - maximumDriftMs)
    earliest = earliest === null ? waitMs : Math.min(earliest, waitMs)
  }
  return earliest
}

function compareCommits(left: SealedCommit, right: SealedCommit): number {
  const byTime = compareTimes(left.time, right.time)
  if (byTime !== 0) return byTime
  if (left.origin !== right.origin) return left.origin < right.origin ? -1 : 1
  return left.firstSequence - right.firstSequence
}

function raise(vector: VersionVector, commit: SealedCommit): VersionVector {
  if (commit.lastSequence <= sequenceOf(vector, commit.origin)) return vector
  return { ...vector, [commit.origin]: commit.lastSequence }
}

function mergeVectorsIfNeeded(vector: VersionVector, other: VersionVector): VersionVector {
  return covers(vector, other) ? vector : mergeVectors(vector, other)
}
