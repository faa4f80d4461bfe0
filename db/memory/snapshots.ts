// Snapshots in memory: the same steps as in Postgres, each at once. An installation works on a copy of the database,
// which takes its place when all is done.

import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { comparePairs } from '@causeway/schema/documents/conflicts/conflict'
import type { DocumentRef } from '@causeway/schema/documents/document'
import { rightsOf, type StockRow } from '@causeway/schema/stock/row'
import { PageMaker } from '../snapshots/page.ts'
import type { Installation, SnapshotRequest, SnapshotRows, Snapshots } from '../snapshots/snapshots.ts'
import { writeOf } from '../snapshots/write-of.ts'
import { type StoredDocument, StoreError } from '../store.ts'
import { checkWriteSet, documentKey, stockKey } from '../write-set.ts'
import { putConflicts } from './conflicts.ts'
import {
  addObligations,
  adopt,
  copyDatabase,
  dropDocument,
  type KeptPages,
  type MemoryDatabase,
  putDocument,
  putOutcome,
  putRow,
  stageWrite,
} from './database.ts'
import { compareRefs, compareRows, loadFrom } from './reads.ts'
import { dropConflicts } from './repair.ts'
import { keepForViews } from './views.ts'

export interface MemoryAccess {
  readonly whileOpen: <Result>(work: () => Result) => Promise<Result>
  /** Holds the lock of the head row while `work` runs. */
  readonly locked: <Result>(work: () => Promise<Result>) => Promise<Result>
  readonly ring: () => void
}

function rowsOf(database: MemoryDatabase, exceptKinds: readonly string[]) {
  const entries = [...database.documents.values()]
    .filter(({ document }) => !exceptKinds.includes(document.kind))
    .sort((left, right) => compareRefs(left.document, right.document))
  const outcomes = [...database.outcomes.values()].flatMap((byOrigin) => [...byOrigin.values()])
  const conflicts = [...database.conflicts.values()].flat().filter(({ kind }) => !exceptKinds.includes(kind))
  return {
    conflicts: conflicts.sort(comparePairs),
    documents: entries.map(({ document, ...bytes }) => ({ ...document, ...bytes })),
    stock: [...database.stock.values()].sort(compareRows),
    outcomes,
  }
}

function make(database: MemoryDatabase, request: SnapshotRequest): KeptPages {
  const { documents, stock, outcomes, conflicts } = rowsOf(database, request.exceptKinds)
  const maker = new PageMaker()
  const pages = [
    ...maker.add({ type: 'documents', rows: documents }),
    ...maker.add({ type: 'stock', rows: stock }),
    ...maker.add({ type: 'outcomes', rows: outcomes }),
    ...maker.add({ type: 'conflicts', rows: conflicts }),
    ...maker.flush(),
  ]
  return { description: maker.describe(database.head, request), pages }
}

function clear(database: MemoryDatabase, keptKinds: readonly string[]): void {
  const kept = [...database.documents.values()].filter(({ document }) => keptKinds.includes(document.kind))
  for (const map of [database.documents, database.kindsById, database.aliases, database.stock, database.stockBySku])
    map.clear()
  for (const [path, pairs] of database.conflicts)
    if (!pairs.some(({ kind }) => keptKinds.includes(kind))) database.conflicts.delete(path)
  for (const { document, snapshot, changes, marks, superseded } of kept)
    putDocument(database, writeOf({ ...document, snapshot, changes, marks, superseded }))
  database.commits = []
  database.ordered = []
  database.segments = []
}

function forget({ outcomes, obligations }: MemoryDatabase, held: VersionVector): void {
  for (const [key, byOrigin] of outcomes) {
    for (const { origin, sequence } of byOrigin.values())
      if (sequence > sequenceOf(held, origin)) byOrigin.delete(origin)
    if (byOrigin.size === 0) outcomes.delete(key)
  }
  for (const { number, waitsFor } of obligations.values())
    if (waitsFor !== null && waitsFor.sequence > sequenceOf(held, waitsFor.origin)) obligations.delete(number)
}

