// The part of the store port that keeps a region from growing with its age: the log behind the stable frontier moves to an
// archive of compressed segments, and what is older than its retention goes (C11, I5). It moves and drops; when that is
// right is decided by who calls it.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import type { DocumentRef } from '@causeway/schema/documents/document'
import type { LogPlace, StoredDocument } from './store.ts'

/** Where the log begins that this region can still serve. Behind it nothing can be told: a peer needs a snapshot. */
export interface LogFloor {
  /** Commits up to this local position are gone; 0 while all of the log is held. */
  readonly position: number
  /** What those commits were: the log serves whoever holds all of this, and nobody else. */
  readonly vector: VersionVector
  /** The last of them in the order of the log; null while none is gone. */
  readonly place: LogPlace | null
}

export const wholeLog: LogFloor = Object.freeze({ position: 0, vector: Object.freeze({}), place: null })

export interface ArchiveRequest {
  /** Only commits that this holds may move. */
  readonly stable: VersionVector
  /** Only commits written before this may move. */
  readonly before: HybridTime
  /** A segment that would be smaller than a whole one is made only of commits written before this. */
  readonly smallBefore: HybridTime
}

/** A whole segment: this many commits, or this many bytes of them. */
export const segmentCommits = 2_000
export const segmentBytes = 2 * 1024 * 1024

export interface ArchiveStep {
  /** Moved in this step; 0 where nothing was to be moved. */
  readonly commits: number
  readonly bytes: number
}

export interface PruneRequest {
  /** Only outcomes that this holds may go: none that any member does not know. */
  readonly stable: VersionVector
  readonly before: HybridTime
  readonly limit: number
}

/** Accepted outcomes of one origin, after a key; null: from the first. */
export interface OutcomesRequest {
  readonly origin: Origin
  readonly commands: readonly string[]
  readonly after: string | null
  readonly limit: number
}

export interface HistorySize {
  /** The log that is at hand, and what the database takes for it, indexes included. */
  readonly logCommits: number
  readonly logBytes: number
  readonly archivedSegments: number
  readonly archivedCommits: number
  /** As commits, and as compressed. */
  readonly archivedBytes: number
  readonly storedBytes: number
  readonly outcomes: number
}

/** A document that may be folded at these heads. */
export type Foldable = Pick<StoredDocument, 'kind' | 'id' | 'heads'>

/** No snapshot of a document is worth folding below this. */
export const leastFoldBytes = 4_096

export interface FoldableRequest {
  /** Only documents all of whose changes this holds. */
  readonly stable: VersionVector
  /** Only those whose snapshot is larger than this, and than `growth` times the state that it leads to. */
  readonly minimumBytes: number
  readonly growth: number
  /** By (kind, id), after this one; null: from the first. */
  readonly after: DocumentRef | null
  readonly limit: number
}

/** Every method is one step that stands whole or not at all, whatever fails; any node may call it at any time. */
export interface History {
  /** From where on `commitsAfterVector`, `commitsAfterPosition` and `commitsInOrder` answer; before it they throw LOG_DROPPED. */
  floor(): Promise<LogFloor>
  /** Moves the oldest commits of the log, one segment of them, to the archive, where all reads of the log go on finding them. */
  archive(request: ArchiveRequest): Promise<ArchiveStep>
  /** Drops the oldest archived segment if all of it was written before this; false where there is none such. */
  dropSegment(before: HybridTime): Promise<boolean>
  /** The last sequence of the commit at this place; null where the log at hand has none: it was archived, or came in a snapshot. */
  sequenceAt(place: LogPlace): Promise<number | null>
  /** Documents that have more history than state, are not changing just now, and whose last fold is done with. */
  foldable(request: FoldableRequest): Promise<readonly Foldable[]>
  /** By key. */
  outcomesOf(request: OutcomesRequest): Promise<readonly KnownOutcome[]>
  /** Forgets outcomes; how many. */
  pruneOutcomes(request: PruneRequest): Promise<number>
  /** Counts may lag behind by what the database has not looked at yet. */
  size(): Promise<HistorySize>
}
