// Finds documents that have more history than state. Only documents with a snapshot of some size stand in the index that it
// walks; those that an unstable commit has touched are left for later.

import { type Foldable, type FoldableRequest, leastFoldBytes } from '../../history.ts'
import type { Queries } from '../connection.ts'
import { numbers, texts } from '../literals.ts'

interface FoldableRow {
  readonly kind: string
  readonly id: string
  readonly heads: string
}

export async function foldable(sql: Queries, request: FoldableRequest): Promise<readonly Foldable[]> {
  const { stable, minimumBytes, growth, after, limit } = request
  const minimum = Math.max(leastFoldBytes, minimumBytes)
  const rows = await sql<FoldableRow[]>`
    with moving as materialized (
      select distinct t.document from heads
      cross join lateral json_each_text(heads.frontier) f
      left join unnest(
        ${texts(Object.keys(stable))}::text[], ${numbers(Object.values(stable))}::bigint[]
      ) as v(origin, sequence) on v.origin = f.key
      join commits c on c.origin = f.key and c.last_sequence > coalesce(v.sequence, 0)
      cross join lateral json_array_elements_text(c.touched) as t(document)
    )
    select kind, id, heads from documents
    where octet_length(snapshot) > 4096 and octet_length(snapshot) > ${minimum}
      and octet_length(snapshot) > ${growth} * octet_length(state::text)
      and superseded is null and not exists (select from moving where document = kind || '/' || id)
      ${after === null ? sql`` : sql`and (kind, id) > (${after.kind}, ${after.id})`}
    order by kind, id limit ${limit}`
  return rows.map(({ kind, id, heads }) => ({ kind, id, heads: heads.split(',') }))
}
