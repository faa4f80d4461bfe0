// Brings a stored document up to date with what commits say of it, folds among them, in the order in which they are
// applied: any order that respects causes gives the same document. Knows no store and no commit.

import type { VersionVector } from '../../clock/version-vector.ts'
import {
  applyChanges,
  closeDocument,
  type DocumentHandle,
  type DocumentShape,
  openChanges,
  openDocument,
  saveDocument,
} from '../automerge.ts'
import { identifyChange, type Sha256 } from '../change-bytes.ts'
import { foldDocument, openFolded } from './fold.ts'
import { type Fold, type FoldMark, graphOf, maximumMarks } from './mark.ts'
import { carryOverAll, meetRival, moveFromRival } from './rivals.ts'

export interface FoldedBytes {
  readonly snapshot: Uint8Array | null
  readonly changes: readonly Uint8Array[]
  /** Oldest first; empty for a document that was never folded. */
  readonly marks: readonly FoldMark[]
  /** The whole document as it was before its last fold, kept until that is stable. */
  readonly superseded: Uint8Array | null
}

/** What a commit says of a document. `clock` is all that the commit's writer had applied, its own folds included. */
export type Entry =
  | {
      readonly type: 'change'
      readonly bytes: Uint8Array
      readonly clock: VersionVector
      /** Of a unit: the same bytes may come from several regions, and count once. */
      readonly isUnit?: boolean
    }
  | { readonly type: 'fold'; readonly fold: Fold; readonly clock: VersionVector }

export interface Replayed {
  /** To be closed by the caller. */
  readonly handle: DocumentHandle
  /** As they go onto the stored changes; null where a fold has made these of no use. */
  readonly newChanges: readonly Uint8Array[] | null
  readonly marks: readonly FoldMark[]
  readonly superseded: Uint8Array | null
  /** Where marks or the superseded document are other than stored. */
  readonly hasMoved: boolean
}

/** Looks on while changes come in. */
export interface ReplayWatcher {
  /** At the start, and after every fold: the document as it stands. */
  opened(handle: DocumentHandle): void
  /** A change as it goes onto the newest graph, before it does. */
  take(bytes: Uint8Array, marks: readonly FoldMark[]): void
}

export function replay(
  shape: DocumentShape,
  stored: FoldedBytes | null,
  entries: readonly Entry[],
  actor: string,
  sha256: Sha256,
  watcher: ReplayWatcher | null = null,
): Replayed {
  let handle = openDocument(shape, stored, actor)
  watcher?.opened(handle)
  let marks = stored?.marks ?? []
  let superseded = stored?.superseded ?? null
  let isFolded = false
  let fresh: Uint8Array[] = []
  const added: Uint8Array[] = []
  const flush = () => {
    applyChanges(handle, fresh)
    added.push(...fresh)
    fresh = []
  }
  for (const entry of entries) {
    if (entry.type === 'change') {
      const carried = bringOver(marks, entry.bytes, entry.clock, sha256)
      if (carried.isOfLast && superseded !== null) superseded = addTo(shape, superseded, entry.bytes, actor)
      marks = carried.marks
      if (entry.isUnit === true) {
        flush()
        if (handle.backend.getChangeByHash(identifyChange(carried.bytes, sha256).hash) !== null) continue
      }
      watcher?.take(carried.bytes, marks)
      fresh.push(carried.bytes)
      continue
    }
    flush()
    const { generation, rival } = graphOf(marks, entry.clock)
    if (generation < marks.length) {
      const mark = marks.at(-1)
      if (mark === undefined || superseded === null || rival !== null || generation < marks.length - 1)
        throw new RangeError(`a ${shape.name} is folded by who does not know of a fold that is done with`)
      const met = meetRival(shape, { handle, mark, superseded }, entry.fold, actor, sha256)
      marks = [...marks.slice(0, -1), met.mark]
      if (met.changes === null) continue
      closeDocument(handle)
      handle = openChanges(shape, met.changes, actor)
      watcher?.opened(handle)
      isFolded = true
      continue
    }
    const folded = foldDocument(handle, entry.fold, sha256)
    superseded = saveDocument(handle)
    closeDocument(handle)
    handle = openFolded(shape, folded, actor)
    watcher?.opened(handle)
    marks = [...marks, folded.mark].slice(-maximumMarks)
    isFolded = true
  }
  flush()
  const newChanges = isFolded ? null : added
  return { handle, newChanges, marks, superseded, hasMoved: marks !== (stored?.marks ?? marks) || isFolded }
}

/** The change on the newest graph, whichever it was made on. */
function bringOver(marks: readonly FoldMark[], change: Uint8Array, clock: VersionVector, sha256: Sha256) {
  const { generation, rival } = graphOf(marks, clock)
  if (generation === marks.length) return { bytes: change, marks, isOfLast: false }
  const moved = [...marks]
  let bytes = change
  for (let index = generation; index < marks.length; index += 1) {
    const mark = moved[index]
    if (mark === undefined) continue
    const carried =
      index === generation && rival !== null
        ? moveFromRival(mark, rival, bytes, sha256)
        : carryOverAll(mark, bytes, sha256)
    bytes = carried.bytes
    moved[index] = carried.mark
  }
  // Made on the very history that the last fold has folded.
  return { bytes, marks: moved, isOfLast: generation === marks.length - 1 && rival === null }
}

function addTo(shape: DocumentShape, whole: Uint8Array, change: Uint8Array, actor: string): Uint8Array {
  const handle = openDocument(shape, { snapshot: whole, changes: [change] }, actor)
  try {
    return saveDocument(handle)
  } finally {
    closeDocument(handle)
  }
}
