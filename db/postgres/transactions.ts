// Transactions under the lock of the head row, one at a time per node: the lock would serialise them anyway. When the
// connection is lost while it commits, asks the database whether the write stands before it answers.

import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseLife } from '../identity.ts'
import { type Head, type HeadTransaction, type Loaded, type LoadRequest, StoreError, type WriteSet } from '../store.ts'
import { checkWriteSet } from '../write-set.ts'
import { openSession, plannedOnce, type Session, type Sql } from './connection.ts'
import { closedError, toStoreError, unreachable } from './errors.ts'
import { lockHead, readIdentity, startIncarnation } from './head.ts'
import { load } from './loads.ts'
import { touchedSince } from './log.ts'
import { misfiled } from './misfiled.ts'
import { repair } from './write/repair.ts'
import { write } from './write/write-set.ts'

export interface TransactionOptions {
  readonly url: string
  readonly application: string
  readonly channel: string
  /** What tells this store's own rings from other nodes'. */
  readonly sender: string
  readonly life: DatabaseLife
}

const closeLimitMs = 5_000
const inDoubtLimitMs = 10_000
const inDoubtPauseMs = 100

type Phase = 'working' | 'committing'

export class Transactions {
  readonly #options: TransactionOptions
  #session: Session | null = null
  /** The session of which it is known that it leads to the database at hand. */
  #confirmed: Session | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: TransactionOptions) {
    this.#options = options
  }

  /** Resolves once durable, with what was written. */
  transact<Result>(
    work: (transaction: HeadTransaction) => Promise<Result>,
    ahead?: LoadRequest,
  ): Promise<{ result: Result; written: WriteSet | null }> {
    return this.#inTurn((session) => this.#guard(session, (track) => this.#run(session, work, track, ahead)))
  }

  beginIncarnation(incarnation: number): Promise<Head> {
    return this.alone(async (sql) => startIncarnation(sql, await lockHead(sql), incarnation))
  }

  /** A transaction of another kind, in its turn. Where the connection is lost while it commits, its caller has to look. */
  alone<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#inTurn((session) =>
      this.#guard(session, async () => {
        await session.sql`begin`
        try {
          await this.#confirm(session)
          const result = await work(session.sql)
          await session.sql`commit`
          return result
        } catch (error) {
          if (session.loss() === null) await session.sql`rollback`
          throw error
        }
      }),
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    // Work that waits for something else than the database must not keep a node from stopping.
    await Promise.race([this.#queue.catch(() => undefined), sleep(closeLimitMs, undefined, { ref: false })])
    await this.#session?.end()
  }

  #inTurn<Result>(turn: (session: Session) => Promise<Result>): Promise<Result> {
    const run = async () => {
      if (this.#closed) throw closedError()
      if (this.#session === null || this.#session.loss() !== null) {
        this.#session = await openSession(this.#options.url, this.#options.application, { settings: plannedOnce })
      }
      return await turn(this.#session)
    }
    const result = this.#queue.then(run, run)
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** Rejects as soon as the connection is lost: a statement under way may then never be answered. */
  async #guard<Result>(session: Session, run: (track: Tracker) => Promise<Result>): Promise<Result> {
    const track = new Tracker()
    let forget: () => void = () => undefined
    const lost = new Promise<never>((_, reject) => {
      forget = session.onLost((error) => reject(unreachable(error)))
    })
    try {
      return await Promise.race([run(track), lost])
    } catch (error) {
      const loss = session.loss()
      if (loss === null) throw toStoreError(error)
      if (loss instanceof StoreError) throw loss
      if (track.phase === 'working') throw unreachable(loss)
      return await this.#resolveDoubt<Result>(track, loss)
    } finally {
      forget()
    }
  }

  /** W8: before anything is written over a connection that was opened anew. */
  async #confirm(session: Session): Promise<void> {
    if (this.#confirmed === session) return
    this.#options.life.meet(await readIdentity(session.sql))
    this.#confirmed = session
  }

  async #run<Result>(
    session: Session,
    work: (transaction: HeadTransaction) => Promise<Result>,
    track: Tracker,
    ahead: LoadRequest | undefined,
  ) {
    const { sql } = session
    let transaction: OpenTransaction | null = null
    try {
      // `execute` sends at once; a statement that is only awaited is sent a moment later, after the next one.
      const locked = [sql`begin`.execute(), lockHead(sql)] as const
      // Each statement sees what was committed before it begins: behind the lock, all that anybody has written under it.
      const [, head, loaded] = await Promise.all([...locked, ahead && load(sql, ahead)])
      await this.#confirm(session)
      this.#options.life.reached(head.position)
      transaction = new OpenTransaction(
        session,
        head,
        this.#options,
        loaded && ahead ? { request: ahead, loaded } : null,
      )
      const result = await work(transaction)
      transaction.close()
      track.committing(transaction.written, { result, written: transaction.written })
      const ended = await sql`commit`
      if (ended.command !== 'COMMIT') throw new Error(`the transaction ended with ${ended.command}`)
      this.#options.life.reached(transaction.written?.head.position ?? head.position)
      return { result, written: transaction.written }
    } catch (error) {
      transaction?.abandon()
      // Also where the lock was not had: whoever comes next would find a transaction that failed, and do nothing in it.
      if (session.loss() === null && track.phase === 'working') await sql`rollback`
      throw transaction?.failure ?? error
    }
  }

  /** Takes the head's lock, so that a backend that still commits has ended, and looks for the last commit. */
  async #resolveDoubt<Result>(track: Tracker, loss: Error): Promise<Result> {
    const last = track.written?.commits.at(-1)
    const deadline = performance.now() + inDoubtLimitMs
    while (last !== undefined && !this.#closed && performance.now() < deadline) {
      try {
        const session = await openSession(this.#options.url, this.#options.application)
        try {
          await session.sql`begin`
          await lockHead(session.sql)
          const found = await session.sql<{ readonly hash: Uint8Array }[]>`
            select hash from commits where position = ${last.position}`
          const stands = found[0] !== undefined && Buffer.compare(found[0].hash, last.commit.hash) === 0
          if (!stands) throw new Settled(unreachable(loss))
          return track.answer as Result
        } finally {
          await session.end()
        }
      } catch (error) {
        if (error instanceof Settled) throw error.verdict
        await sleep(inDoubtPauseMs)
      }
    }
    throw unreachable(loss, last === undefined && track.written === null)
  }
}

