// The Postgres store. Composes the connections of one node: one for transactions, a few for reads, one that listens,
// one that holds leases.

import { randomBytes } from 'node:crypto'
import type { RegionId } from '@causeway/schema/clock/origin'
import { DatabaseLife } from '../identity.ts'
import type { Store } from '../store.ts'
import { Bell } from './bell.ts'
import { ReadPool, type Sql } from './connection.ts'
import { toStoreError } from './errors.ts'
import { readHead, readIdentity } from './head.ts'
import { createConflicts } from './history/conflicts.ts'
import { createHistory } from './history/history.ts'
import { commitsAfterPosition, commitsAfterVector, commitsInOrder } from './history/reads.ts'
import { Segments } from './history/segments.ts'
import { createEvidence } from './integrity/evidence.ts'
import { createIncidents } from './integrity/incidents.ts'
import { Leases } from './leases.ts'
import { load } from './loads.ts'
import { checkSchema } from './migrate.ts'
import { misfiled } from './misfiled.ts'
import { count, dueObligations, find, scanDocuments, scanStock } from './queries.ts'
import { createSnapshots } from './snapshots/snapshots.ts'
import { Statistics } from './statistics.ts'
import { Transactions } from './transactions.ts'
import { openView } from './views/view.ts'
import { ViewPool } from './views/view-pool.ts'

export interface PostgresStoreOptions {
  readonly url: string
  readonly region: RegionId
  /** Connections for reads (4), and as many for views; three more serve transactions, the bell and leases. */
  readonly poolSize?: number
}

const channel = 'causeway_commit'

/** Rejects with UNREACHABLE, or with SCHEMA_VERSION where `migrate` has to run first. */
export async function createPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, region, poolSize = 4 } = options
  const application = `causeway ${region}`
  const sender = randomBytes(9).toString('base64url')
  const pool = new ReadPool(url, application, poolSize)
  const views = new ViewPool(url, application, poolSize)
  const life = new DatabaseLife()
  const transactions = new Transactions({ url, application, channel, sender, life })
  const statistics = new Statistics(() => pool.sql)
  const leases = new Leases(url, application, region)
  const segments = new Segments()
  const look = async (sql: Sql) => life.meet(await readIdentity(sql))
  const bell = new Bell({ url, application, channel, sender, look, dead: () => life.lost() })

  const close = async () => {
    await transactions.close()
    await Promise.all([pool.close(), views.close(), leases.close(), bell.close()])
  }

  const read = async <Result>(query: (sql: Sql) => Promise<Result>): Promise<Result> => {
    try {
      return await query(pool.sql)
    } catch (error) {
      throw toStoreError(error)
    }
  }

  try {
    await read((sql) => checkSchema(sql, region))
    await bell.open()
  } catch (error) {
    await close()
    throw error
  }

  return {
    transact: async (work, ahead) => {
      const { result, written } = await transactions.transact(work, ahead)
      if (written) {
        statistics.written(written)
        bell.ring('here')
      }
      return result
    },
    beginIncarnation: (incarnation) => transactions.beginIncarnation(incarnation),
    head: () => read(readHead),
    identity: () => read(readIdentity),
    over: life.over,
    view: () => openView(views, segments),
    load: (request) => read((sql) => load(sql, request)),
    find: (query) => read((sql) => find(sql, query)),
    count: (query) => read((sql) => count(sql, query)),
    scanStock: (after, limit) => read((sql) => scanStock(sql, after, limit)),
    misfiled: (refs) => read((sql) => misfiled(sql, refs)),
    scanDocuments: (after, limit, kind) => read((sql) => scanDocuments(sql, after, limit, kind)),
    commitsAfterPosition: (after, limitBytes) => read((sql) => commitsAfterPosition(sql, segments, after, limitBytes)),
    commitsAfterVector: (vector, fromPosition, limitBytes) =>
      read((sql) => commitsAfterVector(sql, segments, vector, fromPosition, limitBytes)),
    commitsInOrder: (after, limit) => read((sql) => commitsInOrder(sql, segments, after, limit)),
    history: createHistory(read),
    incidents: createIncidents(read),
    evidence: createEvidence(read),
    snapshots: createSnapshots({
      url,
      application,
      channel,
      sender,
      run: read,
      transactions,
      installed: () => bell.ring('here'),
    }),
    conflicts: createConflicts(read),
    obligations: (stable, limit, seen) => read((sql) => dueObligations(sql, stable, limit, seen)),
    onCommit: (listener) => bell.onRing(listener),
    lease: (name) => leases.take(name),
    getSetting: (name) =>
      read(async (sql) => {
        const [row] = await sql<{ readonly value: string }[]>`select value from settings where name = ${name}`
        return row?.value ?? null
      }),
    putSetting: (name, value) =>
      read(async (sql) => {
        await sql`
          insert into settings (name, value) values (${name}, ${value})
          on conflict (name) do update set value = excluded.value`
      }),
    close,
  }
}
