// Reads of the conflict log: pages, the pairs of a path, and a scan for digests; each is a range of one index.

import type { ConflictPair } from '@causeway/schema/documents/conflicts/conflict'
import type { ConflictLog, ConflictQuery } from '../../conflicts.ts'
import type { Queries, Sql } from '../connection.ts'
import { isText, texts } from '../literals.ts'

type ConflictRow = ConflictPair & { readonly place: string }

function toPair({ place: _, ...pair }: ConflictRow): ConflictPair {
  return pair
}

async function newest(sql: Queries, { document, after, limit }: ConflictQuery): Promise<readonly ConflictPair[]> {
  if (document !== undefined && !isText(document)) return []
  const rows = await sql<ConflictRow[]>`
    select id, kind, document, path, place, policy, earlier, later from conflicts where true
    ${document === undefined ? sql`` : sql`and document = ${document}`}
    ${after === null ? sql`` : sql`and place < ${after}`}
    order by place desc limit ${limit}`
  return rows.map(toPair)
}

async function at(sql: Queries, paths: Parameters<ConflictLog['at']>[0]): Promise<readonly ConflictPair[]> {
  const rows = await sql<ConflictRow[]>`
    select id, kind, document, path, place, policy, earlier, later from conflicts
    where (kind, document, path) in (select * from unnest(
      ${texts(paths.map(({ kind }) => kind))}::text[], ${texts(paths.map(({ document }) => document))}::text[],
      ${texts(paths.map(({ path }) => path))}::text[]))
    order by place`
  return rows.map(toPair)
}

async function find(sql: Queries, id: string): Promise<ConflictPair | null> {
  if (!isText(id)) return null
  const [row] = await sql<ConflictRow[]>`
    select id, kind, document, path, place, policy, earlier, later from conflicts where id = ${id}`
  return row === undefined ? null : toPair(row)
}

async function count(sql: Queries): Promise<number> {
  const [row] = await sql<{ readonly count: number }[]>`select count(*)::bigint as count from conflicts`
  return row?.count ?? 0
}

/** By place. */
export async function scanConflicts(
  sql: Queries,
  after: string | null,
  limit: number,
  exceptKinds: readonly string[] = [],
) {
  const rows = await sql<ConflictRow[]>`
    select id, kind, document, path, place, policy, earlier, later from conflicts
    where kind <> all(${texts(exceptKinds)}::text[]) ${after === null ? sql`` : sql`and place > ${after}`}
    order by place limit ${limit + 1}`
  const shown = rows.slice(0, limit)
  return { rows: shown.map(toPair), next: rows.length > limit ? (shown.at(-1)?.place ?? null) : null }
}

/** `run` turns what the database throws into the store's errors. */
export function createConflicts(run: <Result>(work: (sql: Sql) => Promise<Result>) => Promise<Result>): ConflictLog {
  return {
    newest: (query) => run((sql) => newest(sql, query)),
    at: (paths) => run((sql) => at(sql, paths)),
    find: (id) => run((sql) => find(sql, id)),
    count: () => run(count),
    scan: (after, limit) => run((sql) => scanConflicts(sql, after, limit)),
  }
}
