// The part of the store port that holds the conflict log: written with the documents (W3), read by people and digests. Bounded
// by `pairsKeptPerPath`: of every path of a document the newest pairs stay, whatever came in first, so that regions that
// hold the same changes hold the same log.

import type { ConflictPair } from '@causeway/schema/documents/conflicts/conflict'

export interface ConflictQuery {
  /** Of this document alone. */
  readonly document?: string
  /** Place (`placeOf`) of the last pair of the page before. */
  readonly after: string | null
  readonly limit: number
}

export interface ConflictLog {
  /** The newest first. */
  newest(query: ConflictQuery): Promise<readonly ConflictPair[]>
  /** All pairs of these paths, the newest last. */
  at(paths: readonly Pick<ConflictPair, 'kind' | 'document' | 'path'>[]): Promise<readonly ConflictPair[]>
  find(id: string): Promise<ConflictPair | null>
  count(): Promise<number>
  /** By place, after one; for digests and snapshots. */
  scan(
    after: string | null,
    limit: number,
  ): Promise<{ readonly rows: readonly ConflictPair[]; readonly next: string | null }>
}
