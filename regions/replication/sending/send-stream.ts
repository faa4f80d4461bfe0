// One serving stream: reads the log forward, fills batches from the outbox, and says that it is alive while there is
// nothing to send. Pulled by its consumer; holds no socket. What may be sent is the outbox's to say: a line of each kind
// has its own.

import { type HybridTime, observe } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { Ports } from '../../ports.ts'
import type { CommitBatch } from '../peer.ts'
import { linkTimes } from '../receiving/link-receiver.ts'
import type { TailCommit } from './log-tail.ts'

/** What may be sent of what was read. */
export interface StreamOutbox {
  /** False while reading more could only fill memory. */
  readonly wantsMore: boolean
  /** Commits read that the peer is not known to hold. */
  readonly unacknowledged: number
  /** The next commit of the log, in local order. */
  add(commit: SealedCommit, nowMs: number): void
  acknowledged(vector: VersionVector, nowMs: number): void
  setDirect(direct: readonly RegionId[]): void
  /** Looks again at what was held back until now. */
  expire(nowMs: number): void
  /** When `expire` has something to do; null while it has nothing. */
  expiresInMs(nowMs: number): number | null
  /** The next batch, or null where there is nothing that may be sent now. It counts as sent. */
  take(): readonly SealedCommit[] | null
}

export interface StreamReader {
  /** The last position that was read. */
  readonly position: number
  /** The next commits, up to about `limitBytes`; none where the end is reached. */
  next(limitBytes: number): Promise<readonly TailCommit[]>
  /** The same from memory alone; null where the store has to be asked. */
  held(limitBytes: number): readonly TailCommit[] | null
  /** What the peer has come to hold need not be read. */
  skip(held: VersionVector): void
}

export interface SendStreamOptions {
  readonly outbox: StreamOutbox
  readonly reader: StreamReader
  /** False: a batch with commits says nothing of frontier and time. */
  readonly tellsStanding: boolean
  /** About as much is read at a time. */
  readonly readBytes: number
  readonly ports: Ports
  readonly frontier: () => VersionVector
  readonly time: () => HybridTime
  /** Of the last commit in the log. */
  readonly position: () => number
  /** Leaves out the sections that the peer may not hold. */
  readonly strip: (bytes: Uint8Array) => Uint8Array
}

export class SendStream {
  readonly #options: SendStreamOptions
  readonly #outbox: StreamOutbox
  #ended = false
  /** Something happened since the log was last read to its end. */
  #rung = true
  #wake: (() => void) | null = null
  /** Rings once, by when there is something to do though nothing has happened. */
  #alarm: { readonly atMs: number; readonly cancel: () => void } | null = null
  #isReading = false
  /** The peer is to be asked for acknowledgements, and when it was last asked. */
  #asks = false
  #askedMs = Number.NEGATIVE_INFINITY
  #failure: { readonly error: unknown } | null = null

  constructor(options: SendStreamOptions) {
    this.#options = options
    this.#outbox = options.outbox
  }

  /** There may be new commits. */
  wake(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Somebody waits for what the peer has applied: it is not to keep that to itself. It remembers for twice as long as it is not asked again. */
  ask(): void {
    if (Math.abs(this.#now() - this.#askedMs) < linkTimes.askEveryMs) return
    this.#asks = true
    this.#wake?.()
  }

  acknowledged(applied: VersionVector, direct: readonly RegionId[]): void {
    this.#outbox.acknowledged(applied, this.#now())
    this.#outbox.setDirect(direct)
    this.#options.reader.skip(applied)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#alarm?.cancel()
    this.#wake?.()
  }

  async *batches(): AsyncGenerator<CommitBatch, void, void> {
    // The first word at once: it tells the peer how far behind it is.
    let saidMs = Number.NEGATIVE_INFINITY
    const sinceMs = (ms: number) => Math.abs(this.#now() - ms)
    while (!this.#ended) {
      const beganMs = saidMs > 0 ? saidMs : this.#now()
      if (this.#rung && this.#outbox.wantsMore && !this.#isReading) void this.#read()
      while (this.#isReading && sinceMs(beganMs) < linkTimes.heartbeatMs) {
        await this.#rest(linkTimes.heartbeatMs - sinceMs(beganMs))
      }
      if (this.#failure !== null) throw this.#failure.error
      if (this.#ended) return
      this.#outbox.expire(this.#now())
      const commits = this.#outbox.take()
      if (commits !== null || this.#asks || sinceMs(saidMs) >= linkTimes.heartbeatMs) {
        saidMs = this.#now()
        yield this.#batch(commits ?? [])
      } else if (!this.#rung || !this.#outbox.wantsMore) {
        await this.#rest(linkTimes.heartbeatMs - sinceMs(saidMs))
      }
    }
  }

  /** Fills the outbox; the stream says that it is alive meanwhile, however slow the store is. */
  async #read(): Promise<void> {
    this.#isReading = true
    try {
      while (this.#rung && this.#outbox.wantsMore && !this.#ended) {
        this.#rung = false
        const { reader, readBytes } = this.#options
        const found = reader.held(readBytes) ?? (await reader.next(readBytes))
        for (const { commit } of found) this.#outbox.add(commit, this.#now())
        if (found.length > 0) this.#rung = true
      }
    } catch (error) {
      this.#failure = { error }
    } finally {
      this.#isReading = false
      this.#wake?.()
    }
  }

  #batch(commits: readonly SealedCommit[]): CommitBatch {
    let events = 0
    for (const commit of commits) events += commit.lastSequence - commit.firstSequence + 1
    const tells = this.#options.tellsStanding || commits.length === 0
    const asks = this.#asks
    if (asks) this.#askedMs = this.#now()
    this.#asks = false
    return {
      commits: commits.map((commit) => this.#options.strip(commit.bytes)),
      frontier: tells ? this.#options.frontier() : null,
      // An idle clock stands at the last commit; the peer measures how long it is behind, so the time goes on.
      time: tells ? observe(this.#options.time(), { wallMs: this.#now(), counter: 0 }) : null,
      events,
      asks,
      behind: this.#outbox.unacknowledged + Math.max(0, this.#options.position() - this.#options.reader.position),
    }
  }

  /** Until something happens, or the next heartbeat or relay is due. */
  #rest(heartbeatInMs: number): Promise<void> {
    const expiresInMs = this.#outbox.expiresInMs(this.#now()) ?? heartbeatInMs
    this.#setAlarm(Math.max(1, Math.min(heartbeatInMs, expiresInMs)))
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null
        resolve()
      }
    })
  }

  /** One that rings too early is left alone: then it is looked at again. A busy stream would set one for every commit. */
  #setAlarm(inMs: number): void {
    const atMs = this.#now() + inMs
    if (this.#alarm !== null && this.#alarm.atMs <= atMs) return
    this.#alarm?.cancel()
    const cancel = this.#options.ports.timers.after(inMs, () => {
      this.#alarm = null
      this.#wake?.()
    })
    this.#alarm = { atMs, cancel }
  }

  #now(): number {
    return this.#options.ports.clock.now()
  }
}
