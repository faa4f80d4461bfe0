// What a commit is: events and the changes that realise them, durable and replicated as one unit.
// Knows no bytes (codec.ts), no hashing (chain.ts) and no storage.

import type { HybridTime } from '../clock/hybrid-clock.ts'
import type { Origin } from '../clock/origin.ts'
import type { VersionVector } from '../clock/version-vector.ts'
import type { Operators } from '../fence/order.ts'
import type { JsonObject } from '../json.ts'
import type { OwnStockRow } from '../stock/row.ts'

/** `everywhere`, or `home:` and the sorted region ids that may hold it, joined by commas. */
export type PlacementClass = 'everywhere' | `home:${string}`

/** One business fact. Its sequence is the commit's first sequence plus its index. */
export interface CommitEvent {
  readonly type: string
  readonly entityId: string
  /** Replicates to every region unless `placement` says otherwise; then others see the type and id alone. */
  readonly data: JsonObject
  readonly placement: PlacementClass
}

export interface DocumentChange {
  readonly kind: string
  readonly id: string
  readonly placement: PlacementClass
  /** One Automerge change. */
  readonly bytes: Uint8Array
}

/** The one answer to a keyed command, as every region comes to know it (I1). */
export interface CommandOutcome {
  /** Unique per caller: subject and idempotency key. */
  readonly key: string
  /** SHA-256 of the canonical input without its key, hex. */
  readonly inputDigest: string
  readonly accepted: boolean
  readonly command: string
  /** What the answer is rebuilt from: ids and counts when accepted, user errors when refused. */
  readonly result: JsonObject
  /** Marked by gateway or SDK as sent again after an unanswered attempt (I4). */
  readonly resent: boolean
}

export interface Commit {
  readonly origin: Origin
  readonly firstSequence: number
  readonly lastSequence: number
  /** Everything the origin had applied when it committed, its own earlier commits included. */
  readonly clock: VersionVector
  readonly time: HybridTime
  readonly events: readonly CommitEvent[]
  readonly documents: readonly DocumentChange[]
  /** Absolute cells of the origin's own rows after this commit. */
  readonly stock: readonly OwnStockRow[]
  readonly outcomes: readonly CommandOutcome[]
}

/** A commit as it is stored and sent: the very same bytes everywhere (W6), sections that were left out aside. */
export interface SealedCommit {
  readonly origin: Origin
  readonly firstSequence: number
  readonly lastSequence: number
  readonly clock: VersionVector
  readonly time: HybridTime
  /** SHA-256 of the header, 32 bytes; the next commit of this origin names it. */
  readonly hash: Uint8Array
  readonly previousHash: Uint8Array
  /** Header, signature and sections. */
  readonly bytes: Uint8Array
}

/** SHA-256 and Ed25519, injected so that this room stays free of any platform. */
export interface CommitCrypto {
  sha256(bytes: Uint8Array): Uint8Array
  /** Fresh 16 bytes that keep a small section from being guessed from its hash. */
  salt(): Uint8Array
  sign(bytes: Uint8Array): Uint8Array
  /** False for an unknown origin, too. */
  verify(origin: Origin, bytes: Uint8Array, signature: Uint8Array): boolean
  /** The same under a device's own key, 32 bytes in base64url. */
  verifyDevice(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean
  /** Whose orders it takes to retire a region; null where any member may (0063). */
  readonly operators: Operators | null
}
