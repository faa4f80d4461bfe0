// The part of the store port that carries a region's whole state to a peer which the log no longer reaches (C10): a
// snapshot is made here in one consistent read, kept as pages that any node can serve, staged page by page at the other
// end, and takes the place of what stood there in one transaction. When to do so is decided by who calls it.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import type { ConflictPair } from '@causeway/schema/documents/conflicts/conflict'
import type { DocumentRef } from '@causeway/schema/documents/document'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import type { StockRow } from '@causeway/schema/stock/row'
import type { LogFloor } from '../history.ts'
import type { DocumentBytes, Head, Loaded, LoadRequest, Obligation, StoredDocument, WriteSet } from '../store.ts'

/** Layout of pages and of what they hold. Raised with a change; a region takes no snapshot of another layout. */
export const snapshotLayout = 2

/** A page ends once its rows have so many bytes; it holds at least one row. */
export const pageBytes = 512 * 1024

/** Pages of one snapshot: some hundred gigabytes. Beyond it a snapshot cannot be made. */
export const maximumPages = 262_144

/** What of a head is the same in every region that stands at the frontier, and what members have shown. */
export interface SnapshotHead {
  readonly frontier: VersionVector
  readonly time: HybridTime
  readonly memberClocks: Readonly<Record<RegionId, VersionVector>>
  /** Origin → hex. */
  readonly chainHashes: Readonly<Record<Origin, string>>
  readonly significant: VersionVector
  readonly fences: FenceLog
}

export interface SnapshotDescription {
  readonly layout: number
  readonly id: string
  readonly region: RegionId
  readonly madeMs: number
  readonly head: SnapshotHead
  /** SHA-256 of each page, hex. */
  readonly pages: readonly string[]
  /** Of all pages together. */
  readonly bytes: number
}

export type SnapshotDocument = StoredDocument & DocumentBytes

/** Rows of one page, in the order of their keys over all pages of the type. */
export type SnapshotRows =
  | { readonly type: 'documents'; readonly rows: readonly SnapshotDocument[] }
  | { readonly type: 'stock'; readonly rows: readonly StockRow[] }
  | { readonly type: 'outcomes'; readonly rows: readonly KnownOutcome[] }
  | { readonly type: 'conflicts'; readonly rows: readonly ConflictPair[] }

/** What digests are made of: documents without their bytes. */
export type StateRows =
  | { readonly type: 'documents'; readonly rows: readonly StoredDocument[] }
  | { readonly type: 'stock'; readonly rows: readonly StockRow[] }
  | { readonly type: 'conflicts'; readonly rows: readonly ConflictPair[] }

export interface SnapshotRequest {
  readonly id: string
  readonly madeMs: number
  /** Kinds of documents that stay at home: no other region may hold them (C12). */
  readonly exceptKinds: readonly string[]
}

export interface StagedSnapshot {
  readonly description: SnapshotDescription
  /** Pages that are there: 0 to this, excluded. */
  readonly received: number
}

/** Replaces the region's state under the lock of the head row. All of it stands, or nothing. */
export interface Installation {
  readonly head: Head
  load(request: LoadRequest): Promise<Loaded>
  /** Once, first: documents and conflicts but those of `keptKinds`, stock rows and the log are gone; the log begins at `floor`. */
  clear(head: Head, floor: LogFloor, keptKinds: readonly string[]): Promise<void>
  /** Outcomes that `held` does not hold are gone, and so is what waits for anything beyond it. */
  forget(held: VersionVector): Promise<void>
  /** Rows as they are; outcomes join those that are known. */
  put(rows: SnapshotRows): Promise<void>
  owe(obligations: readonly Omit<Obligation, 'number'>[]): Promise<void>
  /** Documents of these kinds, by kind and id, at most `limit` of those that come after one. */
  after(document: DocumentRef, kinds: readonly string[], limit: number): Promise<readonly DocumentRef[]>
  /** With their bytes, the names that they claim and their conflicts. */
  remove(documents: readonly DocumentRef[]): Promise<void>
  /** As often as is needed: each continues the head that `clear` or the last `write` left. */
  write(set: WriteSet): Promise<void>
}

export interface Snapshots {
  /** The one that is kept here for peers; null where there is none. */
  made(): Promise<SnapshotDescription | null>
  /**
   * Makes one in a consistent read, which holds no lock, and keeps it in place of the one before. It takes its time: no
   * more than every other moment is spent on it. One at a time; a crash leaves the one before.
   */
  make(request: SnapshotRequest): Promise<SnapshotDescription>
  /** Null where this snapshot is no longer kept. */
  page(id: string, number: number): Promise<Uint8Array | null>
  drop(): Promise<void>
  /** Reads documents, conflicts and stock rows, by their keys, all as of the head that `begin` is given. Paced as `make` is. */
  read(
    exceptKinds: readonly string[],
    begin: (head: Head) => Promise<void>,
    visit: (rows: StateRows) => void,
  ): Promise<void>

  /** What was begun to be taken in; null where there is nothing. */
  staged(): Promise<StagedSnapshot | null>
  /** In place of whatever is staged. */
  stage(description: SnapshotDescription): Promise<void>
  /** The next page; its hash has been checked. */
  stagePage(number: number, body: Uint8Array): Promise<void>
  stagedPage(number: number): Promise<Uint8Array>
  unstage(): Promise<void>
  /** What is staged goes with it. */
  install<Result>(work: (installation: Installation) => Promise<Result>): Promise<Result>
}
