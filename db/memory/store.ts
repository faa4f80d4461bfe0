// The memory store: the port without a database, for the simulator and for tests. Uses no timer and no I/O, so a run of
// the simulator is the same for the same seed. Closing it while a transaction runs drops what was not committed, as a
// crash does; a new store over the same database goes on from there.

import { makeOrigin, type RegionId } from '@causeway/schema/clock/origin'
import { isBegun } from '../identity.ts'
import { type CommittedBy, type HeadTransaction, type Lease, type Store, StoreError, type WriteSet } from '../store.ts'
import { checkWriteSet } from '../write-set.ts'
import { createMemoryConflicts } from './conflicts.ts'
import { createMemoryDatabase, type MemoryDatabase, stageWrite } from './database.ts'
import { archivedThrough, createMemoryHistory } from './history.ts'
import { createMemoryEvidence, createMemoryIncidents } from './integrity.ts'
import {
  commitsAfterPositionIn,
  commitsAfterVectorIn,
  commitsInOrderIn,
  countIn,
  dueIn,
  findIn,
  loadFrom,
  scanDocumentsIn,
  scanStockIn,
} from './reads.ts'
import { stageRepair } from './repair.ts'
import { createMemorySnapshots } from './snapshots.ts'
import { keepForViews, openMemoryView } from './views.ts'

export interface MemoryStoreOptions {
  readonly region: RegionId
  /** Shared by the stores of a region's nodes; kept over a restart. Left out: a fresh one. */
  readonly database?: MemoryDatabase
}

const rung = Promise.resolve()

const closed = () => new StoreError('CLOSED', 'the store is closed', { retry: false })

function touchedAfter(database: MemoryDatabase, position: number): readonly string[] | null {
  if (position < archivedThrough(database)) return null
  const later = database.commits.slice(position - database.floor.position)
  return [...new Set(later.flatMap(({ touched }) => touched))]
}

/** Gathers the one write of a transaction. */
class Staging {
  apply: (() => void) | null = null
  failure: unknown = null
  readonly #database: MemoryDatabase

  constructor(database: MemoryDatabase) {
    this.#database = database
  }

  transaction(assertOpen: () => void): HeadTransaction {
    const database = this.#database
    const assertUsable = () => {
      assertOpen()
      if (this.apply !== null || this.failure !== null) throw new Error('write comes last in a transaction, and once')
    }
    return {
      head: database.head,
      load: async (request) => {
        assertUsable()
        return loadFrom(database, request)
      },
      touchedSince: async (position) => {
        assertUsable()
        return touchedAfter(database, position)
      },
      // Lists and claims are read from the index itself.
      misfiled: async () => [],
      write: async (set: WriteSet) => {
        assertUsable()
        try {
          checkWriteSet(database.head, set)
          this.apply = stageWrite(database, set)
        } catch (error) {
          this.failure = error
          throw error
        }
      },
      repair: async (set) => {
        assertUsable()
        try {
          this.apply = stageRepair(database, set)
        } catch (error) {
          this.failure = error
          throw error
        }
      },
    }
  }
}

