// The archived segments as a reader finds them. The latest few stay decoded, for a reader takes one page after another out
// of the same one. Knows nothing of the log at hand.

import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { LogPlace, StoredCommit } from '../../store.ts'
import type { Queries } from '../connection.ts'
import { encodeTime, numbers, texts } from '../literals.ts'
import { decodeRow, type SegmentRow } from './segment.ts'

/** Of segments of about 2 MB each. */
const keptSegments = 4

export interface SegmentPlace {
  readonly firstPosition: number
  /** In the order of the log, as the database writes times. */
  readonly firstTime: string
}

export class Segments {
  readonly #decoded = new Map<
    number,
    { readonly version: string; readonly commits: Promise<readonly StoredCommit[]> }
  >()

  /** Null where it is gone. What is remembered counts only while the row is the one it was read from. */
  async read(sql: Queries, firstPosition: number): Promise<readonly StoredCommit[] | null> {
    const known = this.#decoded.get(firstPosition)
    const [row] = await sql<
      (Omit<SegmentRow, 'body'> & { readonly version: string; readonly body: Uint8Array | null })[]
    >`
      select first_position, last_position, xmin::text as version,
        case when xmin::text = ${known?.version ?? ''} then null else body end as body
      from log_segments where first_position = ${firstPosition}`
    if (row === undefined) return null
    const { version, body } = row
    if (body === null) return (await known?.commits) ?? null
    const commits = decodeRow({ ...row, body })
    this.#decoded.set(firstPosition, { version, commits })
    commits.catch(() => this.#decoded.delete(firstPosition))
    for (const oldest of this.#decoded.keys()) if (this.#decoded.size > keptSegments) this.#decoded.delete(oldest)
    return commits
  }

  /** The segment that holds the commit after this position; null where the archive ends before it. */
  async afterPosition(sql: Queries, position: number): Promise<number | null> {
    const [row] = await sql<{ readonly first_position: number }[]>`
      select first_position from log_segments where first_position <= ${position + 1}
        and last_position > ${position} order by first_position desc limit 1`
    return row?.first_position ?? null
  }

  /** The first segment, from a position on, that holds something which the vector does not. */
  async afterVector(sql: Queries, vector: VersionVector, fromPosition: number): Promise<number | null> {
    const [row] = await sql<{ readonly first_position: number }[]>`
      select first_position from log_segments s
      where last_position >= ${fromPosition} and exists (
        select from json_each_text(s.through) t
        left join unnest(
          ${texts(Object.keys(vector))}::text[], ${numbers(Object.values(vector))}::bigint[]
        ) as v(origin, sequence) on v.origin = t.key
        where t.value::bigint > coalesce(v.sequence, 0)
      )
      order by first_position limit 1`
    return row?.first_position ?? null
  }

  /** Segments that hold something after a place, in the order of what they begin with, behind `previous`. */
  async afterPlace(
    sql: Queries,
    after: LogPlace | null,
    previous: SegmentPlace | null,
    limit: number,
  ): Promise<readonly SegmentPlace[]> {
    const time = after === null ? null : encodeTime(after.time)
    const rows = await sql<{ readonly first_position: number; readonly first_time: string }[]>`
      select first_position, first_time::text from log_segments where true
        ${after === null ? sql`` : sql`and (last_time, last_origin) > (${time}::bigint, ${after.origin})`}
        ${previous === null ? sql`` : sql`and (first_time, first_position) > (${previous.firstTime}::bigint, ${previous.firstPosition})`}
      order by log_segments.first_time, first_position limit ${limit}`
    return rows.map((row) => ({ firstPosition: row.first_position, firstTime: row.first_time }))
  }
}
