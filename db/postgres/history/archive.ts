// Moves the oldest part of the log to the archive, a segment at a time, and drops segments that are past their retention.
// A step is one transaction: a crash leaves a commit in the log or in the archive, never in both and never in neither.

import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import { type ArchiveRequest, type ArchiveStep, type LogFloor, segmentBytes, wholeLog } from '../../history.ts'
import { laterPlace, raiseFloor } from '../../log-floor.ts'
import { movable } from '../../movable.ts'
import type { LogPlace, StoredCommit } from '../../store.ts'
import type { Queries, Sql } from '../connection.ts'
import { decodeTime, encodeTime } from '../literals.ts'
import { logAfterPosition } from '../log.ts'
import { encodeSegment } from './segment.ts'

const floorSetting = 'log.floor'
const nothing: ArchiveStep = Object.freeze({ commits: 0, bytes: 0 })

export async function readFloor(sql: Queries): Promise<LogFloor> {
  const [row] = await sql<{ readonly value: string }[]>`select value from settings where name = ${floorSetting}`
  return row === undefined ? wholeLog : (JSON.parse(row.value) as LogFloor)
}

/** Belongs into the transaction that takes away what lies behind it. */
export async function writeFloor(sql: Queries, floor: LogFloor): Promise<void> {
  await sql`
    insert into settings (name, value) values (${floorSetting}, ${JSON.stringify(floor)})
    on conflict (name) do update set value = excluded.value`
}

/** Where the archive ends and the log begins: the position of the last commit that is not in the log any more. */
export async function archivedThrough(sql: Queries): Promise<number> {
  const [row] = await sql<
    { readonly position: number | null }[]
  >`select max(last_position) as position from log_segments`
  return row?.position ?? (await readFloor(sql)).position
}

export async function archiveStep(sql: Sql, request: ArchiveRequest): Promise<ArchiveStep> {
  const oldest = await logAfterPosition(sql, await archivedThrough(sql), 2 * segmentBytes)
  const commits = movable(oldest, request)
  const first = commits[0]
  const last = commits.at(-1)
  if (first === undefined || last === undefined) return nothing
  const body = await encodeSegment(commits)
  const row = describe(commits)
  return await sql.begin(async (session) => {
    await session`
      insert into log_segments
        (first_position, last_position, commits, through, first_time, last_time, last_origin, bytes, body)
      values (${first.position}, ${last.position}, ${commits.length}, ${JSON.stringify(row.through)}::json,
        ${row.firstTime}::bigint, ${encodeTime(row.last.time)}::bigint, ${row.last.origin}, ${row.bytes}, ${body})`
    const removed = await session<{ readonly position: number; readonly origin: string }[]>`
      delete from commits where position between ${first.position} and ${last.position} returning position, origin`
    // Another node has moved or renamed some of them meanwhile: then its step stands and this one never was.
    const names = new Map(removed.map(({ position, origin }) => [position, origin]))
    if (!commits.every(({ position, commit }) => names.get(position) === commit.origin))
      throw new Error('the log was archived by two nodes at once, or renamed')
    return { commits: commits.length, bytes: row.bytes }
  })
}

/** The columns that readers find a segment by. */
export function describe(commits: readonly StoredCommit[]) {
  const through: Record<string, number> = {}
  let last: LogPlace | null = null
  let firstTime = encodeTime(commits[0]?.commit.time ?? { wallMs: 0, counter: 0 })
  let bytes = 0
  for (const { commit } of commits) {
    // What stands beside an origin's log nobody asks for by a vector (C6).
    if (!isBranch(commit.origin)) through[commit.origin] = commit.lastSequence
    last = laterPlace(last, { time: commit.time, origin: commit.origin })
    const time = encodeTime(commit.time)
    if (BigInt(time) < BigInt(firstTime)) firstTime = time
    bytes += commit.bytes.length
  }
  return { through, firstTime, last: last ?? { time: { wallMs: 0, counter: 0 }, origin: '' }, bytes }
}

interface OldestRow {
  readonly first_position: number
  readonly last_position: number
  readonly through: VersionVector
  readonly last_time: string
  readonly last_origin: string
}

export async function dropSegment(sql: Sql, before: string): Promise<boolean> {
  return await sql.begin(async (session) => {
    const [oldest] = await session<OldestRow[]>`
      select first_position, last_position, through, last_time::text, last_origin from log_segments
      order by first_position limit 1 for update skip locked`
    if (oldest === undefined || BigInt(oldest.last_time) >= BigInt(before)) return false
    const last = { time: decodeTime(oldest.last_time), origin: oldest.last_origin }
    await session`delete from log_segments where first_position = ${oldest.first_position}`
    await writeFloor(session, raiseFloor(await readFloor(session), oldest.last_position, oldest.through, last))
    return true
  })
}
