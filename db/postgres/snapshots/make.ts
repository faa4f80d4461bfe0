// Makes snapshots: one repeatable read over everything, on a connection of its own, which sees each commit whole or not at
// all and locks nothing. Pages are kept in the database, so that any node serves them, at the pace of who fetches them.

import { PageMaker } from '../../snapshots/page.ts'
import type { SnapshotDescription, SnapshotRequest, StateRows } from '../../snapshots/snapshots.ts'
import type { Head } from '../../store.ts'
import { openSession, type Sql } from '../connection.ts'
import { readHead } from '../head.ts'
import { snapshotRows, stateRows } from './scan.ts'
import { readDescription, writeDescription } from './staging.ts'

/** What a consistent read may take; a database that is not read in this time is too large for the machine it runs on. */
const maximumMakeMs = 6 * 3_600_000

export interface MakeSetting {
  readonly url: string
  readonly application: string
}

/** One consistent view, whatever others write meanwhile; it ends with `work`. */
async function consistently<Result>(setting: MakeSetting, work: (sql: Sql) => Promise<Result>): Promise<Result> {
  const session = await openSession(setting.url, setting.application)
  try {
    await session.sql`begin isolation level repeatable read`
    const result = await work(session.sql)
    await session.sql`commit`
    return result
  } finally {
    await session.end()
  }
}

export function makeSnapshot(setting: MakeSetting, request: SnapshotRequest): Promise<SnapshotDescription> {
  const untilMs = performance.now() + maximumMakeMs
  return consistently(setting, async (sql) => {
    const head = await readHead(sql)
    const maker = new PageMaker()
    let number = 0
    const keep = async (pages: readonly Uint8Array[]) => {
      for (const page of pages) {
        await sql`insert into snapshot_pages (place, number, body) values ('made', ${number}, ${page})`
        number += 1
      }
    }
    await sql`delete from snapshot_pages where place = 'made'`
    for await (const rows of snapshotRows(sql, request.exceptKinds)) {
      await keep(maker.add(rows))
      if (performance.now() > untilMs) throw new Error('a snapshot takes too long to be made')
    }
    await keep(maker.flush())
    const description = maker.describe(head, request)
    await writeDescription(sql, 'made', description)
    return description
  })
}

export function readState(
  setting: MakeSetting,
  exceptKinds: readonly string[],
  begin: (head: Head) => Promise<void>,
  visit: (rows: StateRows) => void,
): Promise<void> {
  return consistently(setting, async (sql) => {
    await begin(await readHead(sql))
    for await (const rows of stateRows(sql, exceptKinds)) visit(rows)
  })
}

/** Null where another snapshot is kept by now, or none. */
export async function readMadePage(sql: Sql, id: string, number: number): Promise<Uint8Array | null> {
  return await sql.begin(async (session) => {
    // Waits for nothing: a maker that is at work has not taken the pages away before it commits.
    await session`set transaction isolation level repeatable read`
    if ((await readDescription(session, 'made'))?.id !== id) return null
    const [row] = await session<{ readonly body: Uint8Array }[]>`
      select body from snapshot_pages where place = 'made' and number = ${number}`
    return row?.body ?? null
  })
}
