// How the outbox lies in storage: one key per command, numbered in the order of queueing; pages that
// share the storage may take the same number, so the id stands behind it. Knows no state of a command.

import { keysUnder, StorageError, type UserStorage } from '../storage/port.ts'
import type { Tabs } from '../tabs/tabs.ts'
import type { OutboxEntry } from './outbox.ts'

/** What pages that share the storage tell each other of it, after it is durable. */
export type ShelfNews =
  | { readonly outbox: 'put'; readonly key: string; readonly entry: OutboxEntry }
  | { readonly outbox: 'removed'; readonly id: string }
  | { readonly outbox: 'cleared' }

const prefix = 'command/'
/** Of a number that sorts as text. */
const digits = 12

export class OutboxShelf {
  readonly #storage: UserStorage
  readonly #keys = new Map<string, string>()
  readonly #tabs: Tabs
  #last = 0

  constructor(storage: UserStorage, tabs: Tabs) {
    this.#storage = storage
    this.#tabs = tabs
  }

  /** What other pages did to it. */
  onNews(listener: (news: ShelfNews) => void): void {
    this.#tabs.onMessage((message) => {
      if (!isNews(message)) return
      if (message.outbox === 'put') this.#note(message.entry.command.id, message.key)
      listener(message)
    })
  }

  /** In the order in which they were queued. */
  async load(): Promise<readonly OutboxEntry[]> {
    const entries: OutboxEntry[] = []
    for (const { key, value } of await this.#storage.load(keysUnder(prefix))) {
      const number = Number(key.slice(prefix.length, prefix.length + digits))
      if (typeof value !== 'string' || !Number.isSafeInteger(number))
        throw new StorageError('UNREADABLE', `not a stored command: ${key}`)
      const entry = JSON.parse(value) as OutboxEntry
      this.#note(entry.command.id, key)
      entries.push(entry)
    }
    return entries
  }

  async put(entry: OutboxEntry): Promise<void> {
    const { id } = entry.command
    const key = this.#keys.get(id) ?? `${prefix}${String(this.#last + 1).padStart(digits, '0')}/${id}`
    this.#note(id, key)
    await this.#storage.commit([{ put: key, value: JSON.stringify(entry) }])
    this.#tell({ outbox: 'put', key, entry })
  }

  async remove(id: string): Promise<void> {
    const key = this.#keys.get(id)
    if (key === undefined) return
    await this.#storage.commit([{ remove: key }])
    this.#keys.delete(id)
    this.#tell({ outbox: 'removed', id })
  }

  async clear(): Promise<void> {
    await this.#storage.commit([{ removeRange: keysUnder(prefix) }])
    this.#keys.clear()
    this.#tell({ outbox: 'cleared' })
  }

  #note(id: string, key: string): void {
    this.#keys.set(id, key)
    this.#last = Math.max(this.#last, Number(key.slice(prefix.length, prefix.length + digits)))
  }

  #tell(news: ShelfNews): void {
    this.#tabs.tell(news)
  }
}

function isNews(message: unknown): message is ShelfNews {
  return typeof message === 'object' && message !== null && 'outbox' in message
}
