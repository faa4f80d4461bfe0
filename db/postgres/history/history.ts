// The history of a region in Postgres: the steps that move, drop and prune, and how large everything is.

import type { History, HistorySize } from '../../history.ts'
import type { Queries, Sql } from '../connection.ts'
import { encodeTime } from '../literals.ts'
import { sequenceAt } from '../log.ts'
import { archiveStep, dropSegment, readFloor } from './archive.ts'
import { foldable } from './foldable.ts'
import { outcomesOf, pruneOutcomes } from './outcomes.ts'

interface SizeRow {
  readonly log_commits: number
  readonly log_bytes: number
  readonly segments: number
  readonly archived_commits: number
  readonly archived_bytes: number
  readonly stored_bytes: number
  readonly outcomes: number
}

/** Outcomes as the planner estimates them: to count millions takes seconds. */
async function readSize(sql: Queries): Promise<HistorySize> {
  const [row] = await sql<SizeRow[]>`
    select
      (select position from heads) - coalesce(max(s.last_position),
        (select (value::json ->> 'position')::bigint from settings where name = 'log.floor'), 0) as log_commits,
      pg_total_relation_size('commits') as log_bytes, count(s.*)::bigint as segments,
      coalesce(sum(s.commits), 0)::bigint as archived_commits, coalesce(sum(s.bytes), 0)::bigint as archived_bytes,
      coalesce(sum(octet_length(s.body)), 0)::bigint as stored_bytes,
      (select greatest(reltuples, 0)::bigint from pg_class where oid = 'outcomes'::regclass) as outcomes
    from log_segments s`
  if (row === undefined) throw new Error('the size of the log cannot be read')
  return {
    logCommits: row.log_commits,
    logBytes: row.log_bytes,
    archivedSegments: row.segments,
    archivedCommits: row.archived_commits,
    archivedBytes: row.archived_bytes,
    storedBytes: row.stored_bytes,
    outcomes: row.outcomes,
  }
}

/** `run` turns what the database throws into the store's errors. */
export function createHistory(run: <Result>(work: (sql: Sql) => Promise<Result>) => Promise<Result>): History {
  return {
    floor: () => run(readFloor),
    archive: (request) => run((sql) => archiveStep(sql, request)),
    dropSegment: (before) => run((sql) => dropSegment(sql, encodeTime(before))),
    sequenceAt: (place) => run((sql) => sequenceAt(sql, place)),
    foldable: (request) => run((sql) => foldable(sql, request)),
    outcomesOf: (request) => run((sql) => outcomesOf(sql, request)),
    pruneOutcomes: (request) => run((sql) => pruneOutcomes(sql, request)),
    size: () => run(readSize),
  }
}
