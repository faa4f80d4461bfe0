// Storage that lives as long as the object does: a second client that is given the same one takes up where the first
// one was. For tests, servers and pages that need not survive a reload.

import {
  type ClientStorage,
  checkWrites,
  isWithin,
  type KeyRange,
  StorageError,
  type StorageWrite,
  type StoredEntry,
  type StoredValue,
  type UserStorage,
} from './port.ts'

export function memoryStorage(): ClientStorage {
  const users = new Map<string, Map<string, StoredValue>>()
  return {
    async open(user) {
      const entries = users.get(user) ?? new Map<string, StoredValue>()
      users.set(user, entries)
      return new MemoryUserStorage(entries)
    },
  }
}

class MemoryUserStorage implements UserStorage {
  readonly #entries: Map<string, StoredValue>
  #isClosed = false

  constructor(entries: Map<string, StoredValue>) {
    this.#entries = entries
  }

  async commit(writes: readonly StorageWrite[]): Promise<void> {
    this.#requireOpen()
    checkWrites(writes)
    for (const write of writes) {
      if ('put' in write) this.#entries.set(write.put, copyOf(write.value))
      else if ('remove' in write) this.#entries.delete(write.remove)
      else for (const key of this.#keysIn(write.removeRange)) this.#entries.delete(key)
    }
  }

  async load(range: KeyRange, limit = Number.POSITIVE_INFINITY): Promise<readonly StoredEntry[]> {
    this.#requireOpen()
    const keys = this.#keysIn(range).sort((left, right) => (left < right ? -1 : 1))
    const found: StoredEntry[] = []
    for (const key of keys.slice(0, limit)) {
      const value = this.#entries.get(key)
      if (value !== undefined) found.push({ key, value: copyOf(value) })
    }
    return found
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #keysIn(range: KeyRange): string[] {
    return [...this.#entries.keys()].filter((key) => isWithin(key, range))
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new StorageError('CLOSED', 'this storage was closed')
  }
}

/** Bytes that their giver changes later must not change what is stored. */
function copyOf(value: StoredValue): StoredValue {
  return typeof value === 'string' ? value : value.slice()
}
