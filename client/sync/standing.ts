// How far the replica is: what is loaded of what is in scope, whether news come as they happen, and who waits for that. Knows no
// data and no network.

import type { SyncMessage } from '@causeway/schema/sync/items'

export interface Progress {
  readonly loaded: number
  readonly total: number
}

export class Standing {
  readonly #arrived = new Set<() => void>()
  progress: Progress = { loaded: 0, total: 1 }
  isLive = false

  took(message: SyncMessage): void {
    this.isLive = message.phase === 'LIVE'
    this.progress = { loaded: message.loaded, total: Math.max(1, message.total) }
    this.tell()
  }

  /** Items that are still to come for the scopes of these names. */
  behind(scopes: readonly string[], held: readonly string[]): number {
    if (scopes.length === 0 || this.isLive || scopes.every((name) => held.includes(name))) return 0
    return Math.max(1, this.progress.total - this.progress.loaded)
  }

  /** Calls after every message of the sync, until it is ended. */
  onArrival(listener: () => void): () => void {
    this.#arrived.add(listener)
    return () => void this.#arrived.delete(listener)
  }

  tell(): void {
    for (const listener of [...this.#arrived]) listener()
  }
}
