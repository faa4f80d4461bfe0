// What a stream of a link's second line may send: small commits once more, while little is to be sent. Pure: no I/O, the
// time comes in as an argument.
//
// - Everything goes over the main line as well, so whatever does not fit here is left out and missed by nobody.
// - A commit is sent where the allowance covers it. Every commit that the peer is to get is taken from the allowance, sent
//   or not: a busy link has none left, and no byte of bulk travels twice (C5).
// - Sent and unacknowledged bytes are bounded by a window; what would pass it is left out.
// - What the peer gets directly is held back here as on the main line, and never relayed.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { PeerStanding, type PeerStandingOptions, sizeOf } from './peer-standing.ts'
import type { StreamOutbox } from './send-stream.ts'

/** Bytes are those of sealed commits; on the wire they take about a third. */
export const secondLineLimits = Object.freeze({
  /** A larger commit goes over the main line alone. */
  commitBytes: 8 * 1024,
  /** The allowance grows by this much. Some eighty orders, each a commit of its own. */
  bytesPerSecond: 64 * 1024,
  /** At most; and as far below nothing, so that a link is taken for busy until two seconds after a burst. */
  allowanceBytes: 64 * 1024,
  /** Waiting, or sent and not acknowledged over either line. */
  windowBytes: 64 * 1024,
})

export class SecondOutbox implements StreamOutbox {
  readonly #peer: PeerStanding
  #allowance: number = secondLineLimits.allowanceBytes
  #countedMs = Number.NEGATIVE_INFINITY
  /** To be sent, and sent; both within the window. */
  #queued: readonly SealedCommit[] = []
  #sent: readonly SealedCommit[] = []
  #bytes = 0

  constructor(options: PeerStandingOptions) {
    this.#peer = new PeerStanding(options)
  }

  /** What waits is bounded, and what is read beyond it is left out. */
  readonly wantsMore = true
  /** The main line counts what the peer lacks. */
  readonly unacknowledged = 0

  add(commit: SealedCommit, nowMs: number): void {
    if (this.#peer.holds(commit) || this.#peer.isDirect(commit)) return
    const { commitBytes, allowanceBytes, windowBytes } = secondLineLimits
    const bytes = commit.bytes.length
    const allowance = this.#allowanceAt(nowMs)
    this.#allowance = Math.max(-allowanceBytes, allowance - bytes)
    if (bytes > Math.min(commitBytes, allowance, windowBytes - this.#bytes)) return
    this.#queued = [...this.#queued, commit]
    this.#bytes += bytes
  }

  acknowledged(vector: VersionVector): void {
    this.#peer.acknowledged(vector)
    this.#queued = this.#queued.filter((commit) => !this.#peer.holds(commit))
    this.#sent = this.#sent.filter((commit) => !this.#peer.holds(commit))
    this.#bytes = sizeOf(this.#queued) + sizeOf(this.#sent)
  }

  setDirect(direct: readonly RegionId[]): void {
    this.#peer.setDirect(direct)
  }

  expire(): void {}

  expiresInMs(): null {
    return null
  }

  take(): readonly SealedCommit[] | null {
    const taken = this.#queued
    if (taken.length === 0) return null
    this.#queued = []
    this.#sent = [...this.#sent, ...taken]
    return taken
  }

  /** A clock that jumped back gives nothing for the time until it is where it was. */
  #allowanceAt(nowMs: number): number {
    const { bytesPerSecond, allowanceBytes } = secondLineLimits
    const sinceMs = Math.max(0, nowMs - this.#countedMs)
    this.#countedMs = nowMs
    return Math.min(allowanceBytes, this.#allowance + (sinceMs * bytesPerSecond) / 1_000)
  }
}
