// Set-based statements for the conflict log: pairs go in with the documents that they are about, and of every path the
// newest stay.

import { type ConflictPair, pairsKeptPerPath, placeOf } from '@causeway/schema/documents/conflicts/conflict'
import type { Queries } from '../connection.ts'
import { jsonList, texts } from '../literals.ts'

function addPairs(sql: Queries, pairs: readonly ConflictPair[]): Promise<unknown> {
  return sql`
    insert into conflicts (id, kind, document, path, place, policy, earlier, later)
    select * from rows from (unnest(
      ${texts(pairs.map(({ id }) => id))}::text[], ${texts(pairs.map(({ kind }) => kind))}::text[],
      ${texts(pairs.map(({ document }) => document))}::text[], ${texts(pairs.map(({ path }) => path))}::text[],
      ${texts(pairs.map(placeOf))}::text[], ${texts(pairs.map(({ policy }) => policy))}::text[]
    ),
      json_array_elements(${jsonList(pairs.map(({ earlier }) => earlier))}::text::json),
      json_array_elements(${jsonList(pairs.map(({ later }) => later))}::text::json)
    ) as s(id, kind, document, path, place, policy, earlier, later)
    on conflict (id) do nothing`.execute()
}

function trimPaths(sql: Queries, pairs: readonly ConflictPair[]): Promise<unknown> {
  return sql`
    delete from conflicts where id in (
      select id from (
        select c.id, row_number() over (partition by c.kind, c.document, c.path order by c.place desc) as number
        from conflicts c join (
          select distinct * from unnest(
            ${texts(pairs.map(({ kind }) => kind))}::text[], ${texts(pairs.map(({ document }) => document))}::text[],
            ${texts(pairs.map(({ path }) => path))}::text[]
          ) as p(kind, document, path)
        ) p on p.kind = c.kind and p.document = c.document and p.path = c.path
      ) numbered where number > ${pairsKeptPerPath}
    )`.execute()
}

/** The statements, sent without waiting for one another; one connection runs them in this order. */
export function writeConflicts(sql: Queries, pairs: readonly ConflictPair[]): Promise<unknown>[] {
  return pairs.length === 0 ? [] : [addPairs(sql, pairs), trimPaths(sql, pairs)]
}
