// Puts rows right (C9): takes away what stands in their place and inserts them as they are given, in the transaction
// that holds the head row. The check of rights holds for what is inserted, too.

import type { DocumentRef } from '@causeway/schema/documents/document'
import { rightsOf, type StockRow } from '@causeway/schema/stock/row'
import type { RepairSet } from '../../integrity.ts'
import type { StoredCommit } from '../../store.ts'
import { asNewDocument, stockKey } from '../../write-set.ts'
import type { Queries } from '../connection.ts'
import { countRepair } from '../head.ts'
import { archivedThrough } from '../history/archive.ts'
import { mendSegments } from '../history/mend-segments.ts'
import { numbers, texts } from '../literals.ts'
import { writeConflicts } from './conflicts.ts'
import { dropDocuments, writeDocuments } from './documents.ts'
import { appendCommits } from './write-set.ts'

function dropStock(sql: Queries, rows: RepairSet['removedStock']): Promise<unknown> {
  return sql`
    delete from stock_rows where (sku, location, holder) in (select * from unnest(
      ${texts(rows.map(({ sku }) => sku))}::text[], ${texts(rows.map(({ location }) => location))}::text[],
      ${texts(rows.map(({ holder }) => holder))}::text[]))`.execute()
}

/**
 * As they are, what was given to them included: they are of one moment, so no row lacks a right but those that `mayOwe`, of
 * holders that have signed two logs.
 */
export function insertStock(
  sql: Queries,
  rows: readonly StockRow[],
  mayOwe: (row: StockRow) => boolean,
): Promise<unknown> {
  const column = (value: (row: StockRow) => number) => numbers(rows.map(value))
  const givenOut = ({ cells }: StockRow) => Object.values(cells.given).reduce((sum, units) => sum + units, 0)
  return sql`
    insert into stock_rows
      (sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_out, given_in, owes)
    select * from unnest(
      ${texts(rows.map(({ sku }) => sku))}::text[], ${texts(rows.map(({ location }) => location))}::text[],
      ${texts(rows.map(({ holder }) => holder))}::text[],
      ${column(({ cells }) => cells.received)}::bigint[], ${column(({ cells }) => cells.returned)}::bigint[],
      ${column(({ cells }) => cells.sold)}::bigint[], ${column(({ cells }) => cells.released)}::bigint[],
      ${column(({ cells }) => cells.shipped)}::bigint[], ${column(({ cells }) => cells.writtenOff)}::bigint[],
      ${texts(rows.map(({ cells }) => JSON.stringify(cells.given)))}::jsonb[],
      ${column(givenOut)}::bigint[], ${column(({ givenIn }) => givenIn)}::bigint[],
      ${texts(rows.map((row) => String(rightsOf(row) < 0 && mayOwe(row))))}::boolean[])`.execute()
}

const nobody: ReadonlySet<string> = new Set()

/** Keys of rows that may lack rights: nearly nowhere any. */
async function owingRows(sql: Queries): Promise<ReadonlySet<string>> {
  const rows = await sql<{ readonly sku: string; readonly location: string; readonly holder: string }[]>`
    select sku, location, holder from stock_rows where owes`
  return new Set(rows.map(stockKey))
}

/** By document and by id: a spoiled row may stand under another's document. */
export function dropConflicts(
  sql: Queries,
  documents: readonly DocumentRef[],
  pairs: RepairSet['conflicts'],
): Promise<unknown> {
  return sql`
    delete from conflicts where id = any(${texts(pairs.map(({ id }) => id))}::text[])
      or (kind, document) in (select * from unnest(
        ${texts(documents.map(({ kind }) => kind))}::text[], ${texts(documents.map(({ id }) => id))}::text[]))`.execute()
}

/** By place and by name: a spoiled row may stand at its position under another's sequence. */
function dropCommits(sql: Queries, commits: readonly StoredCommit[]): Promise<unknown> {
  return sql`
    delete from commits where position = any(${numbers(commits.map(({ position }) => position))}::bigint[])
      or (origin, last_sequence) in (select * from unnest(
        ${texts(commits.map(({ commit }) => commit.origin))}::text[],
        ${numbers(commits.map(({ commit }) => commit.lastSequence))}::bigint[]))`.execute()
}

/** Throws what the first failing statement throws, after all have ended. */
export async function repair(sql: Queries, set: RepairSet, channel: string, sender: string): Promise<void> {
  const { commits, documents, stock, conflicts, conflictsOf, removedDocuments, removedStock } = set
  const border = commits.length > 0 ? await archivedThrough(sql) : 0
  const archived = commits.filter(({ position }) => position <= border)
  const atHand = commits.filter(({ position }) => position > border)
  if (archived.length > 0) await mendSegments(sql, archived)
  const owing = stock.some((row) => rightsOf(row) < 0) ? await owingRows(sql) : nobody
  const statements: Promise<unknown>[] = []
  if (documents.length + removedDocuments.length > 0)
    statements.push(
      ...dropDocuments(sql, [...documents, ...removedDocuments]),
      ...writeDocuments(sql, documents.map(asNewDocument)),
    )
  if (stock.length + removedStock.length > 0) statements.push(dropStock(sql, [...stock, ...removedStock]))
  if (stock.length > 0) statements.push(insertStock(sql, stock, (row) => owing.has(stockKey(row))))
  if (conflictsOf.length > 0)
    statements.push(dropConflicts(sql, conflictsOf, conflicts), ...writeConflicts(sql, conflicts))
  if (atHand.length > 0) statements.push(dropCommits(sql, atHand), appendCommits(sql, atHand))
  statements.push(countRepair(sql, channel, sender))
  const results = await Promise.allSettled(statements)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