/** The database was asked and has answered: nothing stands. */
class Settled extends Error {
  readonly verdict: StoreError
  constructor(verdict: StoreError) {
    super(verdict.message)
    this.verdict = verdict
  }
}

/** How far a transaction has come, for whoever must judge it after a loss. */
class Tracker {
  phase: Phase = 'working'
  written: WriteSet | null = null
  answer: unknown = undefined

  committing(written: WriteSet | null, answer: unknown): void {
    this.phase = 'committing'
    this.written = written
    this.answer = answer
  }
}

/** What was loaded together with the lock: it stands until something is written, and that comes last. */
interface Ahead {
  readonly request: LoadRequest
  readonly loaded: Loaded
}

const lists = ['documents', 'ids', 'aliases', 'skus', 'keys', 'bytes'] as const

/** The same things in the same order. */
function isSame(left: LoadRequest, right: LoadRequest): boolean {
  return lists.every(
    (name) =>
      left[name].length === right[name].length && left[name].every((each, index) => each === right[name][index]),
  )
}

class OpenTransaction implements HeadTransaction {
  readonly head: Head
  readonly #session: Session
  readonly #options: TransactionOptions
  readonly #ahead: Ahead | null
  #open = true
  written: WriteSet | null = null
  repaired = false
  failure: unknown = null

  constructor(session: Session, head: Head, options: TransactionOptions, ahead: Ahead | null) {
    this.#session = session
    this.#ahead = ahead
    this.head = head
    this.#options = options
  }

  readonly load: HeadTransaction['load'] = async (request) => {
    this.#assertUsable()
    const ahead = this.#ahead
    if (ahead !== null && isSame(ahead.request, request)) return ahead.loaded
    return this.#keepFailure(load(this.#session.sql, request))
  }

  readonly touchedSince: HeadTransaction['touchedSince'] = async (position) => {
    this.#assertUsable()
    return this.#keepFailure(touchedSince(this.#session.sql, position, this.head.position))
  }

  readonly misfiled: HeadTransaction['misfiled'] = async (refs) => {
    this.#assertUsable()
    return this.#keepFailure(misfiled(this.#session.sql, refs))
  }

  readonly write: HeadTransaction['write'] = async (set) => {
    this.#assertUsable()
    this.written = set
    const checked = async () => {
      checkWriteSet(this.head, set)
      await write(this.#session.sql, this.head, set, this.#options.channel, this.#options.sender)
    }
    await this.#keepFailure(checked())
  }

  readonly repair: HeadTransaction['repair'] = async (set) => {
    this.#assertUsable()
    this.repaired = true
    await this.#keepFailure(repair(this.#session.sql, set, this.#options.channel, this.#options.sender))
  }

  /** A failure that `work` swallowed fails the transaction all the same. */
  close(): void {
    if (this.failure !== null) throw this.failure
    this.abandon()
  }

  abandon(): void {
    this.#open = false
  }

  #assertUsable(): void {
    const loss = this.#session.loss()
    if (loss !== null) throw unreachable(loss)
    if (!this.#open) throw new Error('the transaction has ended')
    if (this.written !== null || this.repaired) throw new Error('write comes last in a transaction, and once')
  }

  async #keepFailure<Result>(statement: Promise<Result>): Promise<Result> {
    try {
      return await statement
    } catch (error) {
      this.failure ??= toStoreError(error)
      throw this.failure
    }
  }
}