/** Several stores over one `database` behave as several nodes of one region. */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  const database = options.database ?? createMemoryDatabase(options.region)
  const token = {}
  const listeners = new Set<(by: CommittedBy) => void>()
  const aborts = new Set<(error: StoreError) => void>()
  const ownLeases = new Map<string, () => void>()
  let open = true

  const assertOpen = () => {
    if (!open) throw closed()
  }

  const whileOpen = async <Result>(work: () => Result): Promise<Result> => {
    assertOpen()
    return work()
  }

  const ring = () => {
    for (const listener of [...database.listeners]) {
      const by = listeners.has(listener) ? 'here' : 'elsewhere'
      // A promise's own microtask: those of `queueMicrotask` carry a context along, at several times the price.
      void rung.then(() => {
        if (database.listeners.has(listener)) listener(by)
      })
    }
  }

  /** Holds the lock of the head row while `work` runs; released at once when the store closes. */
  const locked = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    assertOpen()
    const before = database.lastTransaction
    let release: () => void = () => {}
    database.lastTransaction = new Promise((resolve) => {
      release = resolve
    })
    try {
      await before
      assertOpen()
      return await new Promise<Result>((resolve, reject) => {
        aborts.add(reject)
        work()
          .then(resolve, reject)
          .finally(() => aborts.delete(reject))
      })
    } finally {
      release()
    }
  }

  const transact: Store['transact'] = (work) =>
    locked(async () => {
      const staging = new Staging(database)
      const result = await work(staging.transaction(assertOpen))
      assertOpen()
      if (staging.failure !== null) throw staging.failure
      if (staging.apply !== null) {
        keepForViews(database)
        staging.apply()
        ring()
      }
      return result
    })

  const beginIncarnation: Store['beginIncarnation'] = (incarnation) =>
    locked(async () => {
      if (isBegun({ ...database.identity, known: database.known }, database.head, incarnation)) return database.head
      const origin = makeOrigin(database.head.region, incarnation)
      database.head = { ...database.head, origin, sequence: 0, hash: new Uint8Array(32) }
      database.known = database.identity
      return database.head
    })

  const lease = (name: string): Lease | null => {
    if (database.leases.has(name)) return null
    database.leases.set(name, token)
    let lose: () => void = () => {}
    const lost = new Promise<void>((resolve) => {
      lose = resolve
    })
    const release = () => {
      if (database.leases.get(name) === token) database.leases.delete(name)
      ownLeases.delete(name)
    }
    ownLeases.set(name, () => {
      release()
      lose()
    })
    return { lost, release: async () => release() }
  }

  return {
    transact,
    beginIncarnation,
    head: () => whileOpen(() => database.head),
    over: new Promise(() => {}),
    identity: () => whileOpen(() => ({ ...database.identity, known: database.known })),
    view: () => openMemoryView(database, whileOpen),
    load: (request) => whileOpen(() => loadFrom(database, request)),
    find: (query) => whileOpen(() => findIn(database, query)),
    count: (query) => whileOpen(() => countIn(database, query)),
    scanStock: (after, limit) => whileOpen(() => scanStockIn(database, after, limit)),
    misfiled: () => whileOpen(() => []),
    scanDocuments: (after, limit, kind) => whileOpen(() => scanDocumentsIn(database, after, limit, kind)),
    commitsAfterPosition: (after, limitBytes) => whileOpen(() => commitsAfterPositionIn(database, after, limitBytes)),
    commitsAfterVector: (vector, fromPosition, limitBytes) =>
      whileOpen(() => commitsAfterVectorIn(database, vector, fromPosition, limitBytes)),
    commitsInOrder: (after, limit) => whileOpen(() => commitsInOrderIn(database, after, limit)),
    history: createMemoryHistory(database, whileOpen),
    incidents: createMemoryIncidents(database, whileOpen),
    evidence: createMemoryEvidence(database, whileOpen),
    snapshots: createMemorySnapshots(database, { whileOpen, locked, ring }),
    conflicts: createMemoryConflicts(database, whileOpen),
    obligations: (stable, limit, seen) => whileOpen(() => dueIn(database, stable, limit, seen)),
    onCommit: (listener) => {
      const own = (by: CommittedBy) => listener(by)
      listeners.add(own)
      database.listeners.add(own)
      return () => {
        listeners.delete(own)
        database.listeners.delete(own)
      }
    },
    lease: (name) => whileOpen(() => lease(name)),
    getSetting: (name) => whileOpen(() => database.settings.get(name) ?? null),
    putSetting: (name, value) => whileOpen(() => void database.settings.set(name, value)),
    close: async () => {
      open = false
      for (const listener of listeners) database.listeners.delete(listener)
      for (const lose of [...ownLeases.values()]) lose()
      for (const abort of [...aborts]) abort(closed())
    },
  }
}
