// Puts rows of the memory store right (C9): as they are given, whatever stands there. Knows no evidence.

import type { RepairSet } from '../integrity.ts'
import { comparePlaces } from '../order.ts'
import type { StoredCommit } from '../store.ts'
import { asNewDocument, documentKey, stockKey } from '../write-set.ts'
import { putConflicts } from './conflicts.ts'
import { assertRights, dropDocument, dropRow, type MemoryDatabase, putDocument, putRow } from './database.ts'
import { archivedThrough } from './history.ts'

/** Checks rights, then returns what applies the whole set; nothing changes before that is called. */
export function stageRepair(database: MemoryDatabase, set: RepairSet): () => void {
  for (const row of set.stock) if (!database.owing.has(stockKey(row))) assertRights(row)
  return () => repairDatabase(database, set)
}

function repairDatabase(database: MemoryDatabase, set: RepairSet): void {
  const { commits, documents, stock, conflicts, conflictsOf, removedDocuments, removedStock } = set
  for (const document of [...documents, ...removedDocuments]) dropDocument(database, documentKey(document))
  for (const document of documents) putDocument(database, asNewDocument(document))
  for (const row of [...stock, ...removedStock]) dropRow(database, stockKey(row))
  for (const row of stock) putRow(database, row)
  dropConflicts(database, conflictsOf)
  putConflicts(database, conflicts)
  if (commits.length > 0) replaceCommits(database, commits)
  database.head = { ...database.head, repairs: database.head.repairs + 1 }
}

function replaceCommits(database: MemoryDatabase, commits: readonly StoredCommit[]): void {
  const replaced = new Map(commits.map((commit) => [commit.position, commit]))
  const border = archivedThrough(database)
  const kept = database.commits.filter(({ position }) => !replaced.has(position))
  const put = commits.map((commit) => (commit.position > border ? commit : { ...commit, touched: [] }))
  database.commits = [...kept, ...put].sort((left, right) => left.position - right.position)
  database.ordered = [...database.commits].sort((left, right) => comparePlaces(left.commit, right.commit))
}

export function dropConflicts(database: MemoryDatabase, documents: RepairSet['conflictsOf']): void {
  const gone = new Set(documents.map(documentKey))
  for (const [path, [pair]] of database.conflicts)
    if (pair !== undefined && gone.has(`${pair.kind}/${pair.document}`)) database.conflicts.delete(path)
}
