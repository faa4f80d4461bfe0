// Tells listeners of commits: at once of this node's own, by LISTEN of other nodes'. The bell carries no commit; the log
// is the truth, so a ring too many or one lost with the connection (it rings again when that is back) does no harm.

import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { CommittedBy } from '../store.ts'

const retryMs = 500

export class Bell {
  readonly #listeners = new Set<(by: CommittedBy) => void>()
  readonly #client: postgres.Sql
  readonly #channel: string
  readonly #sender: string
  #closed = false

  constructor(url: string, application: string, channel: string, sender: string) {
    this.#channel = channel
    this.#sender = sender
    this.#client = postgres(url, {
      max: 1,
      onnotice: () => undefined,
      connect_timeout: 10,
      connection: { application_name: application },
    })
  }

  /** Resolves when other nodes are heard; goes on trying while the database cannot be reached. */
  async open(): Promise<void> {
    const hear = (sender: string) => {
      if (sender !== this.#sender) this.ring('elsewhere')
    }
    while (!this.#closed) {
      try {
        await this.#client.listen(this.#channel, hear, () => this.ring('elsewhere'))
        return
      } catch {
        await sleep(retryMs)
      }
    }
  }

  ring(by: CommittedBy): void {
    for (const listener of this.#listeners) queueMicrotask(() => this.#listeners.has(listener) && listener(by))
  }

  onRing(listener: (by: CommittedBy) => void): () => void {
    const own = (by: CommittedBy) => listener(by)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#listeners.clear()
    await this.#client.end({ timeout: 1 })
  }
}
