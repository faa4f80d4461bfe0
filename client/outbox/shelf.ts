// How the outbox lies in storage: one key per command, numbered in the order of queueing. Knows no state of a command.

import { keysUnder, StorageError, type StorageWrite, type UserStorage } from '../storage/port.ts'
import type { OutboxEntry } from './outbox.ts'

const prefix = 'command/'
/** Of a number that sorts as text. */
const digits = 12

export class OutboxShelf {
  readonly #storage: UserStorage
  readonly #keys = new Map<string, string>()
  #last = 0

  constructor(storage: UserStorage) {
    this.#storage = storage
  }

  /** In the order in which they were queued. */
  async load(): Promise<readonly OutboxEntry[]> {
    const entries: OutboxEntry[] = []
    for (const { key, value } of await this.#storage.load(keysUnder(prefix))) {
      const number = Number(key.slice(prefix.length))
      if (typeof value !== 'string' || !Number.isSafeInteger(number))
        throw new StorageError('UNREADABLE', `not a stored command: ${key}`)
      const entry = JSON.parse(value) as OutboxEntry
      this.#keys.set(entry.command.id, key)
      this.#last = Math.max(this.#last, number)
      entries.push(entry)
    }
    return entries
  }

  async put(entry: OutboxEntry): Promise<void> {
    await this.#storage.commit([this.#putting(entry)])
  }

  async remove(id: string): Promise<void> {
    const key = this.#keys.get(id)
    if (key === undefined) return
    await this.#storage.commit([{ remove: key }])
    this.#keys.delete(id)
  }

  async clear(): Promise<void> {
    await this.#storage.commit([{ removeRange: keysUnder(prefix) }])
    this.#keys.clear()
  }

  #putting(entry: OutboxEntry): StorageWrite {
    const { id } = entry.command
    const key = this.#keys.get(id) ?? `${prefix}${String(++this.#last).padStart(digits, '0')}`
    this.#keys.set(id, key)
    return { put: key, value: JSON.stringify(entry) }
  }
}
