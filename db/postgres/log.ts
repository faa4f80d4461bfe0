// Reads of the log that is at hand: by local position for links and caches, by the order that is the same everywhere for
// `events`. What has moved to the archive is joined to it in history/reads.ts.

import type { Origin } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { LogPlace, StoredCommit } from '../store.ts'
import type { Queries } from './connection.ts'
import { decodeTime, encodeTime, numbers, texts } from './literals.ts'

interface CommitRow {
  readonly position: number
  readonly origin: Origin
  readonly first_sequence: number
  readonly last_sequence: number
  readonly time: string
  readonly hash: Uint8Array
  readonly previous_hash: Uint8Array
  readonly clock: VersionVector
  readonly body: Uint8Array
  readonly touched: readonly string[]
}

/** At most this many commits in one answer, however small they are. */
const commitLimit = 2_000

function toSealed(row: Omit<CommitRow, 'position' | 'touched'>): SealedCommit {
  return {
    origin: row.origin,
    firstSequence: row.first_sequence,
    lastSequence: row.last_sequence,
    clock: row.clock,
    time: decodeTime(row.time),
    hash: row.hash,
    previousHash: row.previous_hash,
    bytes: row.body,
  }
}

function toStored(row: CommitRow): StoredCommit {
  return { position: row.position, commit: toSealed(row), touched: row.touched }
}

export async function logAfterPosition(sql: Queries, after: number, limitBytes: number) {
  const rows = await sql<CommitRow[]>`
    select position, origin, first_sequence, last_sequence, time::text, hash, previous_hash, clock, body, touched
    from (
      select *, sum(octet_length(body)) over (order by position) as bytes, row_number() over (order by position) as row
      from (select * from commits where position > ${after} order by position limit ${commitLimit}) c
    ) c where bytes <= ${limitBytes} or row = 1 order by position`
  return rows.map(toStored)
}

/** Starts where the first origin has something new, found by the index, so that what the vector holds is not read. */
export async function logAfterVector(sql: Queries, vector: VersionVector, from: number, limitBytes: number) {
  const rows = await sql<CommitRow[]>`
    with known as materialized (
      select f.key as origin, coalesce(v.sequence, 0) as sequence
      from heads cross join lateral json_each_text(heads.frontier) f
      left join unnest(
        ${texts(Object.keys(vector))}::text[], ${numbers(Object.values(vector))}::bigint[]
      ) as v(origin, sequence) on v.origin = f.key
      where f.value::bigint > coalesce(v.sequence, 0)
    ),
    start as materialized (
      select min(first.position) as position from known cross join lateral (
        select position from commits c where c.origin = known.origin and c.last_sequence > known.sequence
        order by c.last_sequence limit 1
      ) first
    )
    select position, origin, first_sequence, last_sequence, time::text, hash, previous_hash, clock, body, touched
    from (
      select *, sum(octet_length(body)) over (order by position) as bytes, row_number() over (order by position) as row
      from (
        select c.* from commits c join known on known.origin = c.origin and c.last_sequence > known.sequence
        where c.position >= greatest(${from}, (select position from start))
        order by c.position limit ${commitLimit}
      ) c
    ) c where bytes <= ${limitBytes} or row = 1 order by position`
  return rows.map(toStored)
}

export async function logInOrder(sql: Queries, after: LogPlace | null, limit: number) {
  const time = after === null ? null : encodeTime(after.time)
  const rows = await sql<CommitRow[]>`
    select origin, first_sequence, last_sequence, time::text, hash, previous_hash, clock, body from commits
    ${after === null ? sql`` : sql`where (time, origin) > (${time}::bigint, ${after.origin})`}
    order by commits.time, origin limit ${limit}`
  return rows.map(toSealed)
}

export async function sequenceAt(sql: Queries, { time, origin }: LogPlace): Promise<number | null> {
  const rows = await sql<{ readonly last_sequence: number }[]>`
    select last_sequence from commits where time = ${encodeTime(time)}::bigint and origin = ${origin}`
  return rows[0]?.last_sequence ?? null
}

/** Up to `headPosition`, whose row is locked. Null where the log no longer reaches back that far. */
export async function touchedSince(
  sql: Queries,
  position: number,
  headPosition: number,
): Promise<readonly string[] | null> {
  const rows = await sql<{ readonly position: number; readonly touched: readonly string[] }[]>`
    select position, touched from commits where position > ${position} order by position`
  const isWhole = rows.length === headPosition - position
  return isWhole ? [...new Set(rows.flatMap(({ touched }) => touched))] : null
}
