// Finds documents that are filed under other keys than their index says: columns that lists go by, and claims to names. They
// follow from the index, which digests compare, and nothing else looks at them (C9). One statement: of one moment.

import type { DocumentRef } from '@causeway/schema/documents/document'
import type { StoredDocument } from '../store.ts'
import type { Queries } from './connection.ts'
import { clean, encodeTime, texts } from './literals.ts'

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
  return rows.filter((row) => filedUnder(row) !== indexed(row)).map(({ kind, id }) => ({ kind, id }))
}

function filedUnder({ sort_key, owner, status, tags, claims }: FiledRow): string {
  return JSON.stringify([sort_key, owner, status, tags, [...(claims ?? [])].sort()])
}

function indexed({ indexed: { sortKey, owner, status, tags, aliases } }: FiledRow): string {
  const claims = aliases.map(({ name, time, region }) => `${name} ${encodeTime(time)} ${region}`)
  const cleaned = (text: string | null) => (text === null ? null : clean(text))
  return JSON.stringify([clean(sortKey), cleaned(owner), cleaned(status), tags.map(clean), claims.sort()])
}
