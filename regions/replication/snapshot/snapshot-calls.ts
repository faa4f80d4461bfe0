// What regions ask each other about snapshots, and answer. The port; how it travels is the transport's.

import type { SnapshotDescription } from '@causeway/db/snapshots/snapshots'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { StateCheck } from './state-digests.ts'

export type SnapshotAnswer =
  | { readonly status: 'ready'; readonly description: SnapshotDescription }
  /** Asked again a moment later, it may be ready. */
  | { readonly status: 'making' }
  /** The one that was named is no longer kept, or is of no use any more. */
  | { readonly status: 'gone' }

export type CheckAnswer =
  | { readonly status: 'ready'; readonly check: StateCheck }
  | { readonly status: 'making' }
  /** It has not applied all of the frontier yet. */
  | { readonly status: 'behind' }
  /** It has gone too far beyond the frontier to tell what it held there, or has lost what it held. */
  | { readonly status: 'unable' }

export interface SnapshotCalls {
  /** `id`: the one whose pages the caller has begun to fetch; null for any. */
  offer(id: string | null): Promise<SnapshotAnswer>
  /** Null where that snapshot is no longer kept. */
  page(id: string, number: number): Promise<Uint8Array | null>
  check(frontier: VersionVector): Promise<CheckAnswer>
}
