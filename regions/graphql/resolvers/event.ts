// The replicated log as a list. Its order, by hybrid time, then origin, then sequence, is the same in every region.

import type { LogPlace } from '@causeway/db/store'
import type { StoreView } from '@causeway/db/views'
import { formatTime, parseTime } from '@causeway/schema/clock/hybrid-clock'
import { type Origin, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import { CodecError } from '@causeway/schema/commit/bytes'
import { missingPlacements, readCommit } from '@causeway/schema/commit/codec'
import type { Commit, CommitEvent, SealedCommit } from '@causeway/schema/commit/commit'
import { eventId } from '@causeway/schema/documents/ids'
import type { JsonObject } from '@causeway/schema/json'
import { checkFirst, decodeCursor, encodeCursor, makePage } from '../connection.ts'
import type { RequestContext } from '../context.ts'
import { apiError } from '../errors.ts'

export interface EventSource {
  readonly __typename: 'Event'
  readonly id: string
  readonly type: string
  readonly entityId: string
  readonly sequence: number
}

/** Null where a writer put in what nobody can read. */
function readable(event: CommitEvent): JsonObject | null {
  try {
    return event.data
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}

/** `commit` is `sealed`, read. */
export function eventsOf(sealed: SealedCommit, commit: Commit): EventSource[] {
  const absent = new Set(missingPlacements(sealed))
  const checksum = Buffer.from(sealed.hash).toString('hex')
  return commit.events.map((event, index) => {
    const sequence = commit.firstSequence + index
    return {
      __typename: 'Event',
      id: eventId(commit.origin, sequence),
      type: event.type,
      entityId: event.entityId,
      // A function, for data is parsed only when it is asked for.
      data: () => (absent.has(event.placement) ? null : readable(event)),
      originRegion: regionOf(commit.origin),
      sequence,
      vectorClock: commit.clock,
      at: commit.time.wallMs,
      checksum,
    }
  })
}

interface EventsArgs {
  readonly first: number | null
  readonly after?: string | null
  readonly entityId?: string | null
  readonly type?: string | null
}

interface Place {
  readonly place: LogPlace
  readonly sequence: number
}

interface Row {
  readonly event: EventSource
  readonly cursor: string
}

/** Commits looked at for one page; a filter that matches less often than this gives a short page that can be gone on from. */
const maximumCommitsPerPage = 5_000
const commitsPerRead = 50

async function events(_: unknown, args: EventsArgs, context: RequestContext) {
  context.requireStaff('The log of events')
  const first = checkFirst(args.first, 50)
  const matches = (event: EventSource) =>
    (args.entityId == null || event.entityId === args.entityId) && (args.type == null || event.type === args.type)
  const start = args.after == null ? null : readPlace(args.after)
  const { rows, scannedTo } = await scan(context.view, start, first, matches)
  context.spend(Math.min(rows.length, first))
  const page = makePage(rows, first, args.after, ({ event, cursor }) => ({ node: event, cursor }))
  if (scannedTo === null || rows.length > first) return page
  return { ...page, pageInfo: { ...page.pageInfo, hasNextPage: true, endCursor: scannedTo } }
}

function readPlace(cursor: string): Place {
  const [time, origin, sequence] = decodeCursor('events', cursor, ['string', 'string', 'number'])
  try {
    return { place: { time: parseTime(String(time)), origin: String(origin) }, sequence: Number(sequence) }
  } catch {
    throw apiError('BAD_USER_INPUT', '`after` is no cursor of this list.')
  }
}

/** `scannedTo`: a cursor to go on from where the scan stopped before the end of the log. */
async function scan(
  view: StoreView,
  start: Place | null,
  first: number,
  matches: (event: EventSource) => boolean,
): Promise<{ readonly rows: Row[]; readonly scannedTo: string | null }> {
  const rows: Row[] = []
  // The commit that holds the cursor's event may hold more after it, so it is read again: from just before its time on.
  let after: LogPlace | null = start === null ? null : { time: start.place.time, origin: '' }
  for (let read = 0; read < maximumCommitsPerPage; read += commitsPerRead) {
    const commits = await view.commitsInOrder(after, commitsPerRead)
    for (const sealed of commits) {
      for (const event of eventsOf(sealed, readCommit(sealed))) {
        if (start !== null && !isAfter(sealed, event.sequence, start)) continue
        if (!matches(event)) continue
        rows.push({ event, cursor: cursorAt(sealed, event.sequence) })
        if (rows.length > first) return { rows, scannedTo: null }
      }
    }
    const last = commits.at(-1)
    if (last === undefined || commits.length < commitsPerRead) return { rows, scannedTo: null }
    after = { time: last.time, origin: last.origin }
    if (read + commitsPerRead >= maximumCommitsPerPage) return { rows, scannedTo: cursorAt(last, last.lastSequence) }
  }
  return { rows, scannedTo: null }
}

function isAfter(sealed: SealedCommit, sequence: number, { place, sequence: reached }: Place): boolean {
  if (formatTime(sealed.time) !== formatTime(place.time)) return true
  return sealed.origin === place.origin ? sequence > reached : sealed.origin > place.origin
}

function cursorAt(sealed: SealedCommit, sequence: number): string {
  return encodeCursor('events', [formatTime(sealed.time), sealed.origin, sequence])
}

/** One event by its id; null where this region has not applied it, or the caller may not see it. */
export async function loadEvent(origin: Origin, sequence: number, context: RequestContext) {
  if (!context.isStaff || sequence < 1) return null
  const { frontier } = await context.view.moment
  if (sequenceOf(frontier, origin) < sequence) return null
  const before = { ...frontier, [origin]: sequence - 1 }
  const [found] = await context.region.store.commitsAfterVector(before, 0, 1)
  if (found === undefined || found.commit.origin !== origin) return null
  return eventsOf(found.commit, readCommit(found.commit)).find((event) => event.sequence === sequence) ?? null
}

export const eventResolvers = { Query: { events } }
