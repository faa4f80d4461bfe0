// Set-based statements for documents: compare-and-set on their heads, their changes, their claims to names.

import type { DocumentIndex, DocumentRef } from '@causeway/schema/documents/document'
import { type DocumentWrite, StoreError } from '../../store.ts'
import { documentKey } from '../../write-set.ts'
import type { Queries } from '../connection.ts'
import { clean, encodeTime, jsonList, numbers, packBytes, texts } from '../literals.ts'

/** Far below what a search vector may hold. */
const searchTextLimit = 100_000

/** Lower case is made here: what the database makes of it depends on its locale. */
function searchText({ searchText: texts }: DocumentIndex, from: number, to?: number): string | null {
  if (texts.length === 0) return null
  return clean(texts.slice(from, to).join(' ').toLowerCase()).slice(0, searchTextLimit)
}

/** What a search goes by: the first text weighs most. Three lists of one length, none of them for what cannot be found. */
export function searchTexts(indexes: readonly DocumentIndex[]): readonly [string, string, string] {
  const part = (from: number, to?: number) => texts(indexes.map((index) => searchText(index, from, to)))
  return [part(0, 1), part(1, 2), part(2)]
}

/** Of a row `s` with those texts as `a`, `b`, `c`. */
export function searchVector(sql: Queries) {
  return sql`case when s.a is null then '' else
    setweight(to_tsvector('simple', s.a), 'A') || setweight(to_tsvector('simple', s.b), 'B')
      || setweight(to_tsvector('simple', s.c), 'C') end`
}

/** Fails with STALE_HEADS where the heads of one are no longer those that its writer has read. */
async function putDocuments(sql: Queries, writes: readonly DocumentWrite[]): Promise<void> {
  const { base64, columns } = packBytes(
    writes.map((write) => write.snapshot ?? null),
    writes.map(({ fold }) => fold?.superseded ?? null),
  )
  const [snapshot, superseded] = columns
  const words = searchTexts(writes.map(({ index }) => index))
  const result = await sql`
    with packed as materialized (select decode(${base64}::text, 'base64') as bytes)
    merge into documents d using (
      select r.*, substr(p.bytes, r.snapshot_start, r.snapshot_length) as snapshot,
        substr(p.bytes, r.superseded_start, r.superseded_length) as superseded
      from packed p, rows from (unnest(
      ${texts(writes.map(({ kind }) => kind))}::text[],
      ${texts(writes.map(({ id }) => id))}::text[],
      ${texts(writes.map(({ heads }) => heads.join()))}::text[],
      ${texts(writes.map(({ expectedHeads }) => expectedHeads.join()))}::text[],
      ${texts(writes.map(({ index }) => clean(index.sortKey)))}::text[],
      ${texts(writes.map(({ index }) => (index.owner === null ? null : clean(index.owner))))}::text[],
      ${texts(writes.map(({ index }) => (index.status === null ? null : clean(index.status))))}::text[],
      ${texts(writes.map(({ index }) => texts(index.tags.map(clean))))}::text[],
      ${words[0]}::text[], ${words[1]}::text[], ${words[2]}::text[],
      ${snapshot.starts}::int[], ${snapshot.lengths}::int[],
      ${texts(writes.map(({ fold }) => (fold === undefined ? null : JSON.stringify(fold.marks))))}::json[],
      ${superseded.starts}::int[], ${superseded.lengths}::int[]
    ),
      json_array_elements(${jsonList(writes.map(({ state }) => state))}::text::json),
      json_array_elements(${jsonList(writes.map(({ index }) => index))}::text::json)
    ) as r(kind, id, heads, expected, sort_key, owner, status, tags, a, b, c, snapshot_start, snapshot_length, folds,
      superseded_start, superseded_length, state, indexed)
    ) s
      on d.kind = s.kind and d.id = s.id
    when matched and d.heads = s.expected then update set
      heads = s.heads, state = s.state, indexed = s.indexed, sort_key = s.sort_key, owner = s.owner,
      status = s.status, tags = s.tags::text[],
      search = ${searchVector(sql)},
      snapshot = coalesce(s.snapshot, d.snapshot), folds = coalesce(s.folds, d.folds),
      superseded = case when s.folds is null then d.superseded else s.superseded end
    when not matched and s.expected = '' then insert
      (kind, id, heads, state, indexed, sort_key, owner, status, tags, search, snapshot, folds, superseded)
      values (s.kind, s.id, s.heads, s.state, s.indexed, s.sort_key, s.owner, s.status, s.tags::text[],
        ${searchVector(sql)}, s.snapshot, s.folds, s.superseded)`.execute()
  if (result.count === writes.length) return
  const names = writes.length === 1 ? writes.map(documentKey).join() : `one of ${writes.length} documents`
  throw new StoreError('STALE_HEADS', `${names} has changed since it was read`, { retry: true })
}

