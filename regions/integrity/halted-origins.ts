// What stands still at the causal gate: origins of which nothing is taken in or missed until they may go on, and commits that were
// handed on and turned out to wait for them. Pure.

import type { Origin } from '@causeway/schema/clock/origin'
import { mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { GateState } from '../replication/causal-gate.ts'

/** The next commit of these origins was handed on and refused: what of theirs waits goes, and what comes is not taken in. */
export function halt(state: GateState, origins: readonly Origin[]): GateState {
  if (origins.length === 0) return state
  const released: Record<Origin, number> = { ...state.released }
  const waiting = new Map(state.waiting)
  let { waitingCommits, waitingBytes } = state
  for (const origin of origins) {
    released[origin] = sequenceOf(state.frontier, origin)
    for (const { bytes } of waiting.get(origin)?.values() ?? []) {
      waitingCommits -= 1
      waitingBytes -= bytes.length
    }
    waiting.delete(origin)
  }
  return { ...state, released, waiting, waitingCommits, waitingBytes, halted: new Set([...state.halted, ...origins]) }
}

/** These origins have signed two logs: halted for good, and excused where other clocks name them. */
export function excuse(state: GateState, origins: ReadonlySet<Origin>): GateState {
  const fresh = [...origins].filter((origin) => !state.excused.has(origin))
  return fresh.length === 0 ? state : { ...halt(state, fresh), excused: new Set([...state.excused, ...fresh]) }
}

/** They may go on: what was not taken in has to be asked for again. */
export function goOn(state: GateState, origins: readonly Origin[]): GateState {
  const [halted, excused] = [new Set(state.halted), new Set(state.excused)]
  for (const origin of origins) {
    halted.delete(origin)
    excused.delete(origin)
  }
  return { ...state, halted, excused }
}

/**
 * These were handed on and not applied, though nothing was wrong with them: what they wait for was handed on before them and refused, or
 * kept back, meanwhile (C1, S7). They may be offered again. `frontier`: what is applied by now.
 */
export function handBack(state: GateState, frontier: VersionVector, commits: readonly SealedCommit[]): GateState {
  const known = mergeVectors(state.frontier, frontier)
  const released: Record<Origin, number> = { ...mergeVectors(state.released, known) }
  for (const { origin, firstSequence } of commits)
    released[origin] = Math.max(sequenceOf(known, origin), Math.min(sequenceOf(released, origin), firstSequence - 1))
  return { ...state, frontier: known, released, heard: mergeVectors(state.heard, known) }
}
