// What a region's database holds, in memory: several stores may share one, as nodes of a region share a Postgres, and it
// outlives them, as a disk does. Applies a write whole or not at all. Knows no transaction (store.ts).

import { originOfTime } from '@causeway/schema/clock/hybrid-clock'
import { makeOrigin, type Origin, type RegionId } from '@causeway/schema/clock/origin'
import { emptyVector } from '@causeway/schema/clock/version-vector'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import type { ConflictPair } from '@causeway/schema/documents/conflicts/conflict'
import type { Alias } from '@causeway/schema/documents/document'
import { noFences } from '@causeway/schema/fence/fence-log'
import { emptyCells, rightsOf, type StockRow } from '@causeway/schema/stock/row'
import { type LogFloor, wholeLog } from '../history.ts'
import type { StoreIdentity } from '../identity.ts'
import type { HeldCommit, Incident } from '../integrity.ts'
import { comparePlaces } from '../order.ts'
import type { SnapshotDescription } from '../snapshots/snapshots.ts'
import {
  type CommittedBy,
  type DocumentBytes,
  type DocumentWrite,
  type Head,
  type Obligation,
  type StockWrite,
  type StoredCommit,
  type StoredDocument,
  StoreError,
  type WriteSet,
} from '../store.ts'
import { distinctOutcomes, distinctStock, documentKey, mergeCells, stockKey } from '../write-set.ts'
import { putConflicts } from './conflicts.ts'
import { stageRenames } from './renames.ts'
import type { OpenView } from './views.ts'

export interface DocumentEntry {
  readonly document: StoredDocument
  readonly snapshot: Uint8Array | null
  readonly changes: readonly Uint8Array[]
  readonly marks: DocumentBytes['marks']
  readonly superseded: Uint8Array | null
}

/** Pages never change; more of them may follow. */
export interface KeptPages {
  readonly description: SnapshotDescription
  readonly pages: readonly Uint8Array[]
}

/** All of one region's state. Stores read it; only `applyWrite` and the store's few small setters change it. */
export interface MemoryDatabase {
  /** Of this life of the disk: a restored copy lives under the next timeline, as Postgres's does after a recovery. */
  identity: Omit<StoreIdentity, 'known'>
  head: Head
  known: StoreIdentity['known']
  /** All that is kept, by position, from `floor.position` + 1 at index 0; the archived ones among them. */
  commits: StoredCommit[]
  /** In the order of the log. */
  ordered: StoredCommit[]
  floor: LogFloor
  /** Last positions of the archived segments. */
  segments: number[]
  readonly documents: Map<string, DocumentEntry>
  readonly kindsById: Map<string, Set<string>>
  /** Alias → document key → claim. */
  readonly aliases: Map<string, Map<string, Alias>>
  readonly stock: Map<string, StockRow>
  readonly stockBySku: Map<string, Set<string>>
  readonly outcomes: Map<string, Map<Origin, KnownOutcome>>
  /** By path, the newest last. Lists are never changed in place. */
  readonly conflicts: Map<string, readonly ConflictPair[]>
  readonly obligations: Map<number, Obligation>
  lastObligation: number
  readonly settings: Map<string, string>
  readonly incidents: Map<string, Incident>
  readonly held: Map<string, HeldCommit>
  /** Rows that may owe units, by key. */
  owing: Set<string>
  /** The snapshot for peers, and the one that is taken in. */
  made: KeptPages | null
  staged: KeptPages | null
  readonly leases: Map<string, object>
  readonly listeners: Set<(by: CommittedBy) => void>
  /** Those that have seen nothing written since they were opened. */
  readonly views: Set<OpenView>
  /** Ends when the transaction that is last in the queue ends: the lock of the head row. */
  lastTransaction: Promise<void>
}

