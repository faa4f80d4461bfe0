// The store port: all state of a region. Two implementations, Postgres and memory, pass one contract suite
// (store.contract.ts). It stores and finds; it knows no kind of document, no command and no peer.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { CommitPlace, KnownOutcome } from '@causeway/schema/documents/command'
import type { ConflictPair } from '@causeway/schema/documents/conflicts/conflict'
import type { DocumentIndex, DocumentRef, DocumentState } from '@causeway/schema/documents/document'
import type { FoldMark } from '@causeway/schema/documents/folding/mark'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import type { StockCells, StockRow } from '@causeway/schema/stock/row'
import type { ConflictLog } from './conflicts.ts'
import type { History } from './history.ts'
import type { StoreIdentity } from './identity.ts'
import type { Evidence, Incidents, RepairSet } from './integrity.ts'
import type { Renamed } from './renamed.ts'
import type { Snapshots } from './snapshots/snapshots.ts'
import type { StoreView } from './views.ts'

/** The origin's head row. Committing and applying lock it first (W7). */
export interface Head {
  readonly region: RegionId
  readonly origin: Origin
  /** Last sequence of the origin; 0 before its first commit. */
  readonly sequence: number
  /** Hash of its last commit; 32 zero bytes before the first. */
  readonly hash: Uint8Array
  readonly time: HybridTime
  /** What this region has applied, its own commits included. */
  readonly frontier: VersionVector
  /** Number of commits applied here; commits are numbered from 1 in the order in which they were applied. */
  readonly position: number
  /** Per member, the newest clock it has shown in an applied commit: what stability is judged from. */
  readonly memberClocks: Readonly<Record<RegionId, VersionVector>>
  /** Per origin, the hash of its last applied commit: what a chain is checked against. */
  readonly chainHashes: Readonly<Record<Origin, Uint8Array>>
  /** The part of the frontier that is more than acknowledgements: what an idle member owes an acknowledgement for. */
  readonly significant: VersionVector
  /** What the applied commits have said of fences (S7). */
  readonly fences: FenceLog
  /** How often rows were put right behind the log's back (C9): what a node remembers from before the last time is worth nothing. */
  readonly repairs: number
}

export interface StoredDocument extends DocumentRef {
  /** Hex hashes of the current Automerge heads, sorted. */
  readonly heads: readonly string[]
  readonly state: DocumentState
  readonly index: DocumentIndex
}

export interface DocumentBytes extends DocumentRef {
  readonly snapshot: Uint8Array | null
  /** Changes after the snapshot, in the order in which they were applied. */
  readonly changes: readonly Uint8Array[]
  /** Of its folds, oldest first. */
  readonly marks: readonly FoldMark[]
  /** The whole document as it was before its last fold, until that is stable. */
  readonly superseded: Uint8Array | null
}

export interface DocumentWrite extends StoredDocument {
  /** Heads that must still stand; empty for a new document. A mismatch fails the transaction (W7). */
  readonly expectedHeads: readonly string[]
  /** Kept after a `snapshot` of the same write: leave out what that holds. */
  readonly newChanges: readonly Uint8Array[]
  /** Replaces snapshot and all changes so far. */
  readonly snapshot?: Uint8Array
  /** Replaces what is remembered of folds; left out, that stays as it is. */
  readonly fold?: Pick<DocumentBytes, 'marks' | 'superseded'>
}

/** Absolute cells of a row; merged by maximum. `givenIn` is kept by the store from all rows' `given`. */
export interface StockWrite {
  readonly sku: string
  readonly location: string
  readonly holder: Origin
  readonly cells: StockCells
  /**
   * What the writer holds the row to have given before; left out where it does not know. It spares the store reading the row
   * and changes nothing else: a store that finds other gifts merges as without it.
   */
  readonly givenBefore?: StockCells['given']
  /** Of a holder that has signed two logs: taken together they may have given more than it had, and the row is kept all the same. */
  readonly mayOwe?: boolean
}

export interface Obligation {
  /** Made by the store. */
  readonly number: number
  /**
   * `fold`: the old bytes of a document may go; `id` is `kind/id`, `item` names the fold. `claim`: a document of this region has
   * lost a name to an earlier claim; `id` is `kind/id`, `item` the name. `late-sale`, `forked-lease`: operators have to be told; `id` is the
   * lease, `item` the order that was told too late. `lost-home`: what is personal of a customer, `id`, has to go from here.
   */
  readonly subject: 'order' | 'key' | 'lease' | 'fold' | 'claim' | 'late-sale' | 'forked-lease' | 'lost-home'
  readonly id: string
  readonly item: string
  /** Due once this is stable; null: due now. */
  readonly waitsFor: { readonly origin: Origin; readonly sequence: number } | null
}

