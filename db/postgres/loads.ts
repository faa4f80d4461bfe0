// What a command is given: everything it asked for, in one round trip of pipelined statements.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import type { DocumentRef } from '@causeway/schema/documents/document'
import type { StockCells, StockRow } from '@causeway/schema/stock/row'
import type { DocumentBytes, Loaded, LoadRequest, StoredDocument } from '../store.ts'
import type { Queries } from './connection.ts'
import { decodeTime, isText, texts } from './literals.ts'

export interface DocumentRow {
  readonly kind: string
  readonly id: string
  readonly heads: string
  readonly state: StoredDocument['state']
  readonly indexed: StoredDocument['index']
}

export function toDocument({ kind, id, heads, state, indexed }: DocumentRow): StoredDocument {
  return { kind, id, heads: heads === '' ? [] : heads.split(','), state, index: indexed }
}

export interface StockTableRow {
  readonly sku: string
  readonly location: string
  readonly holder: string
  readonly received: number
  readonly returned: number
  readonly sold: number
  readonly released: number
  readonly shipped: number
  readonly written_off: number
  readonly given: StockCells['given']
  readonly given_in: number
}

export function toStockRow(row: StockTableRow): StockRow {
  const { sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_in } = row
  const cells = { received, returned, sold, released, shipped, writtenOff: written_off, given }
  return { sku, location, holder, cells, givenIn: given_in }
}

export interface OutcomeRow extends Omit<KnownOutcome, 'time' | 'inputDigest'> {
  readonly time: string
  readonly input_digest: string
}

export function toOutcome({ input_digest, time, ...row }: OutcomeRow): KnownOutcome {
  const decoded: HybridTime = decodeTime(time)
  return { ...row, time: decoded, inputDigest: input_digest }
}

const kindsOf = (refs: readonly DocumentRef[]) => texts(refs.map(({ kind }) => kind))
const idsOf = (refs: readonly DocumentRef[]) => texts(refs.map(({ id }) => id))

async function documents(sql: Queries, refs: readonly DocumentRef[]): Promise<readonly StoredDocument[]> {
  const [only, ...others] = refs
  if (only === undefined) return []
  const rows =
    others.length === 0
      ? await oneDocument(sql, only)
      : await sql<DocumentRow[]>`
    select kind, id, heads, state, indexed from documents
    where (kind, id) in (select * from unnest(${kindsOf(refs)}::text[], ${idsOf(refs)}::text[]))
    order by kind, id`
  return rows.map(toDocument)
}

/** As a list, which the server takes for one of ten until it has looked, it would be planned anew at every read: that took longer than to find it. */
async function oneDocument(sql: Queries, { kind, id }: DocumentRef): Promise<readonly DocumentRow[]> {
  return await sql<DocumentRow[]>`
    select kind, id, heads, state, indexed from documents where kind = ${kind} and id = ${id}`
}

async function users(sql: Queries, ids: readonly string[]): Promise<readonly DocumentRef[]> {
  if (ids.length === 0) return []
  return await sql<DocumentRef[]>`
    select kind, id from documents where id = any(${texts(ids)}::text[]) order by kind, id`
}

async function aliases(sql: Queries, names: readonly string[]): Promise<Loaded['aliases']> {
  if (names.length === 0) return []
  const rows = await sql<(DocumentRow & { readonly alias: string })[]>`
    select claim.name as alias, kind, id, heads, state, indexed
    from (
      select distinct on (name) name, kind, id from document_aliases where name = any(${texts(names)}::text[])
      order by name, time, region, kind, id
    ) claim join documents using (kind, id)
    order by claim.name`
  return rows.map(({ alias, ...row }) => ({ alias, document: toDocument(row) }))
}

type StockColumns = { readonly [Column in keyof StockTableRow]: readonly StockTableRow[Column][] }

