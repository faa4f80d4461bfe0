// Reads a region's whole state in pages of rows, by their keys. Consistent where it runs in one repeatable read. It
// pauses for as long as each page took, so that whoever serves callers beside it keeps at least every other moment.

import { setTimeout as sleep } from 'node:timers/promises'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import type { DocumentRef } from '@causeway/schema/documents/document'
import type { SnapshotDocument, SnapshotRows, StateRows } from '../../snapshots/snapshots.ts'
import type { DocumentBytes } from '../../store.ts'
import type { Queries } from '../connection.ts'
import { scanConflicts } from '../history/conflicts.ts'
import { texts } from '../literals.ts'
import { type DocumentRow, type OutcomeRow, toDocument, toOutcome } from '../loads.ts'
import { scanStock } from '../queries.ts'

/** Rows of one statement. Documents carry their bytes, so there are fewer of them. */
const documentsPerPage = 200
const rowsPerPage = 2_000
const maximumPauseMs = 250

async function paced<Result>(work: () => Promise<Result>): Promise<Result> {
  const began = performance.now()
  const result = await work()
  await sleep(Math.min(maximumPauseMs, performance.now() - began), undefined, { ref: false })
  return result
}

interface BytesRow extends DocumentRow {
  readonly snapshot: Uint8Array | null
  readonly folds: DocumentBytes['marks'] | null
  readonly superseded: Uint8Array | null
}

async function documentsAfter(
  sql: Queries,
  after: DocumentRef,
  exceptKinds: readonly string[],
): Promise<readonly BytesRow[]> {
  return await sql<BytesRow[]>`
    select kind, id, heads, state, indexed, snapshot, folds, superseded from documents
    where (kind, id) > (${after.kind}, ${after.id}) and kind <> all(${texts(exceptKinds)}::text[])
    order by kind, id limit ${documentsPerPage}`
}

async function changesOf(sql: Queries, rows: readonly BytesRow[]): Promise<ReadonlyMap<string, Uint8Array[]>> {
  const changes = await sql<(DocumentRef & { readonly bytes: Uint8Array })[]>`
    select kind, id, bytes from document_changes where (kind, id) in (select * from unnest(
      ${texts(rows.map(({ kind }) => kind))}::text[], ${texts(rows.map(({ id }) => id))}::text[]))
    order by kind, id, number`
  const byDocument = new Map<string, Uint8Array[]>()
  for (const { kind, id, bytes } of changes) {
    const list = byDocument.get(`${kind}/${id}`)
    if (list === undefined) byDocument.set(`${kind}/${id}`, [bytes])
    else list.push(bytes)
  }
  return byDocument
}

async function* documentPages(sql: Queries, exceptKinds: readonly string[]): AsyncGenerator<SnapshotRows> {
  let after: DocumentRef = { kind: '', id: '' }
  for (;;) {
    const rows = await paced(async (): Promise<readonly SnapshotDocument[]> => {
      const found = await documentsAfter(sql, after, exceptKinds)
      const changes = found.length === 0 ? new Map<string, Uint8Array[]>() : await changesOf(sql, found)
      return found.map(({ snapshot, folds, superseded, ...row }) => {
        const bytes = { snapshot, marks: folds ?? [], superseded, changes: changes.get(`${row.kind}/${row.id}`) ?? [] }
        return { ...toDocument(row), ...bytes }
      })
    })
    const last = rows.at(-1)
    if (last === undefined) return
    after = last
    yield { type: 'documents', rows }
  }
}

async function* statePages(sql: Queries, exceptKinds: readonly string[]): AsyncGenerator<StateRows> {
  let after: DocumentRef = { kind: '', id: '' }
  for (;;) {
    const rows = await paced(
      () => sql<DocumentRow[]>`
        select kind, id, heads, state, indexed from documents
        where (kind, id) > (${after.kind}, ${after.id}) and kind <> all(${texts(exceptKinds)}::text[])
        order by kind, id limit ${documentsPerPage}`,
    )
    const last = rows.at(-1)
    if (last === undefined) return
    after = last
    yield { type: 'documents', rows: rows.map(toDocument) }
  }
}

async function* stockPages(sql: Queries): AsyncGenerator<StateRows & SnapshotRows> {
  let after: string | null = null
  do {
    const from: string | null = after
    const page: Awaited<ReturnType<typeof scanStock>> = await paced(() => scanStock(sql, from, rowsPerPage))
    if (page.rows.length > 0) yield { type: 'stock', rows: page.rows }
    after = page.next
  } while (after !== null)
}

async function* conflictPages(sql: Queries, exceptKinds: readonly string[]): AsyncGenerator<StateRows & SnapshotRows> {
  let after: string | null = null
  do {
    const from: string | null = after
    const page: Awaited<ReturnType<typeof scanConflicts>> = await paced(() =>
      scanConflicts(sql, from, rowsPerPage, exceptKinds),
    )
    if (page.rows.length > 0) yield { type: 'conflicts', rows: page.rows }
    after = page.next
  } while (after !== null)
}

async function* outcomePages(sql: Queries): AsyncGenerator<SnapshotRows> {
  let after = ['', '']
  for (;;) {
    const [key = '', origin = ''] = after
    const rows: readonly KnownOutcome[] = await paced(async () => {
      const found = await sql<OutcomeRow[]>`
        select key, origin, sequence, time::text, input_digest, accepted, command, result, resent from outcomes
        where (key, origin) > (${key}, ${origin}) order by key, origin limit ${rowsPerPage}`
      return found.map(toOutcome)
    })
    const last = rows.at(-1)
    if (last === undefined) return
    after = [last.key, last.origin]
    yield { type: 'outcomes', rows }
  }
}

/** All that a snapshot holds. */
export async function* snapshotRows(sql: Queries, exceptKinds: readonly string[]): AsyncGenerator<SnapshotRows> {
  yield* documentPages(sql, exceptKinds)
  yield* stockPages(sql)
  yield* outcomePages(sql)
  yield* conflictPages(sql, exceptKinds)
}

/** What digests are made of. */
export async function* stateRows(sql: Queries, exceptKinds: readonly string[]): AsyncGenerator<StateRows> {
  yield* statePages(sql, exceptKinds)
  yield* stockPages(sql)
  yield* conflictPages(sql, exceptKinds)
}