/** Those that were due before. */
export interface SeenObligations {
  /** What waited for commits up to here. */
  readonly stable: VersionVector
  /** What waited for nothing, up to this number. */
  readonly number: number
  /** Whatever it waited for, up to this number: of the page before. */
  readonly page: number
}

export interface StoredCommit {
  readonly position: number
  /** Its origin may be the name of a branch (C6), which no frontier holds. */
  readonly commit: SealedCommit
  /** `kind/id` of every document that it changed: what a node's cache forgets. Empty once it is archived. */
  readonly touched: readonly string[]
}

export interface WriteSet {
  readonly head: Head
  readonly commits: readonly StoredCommit[]
  readonly documents: readonly DocumentWrite[]
  /** Kept once each; of every path the newest (`pairsKeptPerPath`). */
  readonly conflicts: readonly ConflictPair[]
  readonly stock: readonly StockWrite[]
  readonly outcomes: readonly KnownOutcome[]
  readonly newObligations: readonly Omit<Obligation, 'number'>[]
  readonly settledObligations: readonly number[]
  /** Commits that stand under other names from now on, in this order (C6). Where one is not in the log at hand, nothing is written. */
  readonly renamed?: readonly Renamed[]
}

export interface LoadRequest {
  readonly documents: readonly DocumentRef[]
  readonly ids: readonly string[]
  readonly aliases: readonly string[]
  /** All holders' rows of these SKUs. */
  readonly skus: readonly string[]
  readonly keys: readonly string[]
  /** Documents whose bytes are needed to change or rebuild them. */
  readonly bytes: readonly DocumentRef[]
}

export interface Loaded {
  readonly documents: readonly StoredDocument[]
  /** Kinds by id. */
  readonly ids: readonly DocumentRef[]
  /** The standing claim of each alias that was found. */
  readonly aliases: readonly { readonly alias: string; readonly document: StoredDocument }[]
  readonly stock: readonly StockRow[]
  readonly outcomes: readonly KnownOutcome[]
  readonly bytes: readonly DocumentBytes[]
}

/** Holds the lock of the head row until `work` ends. */
export interface HeadTransaction {
  readonly head: Head
  load(request: LoadRequest): Promise<Loaded>
  /** `touched` of the commits after a position, for caches of other nodes' commits; null where that is no longer known. */
  touchedSince(position: number): Promise<readonly string[] | null>
  /** Of these documents those that are filed under other keys, or hold other claims to names, than their index says. */
  misfiled(refs: readonly DocumentRef[]): Promise<readonly DocumentRef[]>
  /** At most once, last. */
  write(set: WriteSet): Promise<void>
  /** In place of `write`: raises `head.repairs`, moves nothing else of the head. */
  repair(set: RepairSet): Promise<void>
}

export interface DocumentQuery {
  readonly kind: string
  readonly owner?: string
  readonly status?: string
  readonly tag?: string
  /** Full text; results come by rank, then id. */
  readonly search?: string
  readonly first: number
  /** Of the last row of the page before. */
  readonly after?: { readonly sortKey: string; readonly id: string; readonly rank: number }
  /** By (sortKey, id). */
  readonly descending: boolean
}

export interface FoundDocument {
  readonly document: StoredDocument
  /** 0 without `search`. */
  readonly rank: number
}

/** Where a commit stands in the order that is the same in every region: by hybrid time, then origin. */
export type LogPlace = CommitPlace

export type StoreErrorCode =
  | 'UNREACHABLE'
  | 'UNFIT'
  | 'SCHEMA_VERSION'
  | 'DISK_FULL'
  | 'STALE_HEADS'
  | 'RIGHTS'
  | 'CLOSED'
  | 'LOG_DROPPED'
  | 'LOG_SPOILED'
  | 'REPLACED'

/**
 * `UNFIT`: the database does not do what it is asked for, whatever is written: an operator has to put that right, or we.
 * `retry`: the same call may succeed later without a change of its input. Nothing was written, with one exception:
 * UNREACHABLE without `retry` means that the database went away while it committed and did not come back in time to be
 * asked; the write stands whole or not at all, and `head()` will tell.
 */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly retry: boolean
  constructor(code: StoreErrorCode, message: string, options: { retry: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'StoreError'
    this.code = code
    this.retry = options.retry
  }
}

