// Puts commits of the archive right (C9): the segments that hold them are written anew, with what is sound of the rest. Runs in
// the transaction that holds the head row.

import { SpoiledSegment, type StoredCommit } from '../../store.ts'
import type { Queries } from '../connection.ts'
import { encodeTime, numbers } from '../literals.ts'
import { describe } from './archive.ts'
import { decodeRow, encodeSegment, type SegmentRow } from './segment.ts'

/** Throws where a segment that cannot be read would not be whole by these commits alone. */
export async function mendSegments(sql: Queries, commits: readonly StoredCommit[]): Promise<void> {
  const positions = numbers(commits.map(({ position }) => position))
  const rows = await sql<SegmentRow[]>`
    select first_position, last_position, body from log_segments where exists (
      select from unnest(${positions}::bigint[]) as p(position) where p.position between first_position and last_position
    ) order by first_position for update`
  for (const row of rows) {
    const whole = new Map((await soundOf(row)).map((commit) => [commit.position, commit]))
    for (const commit of commits)
      if (commit.position >= row.first_position && commit.position <= row.last_position)
        whole.set(commit.position, commit)
    if (whole.size !== row.last_position - row.first_position + 1)
      throw new SpoiledSegment(row.first_position, row.last_position)
    const ordered = [...whole.values()].sort((left, right) => left.position - right.position)
    await replaceSegment(sql, row.first_position, ordered)
  }
}

/** `commits`: all that the segment holds from now on. */
export async function replaceSegment(
  sql: Queries,
  firstPosition: number,
  commits: readonly StoredCommit[],
): Promise<void> {
  const { through, firstTime, last, bytes } = describe(commits)
  await sql`
    update log_segments set commits = ${commits.length}, through = ${JSON.stringify(through)}::json,
      first_time = ${firstTime}::bigint, last_time = ${encodeTime(last.time)}::bigint, last_origin = ${last.origin},
      bytes = ${bytes}, body = ${await encodeSegment(commits)}
    where first_position = ${firstPosition}`
}

async function soundOf(row: SegmentRow): Promise<readonly StoredCommit[]> {
  try {
    return await decodeRow(row)
  } catch (error) {
    if (error instanceof SpoiledSegment) return []
    throw error
  }
}
