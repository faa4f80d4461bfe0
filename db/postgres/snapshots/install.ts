// Puts a snapshot in the place of the region's state: one transaction, under the lock of the head row. Readers see the
// old state until it commits, writers wait for it.

import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { DocumentRef } from '@causeway/schema/documents/document'
import type { Installation, SnapshotRows } from '../../snapshots/snapshots.ts'
import { writeOf } from '../../snapshots/write-of.ts'
import type { Head } from '../../store.ts'
import { checkWriteSet } from '../../write-set.ts'
import type { Queries, Sql } from '../connection.ts'
import { lockHead, replaceHead } from '../head.ts'
import { writeFloor } from '../history/archive.ts'
import { texts } from '../literals.ts'
import { load } from '../loads.ts'
import { writeConflicts } from '../write/conflicts.ts'
import { dropDocuments, writeDocuments } from '../write/documents.ts'
import { dropConflicts, insertStock } from '../write/repair.ts'
import { addObligations, putOutcomes, write } from '../write/write-set.ts'
import { forget } from './staging.ts'

export interface BellOf {
  readonly channel: string
  readonly sender: string
}

async function clear(sql: Sql, keptKinds: readonly string[]): Promise<void> {
  const kept = texts(keptKinds)
  await sql`delete from document_changes where kind <> all(${kept}::text[])`
  await sql`delete from document_aliases where kind <> all(${kept}::text[])`
  await sql`delete from documents where kind <> all(${kept}::text[])`
  await sql`delete from conflicts where kind <> all(${kept}::text[])`
  await sql`delete from stock_rows`
  await sql`delete from commits`
  await sql`delete from log_segments`
}

async function forgetBeyond(sql: Queries, held: VersionVector): Promise<void> {
  const vector = JSON.stringify(held)
  await sql`delete from outcomes where sequence > coalesce((${vector}::json ->> origin)::bigint, 0)`
  await sql`
    delete from obligations where waits_sequence > coalesce((${vector}::json ->> waits_origin)::bigint, 0)`
}

async function put(sql: Queries, { type, rows }: SnapshotRows): Promise<void> {
  if (rows.length === 0) return
  if (type === 'documents') await Promise.all(writeDocuments(sql, rows.map(writeOf)))
  else if (type === 'conflicts') await Promise.all(writeConflicts(sql, rows))
  else if (type === 'stock') await insertStock(sql, rows, () => true)
  else await putOutcomes(sql, rows)
}

async function documentsAfter(
  sql: Queries,
  { kind, id }: DocumentRef,
  kinds: readonly string[],
  limit: number,
): Promise<readonly DocumentRef[]> {
  return await sql<DocumentRef[]>`
    select kind, id from documents where (kind, id) > (${kind}, ${id}) and kind = any(${texts(kinds)}::text[])
    order by kind, id limit ${limit}`
}

/** The work on one session whose transaction has begun; `bell` rings when it commits. */
export async function install<Result>(
  sql: Sql,
  bell: BellOf,
  work: (installation: Installation) => Promise<Result>,
): Promise<Result> {
  const locked = await lockHead(sql)
  let head: Head = locked
  const result = await work({
    head: locked,
    load: (request) => load(sql, request),
    clear: async (next, floor, keptKinds) => {
      await clear(sql, keptKinds)
      await writeFloor(sql, floor)
      await replaceHead(sql, next, bell.channel, bell.sender, null)
      head = next
    },
    forget: (held) => forgetBeyond(sql, held),
    put: (rows) => put(sql, rows),
    owe: async (obligations) => {
      if (obligations.length > 0) await addObligations(sql, obligations)
    },
    after: (document, kinds, limit) => documentsAfter(sql, document, kinds, limit),
    remove: async (documents) => {
      await Promise.all([...dropDocuments(sql, documents), dropConflicts(sql, documents, [])])
    },
    write: async (set) => {
      checkWriteSet(head, set)
      await write(sql, head, set, bell.channel, bell.sender)
      head = set.head
    },
  })
  await forget(sql, 'staged')
  return result
}