function put(database: MemoryDatabase, { type, rows }: SnapshotRows): void {
  if (type === 'documents') {
    for (const row of rows) {
      if (database.documents.has(documentKey(row))) throw alreadyThere(row)
      putDocument(database, writeOf(row))
    }
  } else if (type === 'conflicts') putConflicts(database, rows)
  else if (type === 'stock') for (const row of rows) putOwing(database, row)
  else for (const row of rows) putOutcome(database, row)
}

/** A row that lacks rights is of a holder that has signed two logs. */
function putOwing(database: MemoryDatabase, row: StockRow): void {
  if (rightsOf(row) < 0) database.owing.add(stockKey(row))
  putRow(database, row)
}

function alreadyThere(document: StoredDocument): StoreError {
  return new StoreError('STALE_HEADS', `${documentKey(document)} is there already`, { retry: false })
}

function after({ documents }: MemoryDatabase, document: DocumentRef, kinds: readonly string[]): readonly DocumentRef[] {
  return [...documents.values()]
    .map(({ document: { kind, id } }) => ({ kind, id }))
    .filter((ref) => kinds.includes(ref.kind) && compareRefs(ref, document) > 0)
    .sort(compareRefs)
}

function remove(database: MemoryDatabase, documents: readonly DocumentRef[]): void {
  for (const document of documents) dropDocument(database, documentKey(document))
  dropConflicts(database, documents)
}

function installation(copy: MemoryDatabase): Installation {
  return {
    head: copy.head,
    load: async (request) => loadFrom(copy, request),
    clear: async (head, floor, keptKinds) => {
      clear(copy, keptKinds)
      copy.head = head
      copy.floor = floor
    },
    forget: async (held) => forget(copy, held),
    put: async (rows) => put(copy, rows),
    owe: async (obligations) => addObligations(copy, obligations),
    after: async (document, kinds, limit) => after(copy, document, kinds).slice(0, limit),
    remove: async (documents) => remove(copy, documents),
    write: async (set) => {
      checkWriteSet(copy.head, set)
      stageWrite(copy, set)()
    },
  }
}

export function createMemorySnapshots(database: MemoryDatabase, access: MemoryAccess): Snapshots {
  const { whileOpen, locked, ring } = access
  const addPage = (number: number, body: Uint8Array) => {
    const { staged } = database
    if (staged === null || staged.pages.length !== number) throw new Error(`page ${number} comes out of turn`)
    database.staged = { ...staged, pages: [...staged.pages, body] }
  }
  const stagedPage = (number: number) => {
    const page = database.staged?.pages[number]
    if (page === undefined) throw new Error(`page ${number} is not staged`)
    return page
  }
  const read: Snapshots['read'] = async (exceptKinds, begin, visit) => {
    const { head, rows } = await whileOpen(() => ({ head: database.head, rows: rowsOf(database, exceptKinds) }))
    await begin(head)
    visit({ type: 'documents', rows: rows.documents })
    visit({ type: 'stock', rows: rows.stock })
    visit({ type: 'conflicts', rows: rows.conflicts })
  }
  return {
    made: () => whileOpen(() => database.made?.description ?? null),
    make: (request) =>
      whileOpen(() => {
        database.made = make(database, request)
        return database.made.description
      }),
    page: (id, number) =>
      whileOpen(() => (database.made?.description.id === id ? (database.made.pages[number] ?? null) : null)),
    drop: () =>
      whileOpen(() => {
        database.made = null
      }),
    read,
    staged: () =>
      whileOpen(
        () =>
          database.staged && {
            description: database.staged.description,
            received: database.staged.pages.length,
          },
      ),
    stage: (description) =>
      whileOpen(() => {
        database.staged = { description, pages: [] }
      }),
    stagePage: (number, body) => whileOpen(() => addPage(number, body)),
    stagedPage: (number) => whileOpen(() => stagedPage(number)),
    unstage: () =>
      whileOpen(() => {
        database.staged = null
      }),
    install: (work) =>
      locked(async () => {
        const copy = copyDatabase(database)
        const result = await work(installation(copy))
        await whileOpen(() => {
          keepForViews(database)
          adopt(database, copy)
        })
        ring()
        return result
      }),
  }
}