/** Rows and all that belongs to them. */
export function dropDocuments(sql: Queries, refs: readonly DocumentRef[]): Promise<unknown>[] {
  const named = () => sql`
    select * from unnest(${texts(refs.map(({ kind }) => kind))}::text[], ${texts(refs.map(({ id }) => id))}::text[])`
  return [
    sql`delete from documents where (kind, id) in (${named()})`.execute(),
    dropChanges(sql, refs),
    dropClaims(sql, refs),
  ]
}

function dropChanges(sql: Queries, writes: readonly DocumentRef[]): Promise<unknown> {
  return sql`
    delete from document_changes where (kind, id) in (select * from unnest(
      ${texts(writes.map(({ kind }) => kind))}::text[], ${texts(writes.map(({ id }) => id))}::text[]))`.execute()
}

function appendChanges(sql: Queries, writes: readonly DocumentWrite[]): Promise<unknown> {
  const rows = writes.flatMap(({ kind, id, newChanges }) => newChanges.map((bytes) => ({ kind, id, bytes })))
  const { base64, columns } = packBytes(rows.map(({ bytes }) => bytes))
  const [bytes] = columns
  return sql`
    with packed as materialized (select decode(${base64}::text, 'base64') as bytes)
    insert into document_changes (kind, id, bytes)
    select s.kind, s.id, substr(p.bytes, s.start, s.length) from packed p, unnest(
      ${texts(rows.map(({ kind }) => kind))}::text[], ${texts(rows.map(({ id }) => id))}::text[],
      ${bytes.starts}::int[], ${bytes.lengths}::int[]
    ) with ordinality as s(kind, id, start, length, number) order by s.number`.execute()
}

function dropClaims(sql: Queries, writes: readonly DocumentRef[]): Promise<unknown> {
  return sql`
    delete from document_aliases where (kind, id) in (select * from unnest(
      ${texts(writes.map(({ kind }) => kind))}::text[], ${texts(writes.map(({ id }) => id))}::text[]))`.execute()
}

function putClaims(sql: Queries, writes: readonly DocumentWrite[]): Promise<unknown> {
  const claims = writes.flatMap(({ kind, id, index }) => index.aliases.map((alias) => ({ kind, id, ...alias })))
  return sql`
    insert into document_aliases (name, kind, id, time, region)
    select * from unnest(
      ${texts(claims.map(({ name }) => name))}::text[], ${texts(claims.map(({ kind }) => kind))}::text[],
      ${texts(claims.map(({ id }) => id))}::text[], ${numbers(claims.map(({ time }) => encodeTime(time)))}::bigint[],
      ${texts(claims.map(({ region }) => region))}::text[])
    on conflict (name, kind, id) do update set time = excluded.time, region = excluded.region`.execute()
}

/** The statements, sent without waiting for one another; one connection runs them in this order. */
export function writeDocuments(sql: Queries, writes: readonly DocumentWrite[]): Promise<unknown>[] {
  if (writes.length === 0) return []
  const statements: Promise<unknown>[] = [putDocuments(sql, writes)]
  const compacted = writes.filter(({ snapshot, expectedHeads }) => snapshot !== undefined && expectedHeads.length > 0)
  const changed = writes.filter(({ newChanges }) => newChanges.length > 0)
  const known = writes.filter(({ expectedHeads }) => expectedHeads.length > 0)
  if (compacted.length > 0) statements.push(dropChanges(sql, compacted))
  if (changed.length > 0) statements.push(appendChanges(sql, changed))
  if (known.length > 0) statements.push(dropClaims(sql, known))
  if (writes.some(({ index }) => index.aliases.length > 0)) statements.push(putClaims(sql, writes))
  return statements
}
