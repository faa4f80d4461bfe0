// What small regions tell each other, and how a test calls a command in one. Knows no region.

import { compareTimes, type HybridTime } from '../../clock/hybrid-clock.ts'
import type { Origin } from '../../clock/origin.ts'
import type { VersionVector } from '../../clock/version-vector.ts'
import type { CommitEvent } from '../../commit/commit.ts'
import type { ReclaimedRow } from '../../stock/reclaim.ts'
import type { StockCells } from '../../stock/row.ts'
import type { CommitPlace, KnownOutcome, Principal } from '../command.ts'

export interface SmallCommit {
  readonly origin: Origin
  readonly sequence: number
  readonly clock: VersionVector
  readonly time: HybridTime
  readonly events: readonly CommitEvent[]
  readonly rows: ReadonlyMap<string, StockCells>
  /** Rows of who was fenced, as its origin leaves them. */
  readonly reclaimed: readonly ReclaimedRow[]
  readonly outcomes: readonly KnownOutcome[]
}

export interface SmallCall {
  readonly key?: string
  readonly resent?: boolean
  readonly principal?: Principal
  readonly wallMs?: number
}

/** What a region owes. */
export interface SmallDuty {
  readonly subject: 'order' | 'key' | 'lease'
  readonly id: string
  readonly item: string
  readonly waitsFor: { readonly origin: Origin; readonly sequence: number } | null
}

/** Of the commit that stands at a place; infinite where none of these does. */
export function sequenceAt(commits: readonly SmallCommit[], { origin, time }: CommitPlace): number {
  const found = commits.find((commit) => commit.origin === origin && compareTimes(commit.time, time) === 0)
  return found?.sequence ?? Number.POSITIVE_INFINITY
}
