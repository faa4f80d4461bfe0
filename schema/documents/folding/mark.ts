// What is remembered of a fold (C11): enough to bring a change that was made before it over to what came out of it, long
// after the old history is gone. Plain data, kept as JSON with the document. Knows no Automerge.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { Origin } from '../../clock/origin.ts'
import type { VersionVector } from '../../clock/version-vector.ts'
import { sequenceOf } from '../../clock/version-vector.ts'
import type { Commit } from '../../commit/commit.ts'
import type { DocumentRef } from '../document.ts'
import type { FoldedElements } from './elements.ts'

/** The event of a commit that folds a document; its data are the kind and the heads. */
export const folding = 'document.folded'

/** A fold as its commit tells it: the history up to `heads` becomes one change. */
export interface Fold extends DocumentRef {
  /** Of its event. */
  readonly origin: Origin
  readonly sequence: number
  readonly time: HybridTime
  /** Sorted. */
  readonly heads: readonly string[]
}

/** How the graph before a fold translates into the one after it. Operations are named `counter@actor`. */
export interface FoldMark {
  readonly origin: Origin
  readonly sequence: number
  /** Hash and actor of the change that all history up to the heads became, and how many operations it has. */
  readonly genesis: string
  readonly actor: string
  readonly size: number
  /** Maps by their names before and after. */
  readonly objects: Readonly<Record<string, string>>
  /** Of every actor in the folded history: its last change and its last operation there. */
  readonly actors: Readonly<Record<string, readonly [sequence: number, operation: number]>>
  /** Registers that stood at the heads, by their names before and after. */
  readonly registers: Readonly<Record<string, string>>
  /** What became of the characters of texts; absent where there was none. */
  readonly elements?: FoldedElements
  /** Changes beside the folded history that were carried over, by their hashes before and after. */
  readonly carried: Readonly<Record<string, string>>
  /** Of its commit. Of two folds that did not know of each other the lower (time, region) stands. */
  readonly time: HybridTime
  readonly heads: readonly string[]
  /** Who wrote the changes that were carried over. */
  readonly authors: readonly string[]
  /** Folds of the same graph that did not know of this one, which stands; the lowest first. Absent where there were none. */
  readonly rivals?: readonly Rival[]
}

/** A fold that did not know of a lower one. What was written on its graph is brought over to the one that stands. */
export interface Rival {
  /** As if it stood, but for its own rivals. */
  readonly mark: FoldMark
  /** Who wrote on its graph. */
  readonly authors: readonly string[]
  /** What they wrote, as commits have it, base64url, causes first: until the fold that stands is stable a lower one may come. */
  readonly changes: readonly string[]
}

/** The folds that a commit tells of; of documents that this region may not hold it tells nothing. */
export function foldsOf(commit: Pick<Commit, 'origin' | 'firstSequence' | 'time' | 'events'>): readonly Fold[] {
  const { origin, firstSequence, time } = commit
  const folds: Fold[] = []
  commit.events.forEach((event, index) => {
    // Only a fold's data is looked at: reading it of every event would parse them all.
    if (event.type !== folding) return
    const { kind, heads } = event.data
    if (typeof kind !== 'string' || !Array.isArray(heads)) return
    folds.push({ kind, id: event.entityId, origin, sequence: firstSequence + index, time, heads: heads.map(String) })
  })
  return folds
}

/** On which graph a change was made: how many of the marks its writer knew, and which rival of the next one, if any. */
export function graphOf(
  marks: readonly FoldMark[],
  clock: VersionVector,
): { readonly generation: number; readonly rival: number | null } {
  const generation = generationOf(marks, clock)
  const rivals = marks[generation]?.rivals ?? []
  // Of several that it knew the lowest stood for its writer.
  const rival = rivals.findIndex(({ mark }) => sequenceOf(clock, mark.origin) >= mark.sequence)
  return { generation, rival: rival < 0 ? null : rival }
}

/** Once the last fold is stable: no lower one can come, and what it would need goes. */
export function settledMarks(marks: readonly FoldMark[]): readonly FoldMark[] {
  return marks.map((mark) => {
    if (mark.rivals === undefined) return mark
    return { ...mark, rivals: mark.rivals.map((rival) => ({ ...rival, changes: [] })) }
  })
}

/** How many folds of a document are remembered; a change from before the oldest of them cannot be brought over. */
export const maximumMarks = 4

/**
 * On which graph a change was made whose writer had applied what `clock` holds: how many of the marks, oldest first, it knew.
 * A function of the commit's causal past alone.
 */
export function generationOf(marks: readonly FoldMark[], clock: VersionVector): number {
  let known = 0
  marks.forEach((mark, index) => {
    if (sequenceOf(clock, mark.origin) >= mark.sequence) known = index + 1
  })
  return known
}
