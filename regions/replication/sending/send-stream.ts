// One serving stream: reads the log forward, fills batches from the outbox, and says that it is alive while there is
// nothing to send. Pulled by its consumer; holds no socket. What may be sent is the outbox's to say.

import { type HybridTime, observe } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { Ports } from '../../ports.ts'
import type { CommitBatch } from '../peer.ts'
import { linkTimes } from '../receiving/link-receiver.ts'
import type { LogReader } from './log-reader.ts'
import { Outbox, type OutboxOptions } from './outbox.ts'

export interface SendStreamOptions {
  readonly outbox: OutboxOptions
  readonly reader: LogReader
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
  readonly #outbox: Outbox
  #ended = false
  /** Something happened since the log was last read to its end. */
  #rung = true
  #wake: (() => void) | null = null
  #isReading = false
  #failure: { readonly error: unknown } | null = null

  constructor(options: SendStreamOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.outbox)
  }

  /** There may be new commits. */
  wake(): void {
    this.#rung = true
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
      if (commits !== null || sinceMs(saidMs) >= linkTimes.heartbeatMs) {
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
        const found = await this.#options.reader.next(this.#options.outbox.limits.batchBytes)
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
    return {
      commits: commits.map((commit) => this.#options.strip(commit.bytes)),
      frontier: this.#options.frontier(),
      // An idle clock stands at the last commit; the peer measures how long it is behind, so the time goes on.
      time: observe(this.#options.time(), { wallMs: this.#now(), counter: 0 }),
      events,
      behind: this.#outbox.unacknowledged + Math.max(0, this.#options.position() - this.#options.reader.position),
    }
  }

  /** Until something happens, or the next heartbeat or relay is due. */
  #rest(heartbeatInMs: number): Promise<void> {
    const expiresInMs = this.#outbox.expiresInMs(this.#now()) ?? heartbeatInMs
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        this.#wake = null
        resolve()
      }
      const cancel = this.#options.ports.timers.after(Math.max(1, Math.min(heartbeatInMs, expiresInMs)), done)
      this.#wake = done
    })
  }

  #now(): number {
    return this.#options.ports.clock.now()
  }
}