/** A segment of the archive that cannot be read any more. Its commits are fetched from peers again (C9). */
export class SpoiledSegment extends StoreError {
  readonly firstPosition: number
  readonly lastPosition: number
  constructor(firstPosition: number, lastPosition: number, cause?: unknown) {
    const message = `the archived log from position ${firstPosition} to ${lastPosition} cannot be read`
    super('LOG_SPOILED', message, { retry: true, cause })
    this.firstPosition = firstPosition
    this.lastPosition = lastPosition
  }
}

/** `here`: through this store, whose caller holds what was written; `elsewhere`: by another node, or it cannot be told. */
export type CommittedBy = 'here' | 'elsewhere'

/** `next`: the key to go on after; null behind the last row. */
export interface ScanPage<Row> {
  readonly rows: readonly Row[]
  readonly next: string | null
}

export interface Store {
  /** Locks the head row, runs `work`, commits durably; rolls back on a throw. `ahead`, likely loaded first, is asked for with the lock. */
  transact<Result>(work: (transaction: HeadTransaction) => Promise<Result>, ahead?: LoadRequest): Promise<Result>
  /** The head as of now, without a lock. */
  head(): Promise<Head>
  identity(): Promise<StoreIdentity>
  /** Resolves, with why, once this store is of no use any more: the database is another one than it began on (W8), or its connections are dead. */
  readonly over: Promise<string>
  /** Begins the next incarnation: new origin, sequence 0, identity stored as known; unless another node has begun it, or a later one. */
  beginIncarnation(incarnation: number): Promise<Head>
  /** Opens a view of this moment, or of one soon after. Must be ended. */
  view(): StoreView
  load(request: LoadRequest): Promise<Loaded>
  find(query: DocumentQuery): Promise<readonly FoundDocument[]>
  /** Number of documents that `query` without its page would find. */
  count(query: Omit<DocumentQuery, 'first' | 'after' | 'descending'>): Promise<number>
  /** By (sku, location, holder), after a key; for digests. */
  scanStock(after: string | null, limit: number): Promise<ScanPage<StockRow>>
  /** By (kind, id), after a key; of one kind alone, where it is given. Other than of `find`, no write moves a document past who reads on. */
  scanDocuments(after: string | null, limit: number, kind?: string): Promise<ScanPage<StoredDocument>>
  /** As of a transaction. */
  misfiled(refs: readonly DocumentRef[]): Promise<readonly DocumentRef[]>
  /** Commits by local position, `after` excluded, up to about `limitBytes`, at least one where there is one. */
  commitsAfterPosition(after: number, limitBytes: number): Promise<readonly StoredCommit[]>
  /** Commits that `vector` does not hold, in local order, from `fromPosition` on. */
  commitsAfterVector(vector: VersionVector, fromPosition: number, limitBytes: number): Promise<readonly StoredCommit[]>
  /** Commits in the order of LogPlace, `after` excluded; null: from where the log that is kept begins. */
  commitsInOrder(after: LogPlace | null, limit: number): Promise<readonly SealedCommit[]>
  /** The three reads of the log above go through archive and log alike, and throw LOG_DROPPED behind its floor. */
  readonly history: History
  /** What an operator must look at. */
  readonly incidents: Incidents
  /** Commits that are kept and not applied. */
  readonly evidence: Evidence
  readonly snapshots: Snapshots
  readonly conflicts: ConflictLog
  /** Those that are due: waiting for nothing, or for what `stable` holds; oldest first. `seen` is not read again. */
  obligations(stable: VersionVector, limit: number, seen?: SeenObligations): Promise<readonly Obligation[]>
  /** Rings after commits became durable, by whichever node of the region; `elsewhere` may ring without cause. */
  onCommit(listener: (by: CommittedBy) => void): () => void
  /** A lock that one node of the region holds at a time; null where another has it. Lost with the connection. */
  lease(name: string): Promise<Lease | null>
  /** Small named values of the region: keys of peers, marks. */
  getSetting(name: string): Promise<string | null>
  putSetting(name: string, value: string): Promise<void>
  close(): Promise<void>
}

export interface Lease {
  readonly lost: Promise<void>
  release(): Promise<void>
}
