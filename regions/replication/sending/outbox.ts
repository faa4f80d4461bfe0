// What one serving stream may send next, and what it holds back. Pure: no I/O, the time comes in as an argument.
//
// - What the peer holds, by its acknowledgements, is not sent.
// - Commits of a region from which the peer has a link of its own are held back, so that in a full mesh a commit
//   travels to each region once. They are relayed (C4) as soon as the peer says that it has no such link, or when it
//   has acknowledged nothing of that origin for `relayAfterMs` although it lacks something.
// - Sent and unacknowledged bytes are bounded by a window (C5). Relayed commits may pass it, once: what fills the window
//   may wait for them. Held bytes are bounded too; at that bound reading stops, for what is read later mostly
//   depends on what is held.

import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { covers, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { PeerStanding, type PeerStandingOptions, sizeOf } from './peer-standing.ts'
import type { StreamOutbox } from './send-stream.ts'

export interface OutboxLimits {
  readonly batchBytes: number
  readonly batchEvents: number
  /** Sent and not acknowledged. */
  readonly windowBytes: number
  readonly heldBytes: number
  readonly relayAfterMs: number
}

export const defaultOutboxLimits: OutboxLimits = Object.freeze({
  batchBytes: 256 * 1024,
  batchEvents: 2_000,
  windowBytes: 4 * 1024 * 1024,
  heldBytes: 4 * 1024 * 1024,
  relayAfterMs: 2_000,
})

export interface OutboxOptions extends PeerStandingOptions {
  readonly limits: OutboxLimits
}

interface Sent {
  readonly last: VersionVector
  readonly commits: number
  readonly bytes: number
}

export class Outbox implements StreamOutbox {
  readonly #options: OutboxOptions
  readonly #peer: PeerStanding
  #held: SealedCommit[] = []
  #heldBytes = 0
  #relayed: SealedCommit[] = []
  #queued: SealedCommit[] = []
  #queuedBytes = 0
  #window: Sent[] = []
  #windowBytes = 0
  /** Per origin with held commits, when the peer last moved on in it, or they were first held. */
  readonly #movedMs = new Map<Origin, number>()

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#peer = new PeerStanding(options)
  }

  /** What the peer is known to hold. */
  get known(): VersionVector {
    return this.#peer.known
  }

  get unacknowledgedBytes(): number {
    return this.#windowBytes
  }

  /** Commits read that the peer is not known to hold: kept here, or sent. */
  get unacknowledged(): number {
    const kept = this.#held.length + this.#relayed.length + this.#queued.length
    return this.#window.reduce((sum, { commits }) => sum + commits, kept)
  }

  /** False while reading more could only fill memory. */
  get wantsMore(): boolean {
    return this.#queuedBytes < this.#options.limits.batchBytes && this.#heldBytes < this.#options.limits.heldBytes
  }

  /** The next commit of the log, in local order. */
  add(commit: SealedCommit, nowMs: number): void {
    if (this.#peer.holds(commit)) return
    if (this.#peer.isDirect(commit)) {
      if (!this.#movedMs.has(commit.origin)) this.#movedMs.set(commit.origin, nowMs)
      this.#held.push(commit)
      this.#heldBytes += commit.bytes.length
    } else {
      this.#queued.push(commit)
      this.#queuedBytes += commit.bytes.length
    }
  }

  /** The peer has applied `vector`. */
  acknowledged(vector: VersionVector, nowMs: number): void {
    for (const origin of this.#movedMs.keys()) {
      if (sequenceOf(vector, origin) > sequenceOf(this.#peer.known, origin)) this.#movedMs.set(origin, nowMs)
    }
    this.#peer.acknowledged(vector)
    let freed = 0
    for (const sent of this.#window) {
      if (!covers(this.#peer.known, sent.last)) break
      this.#windowBytes -= sent.bytes
      freed += 1
    }
    if (freed > 0) this.#window = this.#window.slice(freed)
    this.#sift(() => 'held')
  }

  /** The regions from which the peer has links of its own have changed. */
  setDirect(direct: readonly RegionId[]): void {
    this.#peer.setDirect(direct)
    this.#sift((commit) => (this.#peer.isDirect(commit) ? 'held' : 'relayed'))
  }

  /** Relays what has been held back for too long. */
  expire(nowMs: number): void {
    const { relayAfterMs } = this.#options.limits
    const stuck = new Set<Origin>()
    for (const [origin, movedMs] of this.#movedMs) {
      // A clock that jumped back must not hold commits back for the length of the jump.
      if (nowMs - movedMs >= relayAfterMs || nowMs < movedMs - relayAfterMs) stuck.add(origin)
    }
    if (stuck.size > 0) this.#sift((commit) => (stuck.has(commit.origin) ? 'relayed' : 'held'))
  }

  /** When `expire` has something to do; null while nothing is held back. */
  expiresInMs(nowMs: number): number | null {
    let earliest: number | null = null
    for (const movedMs of this.#movedMs.values()) {
      const leftMs = Math.max(0, movedMs + this.#options.limits.relayAfterMs - nowMs)
      earliest = earliest === null ? leftMs : Math.min(earliest, leftMs)
    }
    return earliest
  }

  /** The next batch, or null where there is nothing that may be sent now. It counts as sent. */
  take(): readonly SealedCommit[] | null {
    const { batchBytes, batchEvents, windowBytes } = this.#options.limits
    const taken: SealedCommit[] = []
    const room = { bytes: batchBytes, events: batchEvents }
    this.#relayed = this.#drain(this.#relayed, taken, room)
    if (this.#windowBytes < windowBytes) {
      this.#queued = this.#drain(this.#queued, taken, room)
      this.#queuedBytes = sizeOf(this.#queued)
    }
    if (taken.length === 0) return null
    const last: Record<Origin, number> = {}
    for (const commit of taken) last[commit.origin] = Math.max(last[commit.origin] ?? 0, commit.lastSequence)
    const bytes = sizeOf(taken)
    this.#window.push({ last, bytes, commits: taken.length })
    this.#windowBytes += bytes
    return taken
  }

  /** Moves commits from the head of `queue` until the batch is full; what the peer has come to hold is left out. */
  #drain(queue: SealedCommit[], taken: SealedCommit[], room: { bytes: number; events: number }): SealedCommit[] {
    let index = 0
    for (; index < queue.length; index += 1) {
      const commit = queue[index]
      if (commit === undefined || this.#peer.holds(commit)) continue
      const events = commit.lastSequence - commit.firstSequence + 1
      if (taken.length > 0 && (commit.bytes.length > room.bytes || events > room.events)) break
      taken.push(commit)
      room.bytes -= commit.bytes.length
      room.events -= events
    }
    return index === 0 ? queue : queue.slice(index)
  }

  #sift(decide: (commit: SealedCommit) => 'held' | 'relayed'): void {
    if (this.#held.length === 0) return
    const held: SealedCommit[] = []
    for (const commit of this.#held) {
      if (this.#peer.holds(commit)) continue
      if (decide(commit) === 'held') held.push(commit)
      else this.#relayed.push(commit)
    }
    this.#held = held
    this.#heldBytes = sizeOf(held)
    const origins = new Set(held.map((commit) => commit.origin))
    for (const origin of this.#movedMs.keys()) if (!origins.has(origin)) this.#movedMs.delete(origin)
  }
}
