// Commits of the archive that stand under another name from now on (C6): their segments are written anew. Runs in the
// transaction that holds the head row.

import { assertGone, type Renamed } from '../../renamed.ts'
import type { Queries } from '../connection.ts'
import { readFloor } from './archive.ts'
import { replaceSegment } from './mend-segments.ts'
import { decodeRow, type SegmentRow } from './segment.ts'

/** Segments are looked at one by one, the newest first. Throws SpoiledSegment where one cannot be read before all is found. */
export async function renameArchived(sql: Queries, renamed: Renamed): Promise<void> {
  const { from, to, sequences } = renamed
  const left = new Set(sequences)
  const places = await sql<Pick<SegmentRow, 'first_position'>[]>`
    select first_position from log_segments order by first_position desc`
  for (const { first_position } of places) {
    if (left.size === 0) return
    const [row] = await sql<SegmentRow[]>`
      select first_position, last_position, body from log_segments where first_position = ${first_position} for update`
    const commits = row === undefined ? [] : await decodeRow(row)
    const isWanted = ({ commit }: (typeof commits)[number]) => commit.origin === from && left.has(commit.lastSequence)
    const found = commits.filter(isWanted)
    if (found.length === 0) continue
    for (const { commit } of found) left.delete(commit.lastSequence)
    const rest = commits.map((stored) =>
      found.includes(stored) ? { ...stored, commit: { ...stored.commit, origin: to } } : stored,
    )
    await replaceSegment(sql, first_position, rest)
  }
  assertGone(renamed, left, await readFloor(sql))
}
