// Version vectors: origin → highest contiguous sequence. Knows nothing of time or of what a sequence stands for.
// (Parker et al., "Detection of Mutual Inconsistency in Distributed Systems", 1983.)

import type { Origin } from './origin.ts'

/** Absent origins stand for 0; entries are whole numbers ≥ 1. Treat as immutable. */
export type VersionVector = Readonly<Record<Origin, number>>

export type Causality = 'before' | 'after' | 'equal' | 'concurrent'

export const emptyVector: VersionVector = Object.freeze({})

/**
 * How much of `origin` the vector holds; 0 where it is absent. What every object has by that name is no number: to ask for the type
 * costs less than to ask whether the entry is its own, and nothing is asked more often.
 */
export function sequenceOf(vector: VersionVector, origin: Origin): number {
  const held: unknown = vector[origin]
  return typeof held === 'number' ? held : 0
}

/** True where `vector` holds everything that `other` holds. */
export function covers(vector: VersionVector, other: VersionVector): boolean {
  for (const origin in other) if (sequenceOf(vector, origin) < sequenceOf(other, origin)) return false
  return true
}

/** How `left` stands to `right`: `before` where right holds all of left and more. */
export function compareVectors(left: VersionVector, right: VersionVector): Causality {
  const rightCovers = covers(right, left)
  const leftCovers = covers(left, right)
  if (leftCovers && rightCovers) return 'equal'
  if (rightCovers) return 'before'
  return leftCovers ? 'after' : 'concurrent'
}

/** The least vector that covers both; `left` itself where that does, as mostly. */
export function mergeVectors(left: VersionVector, right: VersionVector): VersionVector {
  if (covers(left, right)) return left
  const merged: Record<Origin, number> = { ...left }
  for (const origin in right) merged[origin] = Math.max(sequenceOf(left, origin), sequenceOf(right, origin))
  return merged
}

/** The greatest vector that both cover. */
export function meetVectors(left: VersionVector, right: VersionVector): VersionVector {
  const met: Record<Origin, number> = {}
  for (const origin in left) {
    const sequence = Math.min(sequenceOf(left, origin), sequenceOf(right, origin))
    if (sequence > 0) met[origin] = sequence
  }
  return met
}

/** `vector` with `origin` raised to `sequence`; never lowered. */
export function advance(vector: VersionVector, origin: Origin, sequence: number): VersionVector {
  return sequence <= sequenceOf(vector, origin) ? vector : { ...vector, [origin]: sequence }
}

/** How many events `ahead` holds that `behind` does not. */
export function eventsBehind(behind: VersionVector, ahead: VersionVector): number {
  let count = 0
  for (const origin in ahead) count += Math.max(0, sequenceOf(ahead, origin) - sequenceOf(behind, origin))
  return count
}