/** Whole columns as JSON: a sale of many SKUs loads thousands of rows, and to read them one by one takes thrice as long. */
async function stock(sql: Queries, skus: readonly string[]): Promise<readonly StockRow[]> {
  if (skus.length === 0) return []
  const [columns] = await sql<[StockColumns]>`
    select
      coalesce(json_agg(sku), '[]') as sku, json_agg(location) as location, json_agg(holder) as holder,
      json_agg(received) as received, json_agg(returned) as returned, json_agg(sold) as sold,
      json_agg(released) as released, json_agg(shipped) as shipped, json_agg(written_off) as written_off,
      json_agg(given) as given, json_agg(given_in) as given_in
    from (
      select * from stock_rows where sku = any(${texts(skus)}::text[]) order by sku, location, holder
    ) r`
  return columns.sku.map((sku, row) => ({
    sku,
    location: columns.location[row] ?? '',
    holder: columns.holder[row] ?? '',
    cells: {
      received: columns.received[row] ?? 0,
      returned: columns.returned[row] ?? 0,
      sold: columns.sold[row] ?? 0,
      released: columns.released[row] ?? 0,
      shipped: columns.shipped[row] ?? 0,
      writtenOff: columns.written_off[row] ?? 0,
      given: columns.given[row] ?? {},
    },
    givenIn: columns.given_in[row] ?? 0,
  }))
}

async function outcomes(sql: Queries, keys: readonly string[]): Promise<readonly KnownOutcome[]> {
  if (keys.length === 0) return []
  const rows = await sql<OutcomeRow[]>`
    select key, origin, sequence, time::text, input_digest, accepted, command, result, resent
    from outcomes where key = any(${texts(keys)}::text[]) order by key, origin`
  return rows.map(toOutcome)
}

interface BytesRow extends DocumentRef {
  readonly snapshot: Uint8Array | null
  readonly folds: DocumentBytes['marks'] | null
  readonly superseded: Uint8Array | null
}

async function bytes(sql: Queries, refs: readonly DocumentRef[]): Promise<readonly DocumentBytes[]> {
  if (refs.length === 0) return []
  const [snapshots, changes] = await Promise.all([
    sql<BytesRow[]>`
      select kind, id, snapshot, folds, superseded from documents
      where (kind, id) in (select * from unnest(${kindsOf(refs)}::text[], ${idsOf(refs)}::text[]))
      order by kind, id`,
    sql<(DocumentRef & { readonly bytes: Uint8Array })[]>`
      select kind, id, bytes from document_changes
      where (kind, id) in (select * from unnest(${kindsOf(refs)}::text[], ${idsOf(refs)}::text[]))
      order by kind, id, number`,
  ])
  const byDocument = new Map<string, Uint8Array[]>()
  for (const { kind, id, bytes } of changes) {
    const list = byDocument.get(`${kind}/${id}`)
    if (list === undefined) byDocument.set(`${kind}/${id}`, [bytes])
    else list.push(bytes)
  }
  return snapshots.map(({ kind, id, snapshot, folds, superseded }) => ({
    kind,
    id,
    snapshot,
    marks: folds ?? [],
    superseded,
    changes: byDocument.get(`${kind}/${id}`) ?? [],
  }))
}

/** Postgres refuses a whole statement for one text with U+0000 in it; there is nothing of such a name to be found. */
function storable({ documents, ids, aliases, skus, keys, bytes }: LoadRequest): LoadRequest {
  const isRef = ({ kind, id }: DocumentRef) => isText(kind) && isText(id)
  return {
    documents: documents.filter(isRef),
    ids: ids.filter(isText),
    aliases: aliases.filter(isText),
    skus: skus.filter(isText),
    keys: keys.filter(isText),
    bytes: bytes.filter(isRef),
  }
}

export async function load(sql: Queries, wanted: LoadRequest): Promise<Loaded> {
  const request = storable(wanted)
  const [loadedDocuments, ids, loadedAliases, loadedStock, loadedOutcomes, loadedBytes] = await Promise.all([
    documents(sql, request.documents),
    users(sql, request.ids),
    aliases(sql, request.aliases),
    stock(sql, request.skus),
    outcomes(sql, request.keys),
    bytes(sql, request.bytes),
  ])
  return {
    documents: loadedDocuments,
    ids,
    aliases: loadedAliases,
    stock: loadedStock,
    outcomes: loadedOutcomes,
    bytes: loadedBytes,
  }
}
