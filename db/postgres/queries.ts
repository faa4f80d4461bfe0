// Lists, searches, counts and scans of documents and stock: each page is one index range where the filters allow it.

import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { decodeKey, encodeKey } from '../order.ts'
import type { DocumentQuery, FoundDocument, Obligation, SeenObligations, StoredDocument } from '../store.ts'
import { noneSeen } from '../write-set.ts'
import type { Queries } from './connection.ts'
import { clean, numbers, texts } from './literals.ts'
import { type DocumentRow, type StockTableRow, toDocument, toStockRow } from './loads.ts'

type Filter = Omit<DocumentQuery, 'first' | 'after' | 'descending'>

/** All words, the last one as a beginning. An empty query finds nothing. */
function searchQuery(sql: Queries, search: string) {
  const text = clean(search.toLowerCase())
  return sql`(
    select case when q::text like '%''' then (q::text || ':*')::tsquery else q end
    from websearch_to_tsquery('simple', ${text}) q
  )`
}

function matches(sql: Queries, { kind, owner, status, tag, search }: Filter) {
  return sql`kind = ${kind}
    ${owner === undefined ? sql`` : sql`and owner = ${clean(owner)}`}
    ${status === undefined ? sql`` : sql`and status = ${clean(status)}`}
    ${tag === undefined ? sql`` : sql`and tags @> ${texts([clean(tag)])}::text[]`}
    ${search === undefined ? sql`` : sql`and search @@ ${searchQuery(sql, search)}`}`
}

async function findByRank(sql: Queries, query: DocumentQuery, search: string): Promise<readonly FoundDocument[]> {
  const { after, first } = query
  // Rounded, so that a rank which travelled through a cursor compares as equal.
  const rows = await sql<(DocumentRow & { readonly rank: number })[]>`
    select kind, id, heads, state, indexed, rank from (
      select kind, id, heads, state, indexed,
        round(ts_rank(search, ${searchQuery(sql, search)})::numeric, 6)::float8 as rank
      from documents where ${matches(sql, query)}
    ) found
    ${after === undefined ? sql`` : sql`where rank < ${after.rank} or (rank = ${after.rank} and id > ${after.id})`}
    order by rank desc, id limit ${first}`
  return rows.map(({ rank, ...row }) => ({ document: toDocument(row), rank }))
}

export async function find(sql: Queries, query: DocumentQuery): Promise<readonly FoundDocument[]> {
  const { after, first, descending, search } = query
  if (search !== undefined) return findByRank(sql, query, search)
  const place = after === undefined ? null : sql`(${clean(after.sortKey)}, ${after.id})`
  const rows = await sql<DocumentRow[]>`
    select kind, id, heads, state, indexed from documents where ${matches(sql, query)}
    ${place === null ? sql`` : descending ? sql`and (sort_key, id) < ${place}` : sql`and (sort_key, id) > ${place}`}
    ${descending ? sql`order by sort_key desc, id desc` : sql`order by sort_key, id`} limit ${first}`
  return rows.map((row) => ({ document: toDocument(row), rank: 0 }))
}

export async function count(sql: Queries, filter: Filter): Promise<number> {
  const [row] = await sql<{ readonly count: number }[]>`
    select count(*)::bigint as count from documents where ${matches(sql, filter)}`
  return row?.count ?? 0
}

/** One row more than `limit` tells whether there is a next page. */
function page<Row, Shown>(rows: readonly Row[], limit: number, show: (row: Row) => Shown, key: (row: Row) => string[]) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown.map(show), next: rows.length > limit && last !== undefined ? encodeKey(key(last)) : null }
}

export async function scanStock(sql: Queries, after: string | null, limit: number) {
  const [sku = '', location = '', holder = ''] = after === null ? [] : decodeKey(after, 3)
  const rows = await sql<StockTableRow[]>`
    select sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_in
    from stock_rows
    ${after === null ? sql`` : sql`where (sku, location, holder) > (${sku}, ${location}, ${holder})`}
    order by sku, location, holder limit ${limit + 1}`
  return page(rows, limit, toStockRow, (row) => [row.sku, row.location, row.holder])
}

export async function scanDocuments(sql: Queries, after: string | null, limit: number, only?: string) {
  const [kind = '', id = ''] = after === null ? [] : decodeKey(after, 2)
  const rows = await sql<DocumentRow[]>`
    select kind, id, heads, state, indexed from documents
    where (kind, id) > (${kind}, ${id}) ${only === undefined ? sql`` : sql`and kind = ${only}`}
    order by kind, id limit ${limit + 1}`
  return page<DocumentRow, StoredDocument>(rows, limit, toDocument, (row) => [row.kind, row.id])
}

interface ObligationRow {
  readonly number: number
  readonly subject: Obligation['subject']
  readonly id: string
  readonly item: string
  readonly waits_origin: string | null
  readonly waits_sequence: number | null
}

function toObligation({ waits_origin, waits_sequence, ...row }: ObligationRow): Obligation {
  const waitsFor =
    waits_origin === null || waits_sequence === null ? null : { origin: waits_origin, sequence: waits_sequence }
  return { ...row, waitsFor }
}

/** What is due is a range of the index for each origin; what still waits is never read. */
export async function dueObligations(
  sql: Queries,
  stable: VersionVector,
  limit: number,
  { stable: before, number, page }: SeenObligations = noneSeen,
) {
  const origins = Object.keys(stable)
  const rows = await sql<ObligationRow[]>`
    select number, subject, id, item, waits_origin, waits_sequence from (
      select * from obligations where waits_origin is null and number > ${Math.max(number, page)}
      union all
      select o.* from unnest(
        ${texts(origins)}::text[], ${numbers(Object.values(stable))}::bigint[],
        ${numbers(origins.map((origin) => sequenceOf(before, origin)))}::bigint[]
      ) as v(origin, sequence, before)
      join obligations o on o.waits_origin = v.origin and o.waits_sequence > v.before and o.waits_sequence <= v.sequence
        and o.number > ${page}
    ) due order by number limit ${limit}`
  return rows.map(toObligation)
}
