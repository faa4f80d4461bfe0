// How the outbox lies in storage: one key per command, numbered in the order of queueing; pages that
// share the storage may take the same number, so the id stands behind it. Knows no state of a command.

import { keysUnder, StorageError, type StorageWrite, type UserStorage } from '../storage/port.ts'
import type { Tabs } from '../tabs/tabs.ts'
import type { OutboxEntry, StoredWork } from './outbox.ts'

/** What pages that share the storage tell each other of it, after it is durable. */
export type ShelfNews =
  | { readonly outbox: 'put'; readonly key: string; readonly entry: OutboxEntry; readonly replaces?: string }
  | { readonly outbox: 'removed'; readonly id: string }
  | { readonly outbox: 'cleared' }

const prefix = 'command/'
export const outboxRange = keysUnder(prefix)
/** Of a number that sorts as text. */
const digits = 12

export class OutboxShelf {
  readonly #storage: UserStorage
  readonly #keys = new Map<string, string>()
  /** Work whose place other work is to take, and which found no room yet: by the id of the new one. */
  readonly #replaced = new Map<string, string>()
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
    for (const { key, value } of await this.#storage.load(outboxRange)) {
      const number = Number(key.slice(prefix.length, prefix.length + digits))
      if (typeof value !== 'string' || !Number.isSafeInteger(number))
        throw new StorageError('UNREADABLE', `not a stored command: ${key}`)
      const entry = JSON.parse(value) as OutboxEntry
      this.#note(entry.command.id, key)
      entries.push(entry)
    }
    return entries
  }

  /** One step: all of it or nothing. `gone`: ids of what is removed in it. */
  async put(
    works: readonly StoredWork[],
    along: readonly StorageWrite[] = [],
    gone: readonly string[] = [],
  ): Promise<void> {
    const puts = works.map(({ entry, replaces }) => ({ entry, replaces, ...this.#place(entry.command.id, replaces) }))
    const writes = puts.flatMap(({ key, freed, entry }): StorageWrite[] => [
      ...(freed === null ? [] : [{ remove: freed }]),
      { put: key, value: JSON.stringify(entry) },
    ])
    const removed = gone.filter((id) => this.#keys.has(id))
    const own = [...writes, ...removed.map((id) => ({ remove: this.#keys.get(id) ?? '' }))]
    if (own.length + along.length > 0) await this.#storage.commit([...own, ...along])
    for (const { key, entry, replaces } of puts) {
      this.#note(entry.command.id, key)
      this.#keys.delete(this.#replaced.get(entry.command.id) ?? '')
      this.#replaced.delete(entry.command.id)
      this.#tell({ outbox: 'put', key, entry, ...(replaces !== undefined && { replaces }) })
    }
    for (const id of removed) {
      this.#keys.delete(id)
      this.#tell({ outbox: 'removed', id })
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.put([], [], ids)
  }

  async clear(): Promise<void> {
    await this.#storage.commit([{ removeRange: outboxRange }])
    this.#keys.clear()
    this.#tell({ outbox: 'cleared' })
  }

  /** Work that takes the place of other work takes its number, too. Noted only once it is stored: what is refused room leaves no trace. */
  #place(id: string, replaces: string | undefined): { readonly key: string; readonly freed: string | null } {
    const known = this.#keys.get(id)
    if (known !== undefined) return { key: known, freed: null }
    if (replaces !== undefined) this.#replaced.set(id, replaces)
    const freed = this.#keys.get(this.#replaced.get(id) ?? '')
    const number = freed?.slice(prefix.length, prefix.length + digits) ?? this.#nextNumber()
    return { key: `${prefix}${number}/${id}`, freed: freed ?? null }
  }

  /** Taken at once: what is put while this is being written comes behind it. */
  #nextNumber(): string {
    this.#last += 1
    return String(this.#last).padStart(digits, '0')
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