/** A database as `migrate` leaves it: the first incarnation, nothing committed. */
export function createMemoryDatabase(region: RegionId): MemoryDatabase {
  return {
    identity: { systemIdentifier: 'memory', timeline: 1 },
    head: {
      region,
      origin: makeOrigin(region, 1),
      sequence: 0,
      hash: new Uint8Array(32),
      time: originOfTime,
      frontier: emptyVector,
      position: 0,
      memberClocks: {},
      chainHashes: {},
      significant: emptyVector,
      fences: noFences,
      repairs: 0,
    },
    known: null,
    commits: [],
    ordered: [],
    floor: wholeLog,
    segments: [],
    documents: new Map(),
    kindsById: new Map(),
    aliases: new Map(),
    stock: new Map(),
    stockBySku: new Map(),
    outcomes: new Map(),
    conflicts: new Map(),
    obligations: new Map(),
    lastObligation: 0,
    settings: new Map(),
    incidents: new Map(),
    held: new Map(),
    owing: new Set(),
    made: null,
    staged: null,
    leases: new Map(),
    listeners: new Set(),
    views: new Set(),
    lastTransaction: Promise.resolve(),
  }
}

/** The data as it stands, without locks and listeners: what a backup holds. Entries are never changed in place. */
export function copyDatabase(database: MemoryDatabase): MemoryDatabase {
  const mapOf = <Value>(map: ReadonlyMap<string, Value>, copy: (value: Value) => Value) =>
    new Map([...map].map(([key, value]) => [key, copy(value)] as const))
  return {
    ...createMemoryDatabase(database.head.region),
    identity: database.identity,
    head: database.head,
    known: database.known,
    commits: [...database.commits],
    ordered: [...database.ordered],
    floor: database.floor,
    segments: [...database.segments],
    documents: new Map(database.documents),
    kindsById: mapOf(database.kindsById, (kinds) => new Set(kinds)),
    aliases: mapOf(database.aliases, (claims) => new Map(claims)),
    stock: new Map(database.stock),
    stockBySku: mapOf(database.stockBySku, (keys) => new Set(keys)),
    outcomes: mapOf(database.outcomes, (byOrigin) => new Map(byOrigin)),
    conflicts: new Map(database.conflicts),
    obligations: new Map(database.obligations),
    lastObligation: database.lastObligation,
    settings: new Map(database.settings),
    incidents: new Map(database.incidents),
    held: new Map(database.held),
    owing: new Set(database.owing),
    made: database.made,
    staged: database.staged,
  }
}

/** Takes over from a changed copy what an installation changes; what else was written meanwhile stays. */
export function adopt(database: MemoryDatabase, copy: MemoryDatabase): void {
  const { head, commits, ordered, floor, segments, documents, kindsById, aliases } = copy
  const { stock, stockBySku, outcomes, obligations, lastObligation, conflicts } = copy
  const log = { head, commits, ordered, floor, segments, owing: copy.owing }
  const state = { documents, kindsById, aliases, stock, stockBySku, outcomes, obligations, lastObligation, conflicts }
  Object.assign(database, log, state, { staged: null })
}

/** Checks heads and rights, then returns what applies the whole set; nothing changes before that is called. */
export function stageWrite(database: MemoryDatabase, set: WriteSet): () => void {
  for (const document of set.documents) checkHeads(database, document)
  const rows = stageStock(database, distinctStock(set.stock))
  const renamed = stageRenames(database, set.renamed ?? [])
  return () => {
    database.head = set.head
    for (const { sku, location, holder } of set.stock.filter(({ mayOwe }) => mayOwe === true))
      database.owing.add(stockKey({ sku, location, holder }))
    if (renamed !== null) [database.commits, database.ordered] = renamed
    for (const commit of set.commits) appendCommit(database, commit)
    for (const document of set.documents) putDocument(database, document)
    putConflicts(database, set.conflicts)
    for (const row of rows) putRow(database, row)
    for (const outcome of distinctOutcomes(set.outcomes)) putOutcome(database, outcome)
    for (const number of set.settledObligations) database.obligations.delete(number)
    addObligations(database, set.newObligations)
  }
}

export function addObligations(database: MemoryDatabase, obligations: WriteSet['newObligations']): void {
  for (const obligation of obligations) {
    database.lastObligation += 1
    database.obligations.set(database.lastObligation, { ...obligation, number: database.lastObligation })
  }
}

function checkHeads(database: MemoryDatabase, write: DocumentWrite): void {
  const current = database.documents.get(documentKey(write))?.document.heads ?? []
  if (current.join() === write.expectedHeads.join()) return
  throw new StoreError('STALE_HEADS', `${documentKey(write)} has changed since it was read`, { retry: true })
}

