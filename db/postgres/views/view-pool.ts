// Connections for views: each serves one view at a time, from its `begin` to its `commit`. Opened when first needed, kept,
// and replaced after a loss. Who comes while all are taken waits in turn.

import { StoreError } from '../../store.ts'
import { maximumWaitingViews } from '../../views.ts'
import { openSession, type Session } from '../connection.ts'
import { closedError } from '../errors.ts'

interface Waiting {
  readonly take: (session: Session) => void
  readonly fail: (error: unknown) => void
}

export class ViewPool {
  readonly #open: () => Promise<Session>
  readonly #size: number
  readonly #idle: Session[] = []
  readonly #waiting: Waiting[] = []
  readonly #sessions = new Set<Session>()
  #opening = 0
  #closed = false

  constructor(url: string, application: string, size: number) {
    this.#open = () => openSession(url, application)
    this.#size = size
  }

  take(): Promise<Session> {
    if (this.#closed) return Promise.reject(closedError())
    const idle = this.#idle.pop()
    if (idle !== undefined) return Promise.resolve(idle)
    if (this.#waiting.length >= maximumWaitingViews) {
      const message = `${maximumWaitingViews} reads wait for the database already`
      return Promise.reject(new StoreError('UNREACHABLE', message, { retry: true }))
    }
    return new Promise((take, fail) => {
      this.#waiting.push({ take, fail })
      this.#grow()
    })
  }

  /** What was sent on it is answered first: the next view's statements queue behind. */
  give(session: Session): void {
    if (this.#closed || session.loss() !== null) return
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(session)
    else next.take(session)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { fail } of this.#waiting.splice(0)) fail(closedError())
    await Promise.all([...this.#sessions].map((session) => session.end()))
  }

  #grow(): void {
    if (this.#sessions.size + this.#opening >= this.#size) return
    this.#opening += 1
    this.#open().then(
      (session) => {
        this.#opening -= 1
        if (this.#closed) return void session.end()
        this.#sessions.add(session)
        session.onLost(() => this.#forget(session))
        this.give(session)
      },
      (error: unknown) => {
        this.#opening -= 1
        this.#waiting.shift()?.fail(error)
        if (this.#waiting.length > 0) this.#grow()
      },
    )
  }

  #forget(session: Session): void {
    this.#sessions.delete(session)
    const index = this.#idle.indexOf(session)
    if (index >= 0) this.#idle.splice(index, 1)
    if (!this.#closed && this.#waiting.length > 0) this.#grow()
  }
}
