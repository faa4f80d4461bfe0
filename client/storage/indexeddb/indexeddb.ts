// Storage in a browser: one IndexedDB database per user, one transaction per commit, with strict durability. Pages and
// workers of one origin share it. Tells a full disk, a database that the browser took away, and one that a newer version
// of the app has written; knows nothing of what the values mean.

import { type DBSchema, type IDBPDatabase, openDB, unwrap } from 'idb'
import {
  type ClientStorage,
  checkWrites,
  type KeyRange,
  StorageError,
  type StorageWrite,
  type StoredEntry,
  type StoredValue,
  type UserStorage,
} from '../port.ts'
import { type BirthRegister, birthRegister } from './births.ts'

/** Raised when the stores of the database change; a page with older code is then closed out. */
const databaseVersion = 1
const maximumUserLength = 255

interface Schema extends DBSchema {
  entries: { key: string; value: StoredValue }
  /** `born`: when this database was made, in a random name. */
  about: { key: 'born'; value: string }
}

type Database = IDBPDatabase<Schema>

export interface IndexedDbOptions {
  /**
   * Asks the browser not to evict this origin when the disk runs short. Chromium decides silently, Firefox asks the
   * person. Default false.
   */
  readonly persist?: boolean
}

/** `name` tells apart several clients of one origin; each user has a database of its own under it. */
export function indexedDbStorage(name: string, options: IndexedDbOptions = {}): ClientStorage {
  return {
    async open(user) {
      if (typeof indexedDB === 'undefined') throw new StorageError('FAILED', 'this platform has no IndexedDB')
      if (user.length === 0 || user.length > maximumUserLength)
        throw new StorageError('FAILED', `a user of ${user.length} characters: 1 to ${maximumUserLength}`)
      if (options.persist === true) await askToPersist()
      const database = `causeway/${encodeURIComponent(name)}/${user}`
      const opened = new IndexedDbUserStorage(database)
      await opened.open(birthRegister(database))
      return opened
    },
  }
}

/** What the browser answers changes nothing here: the data is written either way. */
async function askToPersist(): Promise<void> {
  await globalThis.navigator?.storage?.persist?.().catch(() => false)
}

class IndexedDbUserStorage implements UserStorage {
  readonly sharedAs: string
  #database: Database | null = null
  #gone: StorageError | null = null
  #wasEvicted = false

  constructor(name: string) {
    this.sharedAs = name
  }

  get wasEvicted(): boolean {
    return this.#wasEvicted
  }

  async open(births: BirthRegister): Promise<void> {
    const database = await openDB<Schema>(this.sharedAs, databaseVersion, {
      upgrade(made) {
        made.createObjectStore('entries')
        made.createObjectStore('about')
      },
      // A newer version of the app waits to change the stores: holding on would keep it from starting.
      blocking: () => this.#lose('CLOSED', 'a newer version of the app has taken over this database'),
      terminated: () => this.#lose('EVICTED', 'the browser took this database away'),
    }).catch((error: unknown) => {
      throw asStorageError(error, 'open')
    })
    this.#database = database
    try {
      const transaction = database.transaction('about', 'readwrite')
      const born = await transaction.store.get('born')
      if (born === undefined) await transaction.store.put(births.next, 'born')
      await transaction.done
      this.#wasEvicted = births.isReplacing(born ?? null)
      births.note(born ?? births.next)
    } catch (error) {
      database.close()
      throw asStorageError(error, 'open')
    }
  }

  async commit(writes: readonly StorageWrite[]): Promise<void> {
    const database = this.#open()
    checkWrites(writes)
    try {
      const transaction = database.transaction('entries', 'readwrite', { durability: 'strict' })
      // Waited for from the start: an abort while requests are made must not be an unhandled rejection.
      const done = transaction.done
      done.catch(() => {})
      const store = unwrap(transaction.store)
      try {
        for (const write of writes) put(store, write)
      } catch (error) {
        transaction.abort()
        throw error
      }
      await done
    } catch (error) {
      throw this.#gone ?? asStorageError(error, 'commit')
    }
  }

  async load(range: KeyRange, limit?: number): Promise<readonly StoredEntry[]> {
    const database = this.#open()
    // IndexedDB takes an empty range for a mistake.
    if (range.from >= range.before || limit === 0) return []
    const wanted = IDBKeyRange.bound(range.from, range.before, false, true)
    const count = limit === undefined || limit === Number.POSITIVE_INFINITY ? undefined : limit
    try {
      const { store } = database.transaction('entries', 'readonly')
      const [keys, values] = await Promise.all([store.getAllKeys(wanted, count), store.getAll(wanted, count)])
      return keys.flatMap((key, index) => {
        const value = values[index]
        return value === undefined ? [] : [{ key, value }]
      })
    } catch (error) {
      throw this.#gone ?? asStorageError(error, 'load')
    }
  }

  /** Transactions under way end first. */
  async close(): Promise<void> {
    this.#lose('CLOSED', 'this storage was closed')
  }

  #open(): Database {
    if (this.#gone !== null) throw this.#gone
    if (this.#database === null) throw new StorageError('CLOSED', 'this storage was never opened')
    return this.#database
  }

  #lose(code: 'CLOSED' | 'EVICTED', message: string): void {
    this.#gone ??= new StorageError(code, message)
    this.#database?.close()
    this.#database = null
  }
}

function put(store: IDBObjectStore, write: StorageWrite): void {
  if ('put' in write) store.put(ownBytes(write.value), write.put)
  else if ('remove' in write) store.delete(write.remove)
  else if (write.removeRange.from < write.removeRange.before)
    store.delete(IDBKeyRange.bound(write.removeRange.from, write.removeRange.before, false, true))
}

/** A view on a larger buffer would be stored with the whole of it. */
function ownBytes(value: StoredValue): StoredValue {
  if (typeof value === 'string') return value
  return value.byteLength === value.buffer.byteLength ? value : value.slice()
}

function asStorageError(error: unknown, doing: 'open' | 'commit' | 'load'): StorageError {
  if (error instanceof StorageError) return error
  const name = error instanceof Error ? error.name : ''
  switch (name) {
    case 'QuotaExceededError':
      return new StorageError('FULL', 'the browser gives this origin no more room; nothing was written', error)
    case 'VersionError':
      return new StorageError('UNREADABLE', 'a newer version of the app has written this database', error)
    case 'InvalidStateError':
      return new StorageError('CLOSED', 'the database is closed', error)
    default: {
      const words = error instanceof Error ? error.message : String(error)
      return new StorageError('FAILED', `IndexedDB failed to ${doing}: ${words}`, error)
    }
  }
}
