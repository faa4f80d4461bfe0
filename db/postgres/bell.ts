// Tells listeners of commits: at once of this node's own, by LISTEN of other nodes'. The bell carries no commit; the log
// is the truth, so a ring too many does no harm, and it rings now and then without cause: where a connection is dead and
// nobody has said so, a node would not hear the others for as long as its system takes to find out. It then looks whether
// its connection still answers, for the others lead to the same server and would keep whoever asks waiting as long.

import { setTimeout as sleep } from 'node:timers/promises'
import type { CommittedBy } from '../store.ts'
import { openSession, type Session, type Sql } from './connection.ts'

const retryMs = 500
const withoutCauseMs = 5_000
/** A server that answers later is asked over another connection whether it still knows this one. */
const answerMs = 5_000

export interface BellSetting {
  readonly url: string
  readonly application: string
  readonly channel: string
  readonly sender: string
  /** Is shown each connection that is opened: the first to find, on a node that writes nothing, what has become of the database. */
  readonly look: (sql: Sql) => Promise<void>
  /** The database can be reached, and knows nothing of the connection that does not answer. */
  readonly dead: () => void
}

export class Bell {
  readonly #listeners = new Set<(by: CommittedBy) => void>()
  readonly #setting: BellSetting
  #session: Session | null = null
  #timer: NodeJS.Timeout | null = null
  #isAsking = false
  #closed = false

  constructor(setting: BellSetting) {
    this.#setting = setting
  }

  /** Resolves when other nodes are heard; goes on trying while the database cannot be reached, and whenever it is lost. */
  async open(): Promise<void> {
    this.#timer ??= setInterval(() => void this.#ask(), withoutCauseMs).unref()
    while (!this.#closed) {
      try {
        return await this.#listen()
      } catch {
        await sleep(retryMs, undefined, { ref: false })
      }
    }
  }

  async #listen(): Promise<void> {
    const { url, application, channel, sender: own, look } = this.#setting
    const hear = (sender: string) => {
      if (sender !== own) this.ring('elsewhere')
    }
    const session = await openSession(url, application, { hear })
    try {
      await session.sql`listen ${session.sql.unsafe(channel)}`
    } catch (error) {
      await session.end()
      throw error
    }
    await look(session.sql).catch(() => undefined)
    if (this.#closed) return await session.end()
    this.#session = session
    session.onLost(() => void this.open())
    // What was committed before it could hear.
    this.ring('elsewhere')
  }

  async #ask(): Promise<void> {
    this.ring('elsewhere')
    const session = this.#session
    if (this.#isAsking || session === null || session.loss() !== null) return
    this.#isAsking = true
    try {
      const answer = session.sql`select 1`.then(
        () => true,
        () => true,
      )
      const late = sleep(answerMs, false, { ref: false })
      if (!(await Promise.race([answer, late])) && !this.#closed && !(await this.#isKnown(session)))
        this.#setting.dead()
    } catch {
      // It cannot be reached otherwise either: that is asked again.
    } finally {
      this.#isAsking = false
    }
  }

  async #isKnown({ backend }: Session): Promise<boolean> {
    const { url, application, look } = this.#setting
    const other = await openSession(url, application)
    try {
      await look(other.sql)
      const known = await other.sql`
        select from pg_stat_activity where pid = ${backend.pid} and backend_start::text = ${backend.began}`
      return known.length > 0
    } finally {
      await other.end()
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
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#session?.end()
  }
}
