// Reads of the whole log that is still kept: the archive and the log at hand as one. A commit moves from the log to the
// archive only, so a reader looks at both and, where the border moved meanwhile, looks again.

import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { LogFloor } from '../../history.ts'
import { assertPlace, assertPosition, assertVector, laterPlace } from '../../log-floor.ts'
import { comparePlaces } from '../../order.ts'
import type { LogPlace, StoredCommit } from '../../store.ts'
import type { Queries } from '../connection.ts'
import { encodeTime } from '../literals.ts'
import { logAfterPosition, logAfterVector, logInOrder } from '../log.ts'
import { archivedThrough, readFloor } from './archive.ts'
import type { SegmentPlace, Segments } from './segments.ts'

/** The border moves a few times a minute at most. */
const maximumLooks = 20
const segmentsPerLook = 32

/** At least one, up to about `limitBytes`. */
function upToBytes(commits: readonly StoredCommit[], limitBytes: number): readonly StoredCommit[] {
  let bytes = 0
  let count = 0
  for (const { commit } of commits) {
    bytes += commit.bytes.length
    if (count > 0 && bytes > limitBytes) break
    count += 1
  }
  return commits.slice(0, count)
}

/** Null from `look` where what it saw does not fit together. */
async function steadily<Result>(look: () => Promise<Result | null>): Promise<Result> {
  for (let count = 0; count < maximumLooks; count += 1) {
    const result = await look()
    if (result !== null) return result
  }
  throw new Error('the border between log and archive does not stand still')
}

export function commitsAfterPosition(sql: Queries, segments: Segments, after: number, limitBytes: number) {
  return steadily(async () => {
    const logged = await logAfterPosition(sql, after, limitBytes)
    if (logged[0]?.position === after + 1) return logged
    const segment = await segments.afterPosition(sql, after)
    if (segment === null) {
      assertPosition(await readFloor(sql), after)
      // Nothing is archived behind `after`: what the log begins with, if anything, would have to follow it.
      return logged.length === 0 ? [] : null
    }
    const archived = await segments.read(sql, segment)
    return archived && upToBytes(archived.slice(after + 1 - segment), limitBytes)
  })
}

export function commitsAfterVector(
  sql: Queries,
  segments: Segments,
  vector: VersionVector,
  fromPosition: number,
  limitBytes: number,
) {
  return steadily(async () => {
    const border = await archivedThrough(sql)
    // Nearly every reader is past the border, or holds all that lies behind it.
    if (fromPosition <= border) {
      assertVector(await readFloor(sql), vector)
      const archived = await archivedAfterVector(sql, segments, vector, fromPosition)
      if (archived === null || archived.length > 0) return archived && upToBytes(archived, limitBytes)
    }
    const logged = await logAfterVector(sql, vector, fromPosition, limitBytes)
    return (await archivedThrough(sql)) === border ? logged : null
  })
}

/** Of the first segment that has any; null where one went away meanwhile. */
async function archivedAfterVector(
  sql: Queries,
  segments: Segments,
  vector: VersionVector,
  fromPosition: number,
): Promise<readonly StoredCommit[] | null> {
  let from = fromPosition
  for (;;) {
    const segment = await segments.afterVector(sql, vector, from)
    if (segment === null) return []
    const archived = await segments.read(sql, segment)
    if (archived === null) return null
    const missing = archived.filter(
      ({ position, commit }) =>
        position >= fromPosition && !isBranch(commit.origin) && commit.lastSequence > sequenceOf(vector, commit.origin),
    )
    if (missing.length > 0) return missing
    from = segment + archived.length
  }
}

/** Begins behind the floor, at the same commit wherever the reader comes from. */
export function commitsInOrder(sql: Queries, segments: Segments, after: LogPlace | null, limit: number) {
  return steadily(async () => {
    const border = await archivedThrough(sql)
    const floor: LogFloor = await readFloor(sql)
    assertPlace(floor, after)
    const start = laterPlace(after, floor.place)
    const [logged, archived] = await Promise.all([
      logInOrder(sql, start, limit),
      archivedInOrder(sql, segments, start, limit),
    ])
    if (archived === null || (await archivedThrough(sql)) !== border) return null
    return archived.length === 0 ? logged : [...archived, ...logged].sort(comparePlaces).slice(0, limit)
  })
}

/** The first `limit` archived commits after a place, and perhaps some that come later; null where a segment went away. */
async function archivedInOrder(
  sql: Queries,
  segments: Segments,
  after: LogPlace | null,
  limit: number,
): Promise<readonly SealedCommit[] | null> {
  let found: SealedCommit[] = []
  let previous: SegmentPlace | null = null
  for (;;) {
    const places: readonly SegmentPlace[] = await segments.afterPlace(sql, after, previous, segmentsPerLook)
    for (const place of places) {
      const last = found[limit - 1]
      if (last !== undefined && BigInt(encodeTime(last.time)) < BigInt(place.firstTime)) return found
      const archived = await segments.read(sql, place.firstPosition)
      if (archived === null) return null
      const later = archived.flatMap(({ commit }) =>
        after === null || comparePlaces(commit, after) > 0 ? [commit] : [],
      )
      found = [...found, ...later].sort(comparePlaces).slice(0, limit)
      previous = place
    }
    if (places.length < segmentsPerLook) return found
  }
}
