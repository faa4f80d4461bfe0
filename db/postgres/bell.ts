// Tells listeners of commits: at once of this node's own, by LISTEN of other nodes'. The bell carries no commit; the log
// is the truth, so a ring too many does no harm, and it rings now and then without cause: where a connection is dead and
// nobody has said so, a node would not hear the others for as long as its system takes to find out.

import { setTimeout as sleep } from 'node:timers/promises'
import type { CommittedBy } from '../store.ts'
import { openSession, type Session, type Sql } from './connection.ts'

const retryMs = 500
const withoutCauseMs = 5_000

export class Bell {
  readonly #listeners = new Set<(by: CommittedBy) => void>()
  readonly #url: string
  readonly #application: string
  readonly #channel: string
  readonly #sender: string
  readonly #look: (sql: Sql) => Promise<void>
  #session: Session | null = null
  #timer: NodeJS.Timeout | null = null
  #closed = false

  /** `look` is shown each connection that is opened: the first to find, on a node that writes nothing, what has become of the database. */
  constructor(url: string, application: string, channel: string, sender: string, look: (sql: Sql) => Promise<void>) {
    this.#url = url
    this.#application = application
    this.#channel = channel
    this.#sender = sender
    this.#look = look
  }

  /** Resolves when other nodes are heard; goes on trying while the database cannot be reached, and whenever it is lost. */
  async open(): Promise<void> {
    this.#timer ??= setInterval(() => this.ring('elsewhere'), withoutCauseMs).unref()
    while (!this.#closed) {
      try {
        return await this.#listen()
      } catch {
        await sleep(retryMs, undefined, { ref: false })
      }
    }
  }

  async #listen(): Promise<void> {
    const session = await openSession(this.#url, this.#application, (sender) => {
      if (sender !== this.#sender) this.ring('elsewhere')
    })
    try {
      await session.sql`listen ${session.sql.unsafe(this.#channel)}`
    } catch (error) {
      await session.end()
      throw error
    }
    await this.#look(session.sql).catch(() => undefined)
    if (this.#closed) return await session.end()
    this.#session = session
    session.onLost(() => void this.open())
    // What was committed before it could hear.
    this.ring('elsewhere')
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
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#session?.end()
  }
}
