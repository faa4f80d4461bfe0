// The head row: read, lock, replace. One statement each.

import { makeOrigin, type Origin, type RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import { isBegun, type StoreIdentity } from '../identity.ts'
import { type Head, StoreError } from '../store.ts'
import type { Queries, Sql } from './connection.ts'
import { decodeTime, encodeTime } from './literals.ts'

interface HeadRow {
  readonly region: RegionId
  readonly origin: Origin
  readonly sequence: number
  readonly hash: Uint8Array
  readonly time: string
  readonly frontier: VersionVector
  readonly position: number
  readonly member_clocks: Readonly<Record<RegionId, VersionVector>>
  readonly chain_hashes: Readonly<Record<Origin, string>>
  readonly significant: VersionVector
  readonly fences: string
  readonly repairs: number
}

/** Texts of fence logs that are kept read. */
const maximumFenceLogs = 16
const fenceLogs = new Map<string, FenceLog>()

/** The same object for the same text: it changes a few times a year, is read with every commit, and much is worked out of it. */
function toFences(text: string): FenceLog {
  const known = fenceLogs.get(text)
  if (known !== undefined) return known
  const fences = JSON.parse(text) as FenceLog
  fenceLogs.set(text, fences)
  for (const oldest of fenceLogs.keys()) if (fenceLogs.size > maximumFenceLogs) fenceLogs.delete(oldest)
  return fences
}

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const mapValues = <From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

function toHead(rows: readonly HeadRow[]): Head {
  const [row] = rows
  if (row === undefined) {
    throw new StoreError('SCHEMA_VERSION', 'the database belongs to no region yet; run `causeway migrate`', {
      retry: false,
    })
  }
  const { member_clocks, chain_hashes, time, fences, ...rest } = row
  return {
    ...rest,
    fences: toFences(fences),
    time: decodeTime(time),
    memberClocks: member_clocks,
    chainHashes: mapValues(chain_hashes, fromHex),
  }
}

export async function readHead(sql: Queries): Promise<Head> {
  return toHead(
    await sql<HeadRow[]>`
    select region, origin, sequence, hash, time::text, frontier, position, member_clocks, chain_hashes, significant,
      fences::text, repairs
    from heads`,
  )
}

/** Waits for the lock that every commit takes first. Sent at once: what is asked for after it is read under the lock. */
export async function lockHead(sql: Queries): Promise<Head> {
  return toHead(
    await sql<HeadRow[]>`
    select region, origin, sequence, hash, time::text, frontier, position, member_clocks, chain_hashes, significant,
      fences::text, repairs
    from heads for update`.execute(),
  )
}

/**
 * Replaces the row and rings the bell of the region's other nodes, who know `sender` as not their own. `before`: as it stands; what
 * was said of fences is left alone where nothing was added to it.
 */
export function replaceHead(
  sql: Queries,
  head: Head,
  channel: string,
  sender: string,
  before: Pick<Head, 'fences'> | null,
): Promise<unknown> {
  const fences = before?.fences === head.fences ? sql`` : sql`, fences = ${JSON.stringify(head.fences)}::json`
  return sql`
    with replaced as (
      update heads set
        origin = ${head.origin}, sequence = ${head.sequence}, hash = ${head.hash}, time = ${encodeTime(head.time)},
        frontier = ${JSON.stringify(head.frontier)}::json, position = ${head.position},
        member_clocks = ${JSON.stringify(head.memberClocks)}::json,
        chain_hashes = ${JSON.stringify(mapValues(head.chainHashes, toHex))}::json,
        significant = ${JSON.stringify(head.significant)}::json ${fences}
      returning region
    )
    select pg_notify(${channel}, ${sender}) from replaced`.execute()
}

/** Rings the bell as well: the other nodes' memories are worth nothing now. */
export function countRepair(sql: Queries, channel: string, sender: string): Promise<unknown> {
  return sql`
    with counted as (update heads set repairs = repairs + 1 returning region)
    select pg_notify(${channel}, ${sender}) from counted`.execute()
}

interface IdentityRow {
  readonly system_identifier: string
  readonly timeline: number
  readonly known_system_identifier: string | null
  readonly known_timeline: number | null
}

/** The timeline comes from the log that is written now: the control file's lags behind a promotion. */
export async function readIdentity(sql: Queries): Promise<StoreIdentity> {
  const [row] = await sql<IdentityRow[]>`
    select
      (select system_identifier::text from pg_control_system()) as system_identifier,
      ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int as timeline,
      heads.system_identifier as known_system_identifier, heads.timeline as known_timeline
    from heads`
  if (row === undefined) throw new Error('the head row is missing')
  const { system_identifier, timeline, known_system_identifier, known_timeline } = row
  const known =
    known_system_identifier === null || known_timeline === null
      ? null
      : { systemIdentifier: known_system_identifier, timeline: known_timeline }
  return { systemIdentifier: system_identifier, timeline, known }
}

/** `head` is locked. Another node may have begun it while this one waited for the lock, and written under it (W4). */
export async function startIncarnation(sql: Sql, head: Head, incarnation: number): Promise<Head> {
  const { systemIdentifier, timeline, known } = await readIdentity(sql)
  if (isBegun({ systemIdentifier, timeline, known }, head, incarnation)) return head
  const next: Head = { ...head, origin: makeOrigin(head.region, incarnation), sequence: 0, hash: new Uint8Array(32) }
  await sql`
    update heads set origin = ${next.origin}, sequence = 0, hash = ${next.hash},
      system_identifier = ${systemIdentifier}, timeline = ${timeline}`
  return next
}