/** Every row that the writes touch, receivers of gifts included, as they will be. */
function stageStock(database: MemoryDatabase, writes: readonly StockWrite[]): readonly StockRow[] {
  const staged = new Map<string, StockRow>()
  const rowOf = (at: { sku: string; location: string; holder: Origin }): StockRow => {
    const { sku, location, holder } = at
    const key = stockKey(at)
    return staged.get(key) ?? database.stock.get(key) ?? { sku, location, holder, cells: emptyCells, givenIn: 0 }
  }
  for (const write of writes) {
    const before = rowOf(write)
    const cells = mergeCells(before.cells, write.cells)
    staged.set(stockKey(write), { ...before, cells })
    for (const holder in cells.given) {
      const growth = (cells.given[holder] ?? 0) - (before.cells.given[holder] ?? 0)
      if (growth === 0) continue
      const receiver = rowOf({ sku: write.sku, location: write.location, holder })
      staged.set(stockKey(receiver), { ...receiver, givenIn: receiver.givenIn + growth })
    }
  }
  const owing = new Set(writes.filter(({ mayOwe }) => mayOwe === true).map(stockKey))
  for (const [key, row] of staged) if (!owing.has(key) && !database.owing.has(key)) assertRights(row)
  return [...staged.values()]
}

export function assertRights(row: StockRow): void {
  if (rightsOf(row) >= 0) return
  throw new StoreError('RIGHTS', `${row.holder} lacks rights to ${row.sku} at ${row.location}`, { retry: false })
}

function appendCommit(database: MemoryDatabase, commit: StoredCommit): void {
  database.commits.push(commit)
  insertInOrder(database.ordered, commit)
}

/** From the end, where nearly every commit belongs. */
function insertInOrder(list: StoredCommit[], commit: StoredCommit): void {
  let index = list.length
  while (index > 0) {
    const earlier = list[index - 1]
    if (earlier === undefined || comparePlaces(earlier.commit, commit.commit) <= 0) break
    index -= 1
  }
  list.splice(index, 0, commit)
}

export function putDocument(database: MemoryDatabase, write: DocumentWrite): void {
  const { kind, id, heads, state, index, newChanges, snapshot, fold } = write
  const key = documentKey(write)
  const before = database.documents.get(key)
  for (const alias of before?.document.index.aliases ?? []) database.aliases.get(alias.name)?.delete(key)
  for (const alias of index.aliases) {
    const claims = database.aliases.get(alias.name) ?? new Map<string, Alias>()
    database.aliases.set(alias.name, claims.set(key, alias))
  }
  database.documents.set(key, {
    document: { kind, id, heads, state, index },
    snapshot: snapshot ?? before?.snapshot ?? null,
    changes: snapshot === undefined ? [...(before?.changes ?? []), ...newChanges] : [...newChanges],
    marks: fold?.marks ?? before?.marks ?? [],
    superseded: fold === undefined ? (before?.superseded ?? null) : fold.superseded,
  })
  const kinds = database.kindsById.get(id) ?? new Set<string>()
  database.kindsById.set(id, kinds.add(kind))
}

export function putRow(database: MemoryDatabase, row: StockRow): void {
  const key = stockKey(row)
  database.stock.set(key, row)
  const keys = database.stockBySku.get(row.sku) ?? new Set<string>()
  database.stockBySku.set(row.sku, keys.add(key))
}

export function dropDocument(database: MemoryDatabase, key: string): void {
  const entry = database.documents.get(key)
  if (entry === undefined) return
  const { kind, id, index } = entry.document
  for (const { name } of index.aliases) database.aliases.get(name)?.delete(key)
  database.kindsById.get(id)?.delete(kind)
  database.documents.delete(key)
}

export function dropRow(database: MemoryDatabase, key: string): void {
  const row = database.stock.get(key)
  if (row === undefined) return
  database.stockBySku.get(row.sku)?.delete(key)
  database.stock.delete(key)
}

export function putOutcome(database: MemoryDatabase, outcome: KnownOutcome): void {
  const byOrigin = database.outcomes.get(outcome.key) ?? new Map<Origin, KnownOutcome>()
  const before = byOrigin.get(outcome.origin)
  if (before === undefined || before.sequence <= outcome.sequence) byOrigin.set(outcome.origin, outcome)
  database.outcomes.set(outcome.key, byOrigin)
}
