// The causal gate before fences (S7): what lies beyond a decided one is let go, and what waits tells how far others are. Pure.

import type { Origin } from '@causeway/schema/clock/origin'
import { emptyVector, mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { GateState } from '../replication/causal-gate.ts'
import type { FenceLimits, NamedBy } from './fence-limits.ts'

/** What the fences are has changed: what lies beyond a decided one is neither kept nor missed. */
export function fence(state: GateState, fences: FenceLimits): GateState {
  if (fences === state.fences) return state
  const waiting = new Map(state.waiting)
  const heard: Record<Origin, number> = { ...state.heard }
  let { waitingCommits, waitingBytes } = state
  for (const origin of new Set([...Object.keys(heard), ...waiting.keys()])) {
    const height = fences.heightOf(origin)
    if (height === null) continue
    heard[origin] = Math.min(sequenceOf(heard, origin), height)
    const kept = new Map<number, SealedCommit>()
    for (const [first, commit] of waiting.get(origin) ?? []) {
      if (commit.lastSequence <= height) kept.set(first, commit)
      else {
        waitingCommits -= 1
        waitingBytes -= commit.bytes.length
      }
    }
    if (kept.size > 0) waiting.set(origin, kept)
    else waiting.delete(origin)
  }
  return { ...state, fences, waiting, heard, waitingCommits, waitingBytes }
}

/** What commits that wait show their writers to have applied. */
export function namedBy({ waiting }: Pick<GateState, 'waiting'>, more: readonly SealedCommit[] = []): NamedBy {
  const named = new Map<Origin, VersionVector>()
  const take = ({ origin, clock }: SealedCommit) => {
    named.set(origin, mergeVectors(named.get(origin) ?? emptyVector, clock))
  }
  for (const commits of waiting.values()) for (const commit of commits.values()) take(commit)
  for (const commit of more) take(commit)
  return named
}
