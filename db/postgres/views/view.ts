// A view in Postgres: a read-only transaction that sees one snapshot. Its first statements go out together with the first
// read, so that a view costs a read no round trip of its own.

import { StoreError } from '../../store.ts'
import type { Moment, StoreView } from '../../views.ts'
import type { Session, Sql } from '../connection.ts'
import { closedError, toStoreError, unreachable } from '../errors.ts'
import { createConflicts } from '../history/conflicts.ts'
import { commitsInOrder } from '../history/reads.ts'
import type { Segments } from '../history/segments.ts'
import { decodeTime } from '../literals.ts'
import { load } from '../loads.ts'
import { count, find } from '../queries.ts'
import type { ViewPool } from './view-pool.ts'

interface MomentRow {
  readonly frontier: Moment['frontier']
  readonly time: string
}

async function begin({ sql }: Session): Promise<Moment> {
  // `execute` sends at once; a statement that is only awaited is sent a moment later, after the next one.
  const [, rows] = await Promise.all([
    sql`begin isolation level repeatable read, read only`.execute(),
    sql<MomentRow[]>`select frontier, time::text from heads`.execute(),
  ])
  const [row] = rows
  if (row === undefined) {
    throw new StoreError('SCHEMA_VERSION', 'the database belongs to no region yet; run `causeway migrate`', {
      retry: false,
    })
  }
  return { frontier: row.frontier, time: decodeTime(row.time) }
}

interface Opened {
  readonly session: Session
  readonly moment: Promise<Moment>
  /** Rejects when the connection is lost: a statement under way may then never be answered. */
  readonly lost: Promise<never>
  readonly forget: () => void
}

async function open(pool: ViewPool): Promise<Opened> {
  const session = await pool.take()
  let forget: () => void = () => undefined
  const lost = new Promise<never>((_, reject) => {
    forget = session.onLost((error) => reject(unreachable(error)))
  })
  lost.catch(() => undefined)
  const moment = begin(session)
  moment.catch(() => undefined)
  return { session, moment, lost, forget }
}

export function openView(pool: ViewPool, segments: Segments): StoreView {
  const opened = open(pool)
  let ended = false

  const guard = async <Result>(run: (opened: Opened) => Promise<Result>): Promise<Result> => {
    try {
      const ready = await opened
      return await Promise.race([run(ready), ready.lost])
    } catch (error) {
      throw toStoreError(error)
    }
  }

  const read = async <Result>(query: (sql: Sql) => Promise<Result>): Promise<Result> => {
    if (ended) throw closedError()
    return await guard(({ session }) => query(session.sql))
  }

  const moment = guard((ready) => ready.moment)
  // Who asks for it hears; a view may also be ended by someone whose reads have failed already.
  moment.catch(() => undefined)

  const finish = ({ session, forget }: Opened) => {
    forget()
    if (session.loss() !== null) return
    // Not waited for: nothing depends on it, and the next view's statements queue behind it.
    session.sql`commit`.execute().catch(() => session.end())
    pool.give(session)
  }

  return {
    moment,
    load: (request) => read((sql) => load(sql, request)),
    find: (query) => read((sql) => find(sql, query)),
    count: (query) => read((sql) => count(sql, query)),
    commitsInOrder: (after, limit) => read((sql) => commitsInOrder(sql, segments, after, limit)),
    conflicts: createConflicts(read),
    end() {
      if (ended) return
      ended = true
      opened.then(finish, () => undefined)
    },
  }
}
