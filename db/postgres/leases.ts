// Locks that one node of the region holds at a time: advisory locks of a connection that does nothing else, so they
// are lost with it and never outlive their node.

import type { Lease } from '../store.ts'
import { openSession, type Session } from './connection.ts'
import { closedError, toStoreError } from './errors.ts'

export class Leases {
  readonly #url: string
  readonly #application: string
  readonly #region: string
  readonly #held = new Set<string>()
  #session: Promise<Session> | null = null
  #closed = false

  constructor(url: string, application: string, region: string) {
    this.#url = url
    this.#application = application
    this.#region = region
  }

  async take(name: string): Promise<Lease | null> {
    if (this.#closed) throw closedError()
    if (this.#held.has(name)) return null
    this.#held.add(name)
    let kept = false
    try {
      const session = await this.#connect()
      const key = `${this.#region}:${name}`
      const [row] = await session.sql<{ readonly locked: boolean }[]>`
        select pg_try_advisory_lock(hashtextextended(${key}, 0)) as locked`
      kept = row?.locked === true
      return kept ? this.#lease(session, name, key) : null
    } catch (error) {
      throw toStoreError(error)
    } finally {
      if (!kept) this.#held.delete(name)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const session = await this.#session?.catch(() => null)
    await session?.end()
  }

  #lease(session: Session, name: string, key: string): Lease {
    let released = false
    const forget = () => {
      if (!released) this.#held.delete(name)
      released = true
    }
    return {
      lost: new Promise((resolve) => {
        session.onLost(() => {
          forget()
          resolve()
        })
      }),
      release: async () => {
        if (released || session.loss() !== null) return
        await session.sql`select pg_advisory_unlock(hashtextextended(${key}, 0))`
        forget()
      },
    }
  }

  /** One session for all, whoever comes at once: each goes by what the one before comes to. */
  #connect(): Promise<Session> {
    this.#session = this.#renew(this.#session)
    return this.#session
  }

  async #renew(before: Promise<Session> | null): Promise<Session> {
    const current = await before?.catch(() => null)
    return current?.loss() === null ? current : await openSession(this.#url, this.#application)
  }
}
