// Finds documents that are filed under other keys than their index says: columns that lists go by, claims to names, words that
// searches go by. They follow from the index, which digests compare, and nothing else looks at them (C9). Outside of a
// transaction one that is written meanwhile may be among them: whoever mends looks again.

import type { DocumentRef } from '@causeway/schema/documents/document'
import type { StoredDocument } from '../store.ts'
import { documentKey } from '../write-set.ts'
import type { Queries } from './connection.ts'
import { clean, encodeTime, texts } from './literals.ts'
import { searchTexts, searchVector } from './write/documents.ts'

interface FiledRow extends DocumentRef {
  readonly indexed: StoredDocument['index']
  readonly sort_key: string
  readonly owner: string | null
  readonly status: string | null
  readonly tags: readonly string[]
  /** `name time region`, in no order. */
  readonly claims: readonly string[] | null
}

export async function misfiled(sql: Queries, refs: readonly DocumentRef[]): Promise<readonly DocumentRef[]> {
  if (refs.length === 0) return []
  const rows = await sql<FiledRow[]>`
    select kind, id, indexed, sort_key, owner, status, array_to_json(tags) as tags, (
      select json_agg(a.name || ' ' || a.time || ' ' || a.region)
      from document_aliases a where a.kind = d.kind and a.id = d.id
    ) as claims
    from documents d where (kind, id) in (select * from unnest(
      ${texts(refs.map(({ kind }) => kind))}::text[], ${texts(refs.map(({ id }) => id))}::text[]))
    order by kind, id`
  const unsearchable = new Set((await misworded(sql, rows)).map(documentKey))
  const isMisfiled = (row: FiledRow) => filedUnder(row) !== indexed(row) || unsearchable.has(documentKey(row))
  return rows.filter(isMisfiled).map(({ kind, id }) => ({ kind, id }))
}

/** Those that a search finds by other words than their index has. */
async function misworded(sql: Queries, rows: readonly FiledRow[]): Promise<readonly DocumentRef[]> {
  const [a, b, c] = searchTexts(rows.map((row) => row.indexed))
  return await sql<DocumentRef[]>`
    select kind, id from unnest(
      ${texts(rows.map(({ kind }) => kind))}::text[], ${texts(rows.map(({ id }) => id))}::text[],
      ${a}::text[], ${b}::text[], ${c}::text[]
    ) as s(kind, id, a, b, c) join documents d using (kind, id)
    where d.search is distinct from ${searchVector(sql)}`
}

function filedUnder({ sort_key, owner, status, tags, claims }: FiledRow): string {
  return JSON.stringify([sort_key, owner, status, tags, [...(claims ?? [])].sort()])
}

function indexed({ indexed: { sortKey, owner, status, tags, aliases } }: FiledRow): string {
  const claims = aliases.map(({ name, time, region }) => `${name} ${encodeTime(time)} ${region}`)
  const cleaned = (text: string | null) => (text === null ? null : clean(text))
  return JSON.stringify([clean(sortKey), cleaned(owner), cleaned(status), tags.map(clean), claims.sort()])
}
