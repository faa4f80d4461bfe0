// Where a client keeps its queue, apart per user: nothing queued by one user is ever sent under another's token.
// Knows entries by id and in the order in which they were first put, nothing of what they mean.

import type { OutboxEntry } from './outbox.ts'

export interface UserStorage {
  /** In the order of the first put of each. */
  entries(): Promise<readonly OutboxEntry[]>
  /** Durable, as far as this storage is, when resolved. */
  put(entry: OutboxEntry): Promise<void>
  remove(id: string): Promise<void>
  clear(): Promise<void>
}

export interface ClientStorage {
  open(user: string): Promise<UserStorage>
}

/** Lives as long as the object: a second client that is given the same one takes up the first one's queue. */
export function memoryStorage(): ClientStorage {
  const users = new Map<string, Map<string, OutboxEntry>>()
  return {
    async open(user) {
      const entries = users.get(user) ?? new Map<string, OutboxEntry>()
      users.set(user, entries)
      return {
        entries: async () => [...entries.values()],
        put: async (entry) => void entries.set(entry.command.id, entry),
        remove: async (id) => void entries.delete(id),
        clear: async () => entries.clear(),
      }
    },
  }
}
