// What taking in a snapshot knows, hears and does: the states, inputs and actions of snapshot-receiver.ts, and its bounds.

import type { RegionId } from '@causeway/schema/clock/origin'

/** All in milliseconds. */
export const snapshotTimes = Object.freeze({
  /** Other peers have so long to bring the region on before a peer that cannot is asked for a snapshot. */
  graceMs: 5_000,
  /** A refusal counts for so long: a link that is refused says so again every few seconds. */
  refusalMs: 20_000,
  /** Between two looks at what a peer is still busy with. */
  pollMs: 1_000,
  /** For a peer to make a snapshot, or to look through its state. */
  makingMs: 6 * 3_600_000,
  /** For the second member to get to where the snapshot was made. */
  catchUpMs: 60_000,
  /** A peer that cannot be asked for so long is given up, and with it what was fetched from it. */
  abandonMs: 600_000,
  restMinimumMs: 2_000,
  restMaximumMs: 300_000,
})

/**
 * So many events behind, the log takes minutes even where it is stock movements alone, and a snapshot of nearly any state
 * is the shorter way. Below it the log is, for it holds up no writes.
 */
export const farBehindEvents = 20_000_000

/** A peer whose log does not help. */
export interface Refusal {
  readonly sinceMs: number
  readonly lastMs: number
  /** In all that the peer holds: of several peers the one that holds most is asked. */
  readonly events: number
  /** It could be served from the log, and is too far behind for that, or the log is of no use. */
  readonly isFar: boolean
}

/** What this region knows of the cluster and of itself when something happens. */
export interface Circle {
  /** All other members; none where the region itself is none. */
  readonly peers: readonly RegionId[]
  /** It has begun anew and does not hold again what it had shown to hold, or has heard nothing of the others yet. */
  readonly lacksState: boolean
}

export interface Memory {
  readonly refusals: Readonly<Record<RegionId, Refusal>>
  /** When commits of others were last applied. */
  readonly movedMs: number
  /** Of attempts in a row: by whom, and together. */
  readonly failuresOf: Readonly<Record<RegionId, number>>
  readonly failures: number
}

export interface Taken {
  readonly peer: RegionId
  readonly id: string
  readonly pages: number
}

export type SnapshotState = Memory &
  (
    | { readonly phase: 'idle' }
    /** Looks for what was staged before a restart. */
    | { readonly phase: 'resuming' }
    | {
        readonly phase: 'asking'
        readonly peer: RegionId
        readonly sinceMs: number
        readonly failedSinceMs: number | null
      }
    | ({ readonly phase: 'staging' } & Taken)
    | ({ readonly phase: 'fetching'; readonly next: number; readonly failedSinceMs: number | null } & Taken)
    | ({
        readonly phase: 'checking'
        readonly second: RegionId
        readonly left: readonly RegionId[]
        readonly sinceMs: number
        /** Somebody who holds what a member should has not heard of all of it. */
        readonly isDoubted: boolean
      } & Taken)
    | ({ readonly phase: 'installing'; readonly checkedBy: RegionId | null } & Taken)
    | { readonly phase: 'dropping'; readonly reason: string }
    | { readonly phase: 'resting' }
  )

export type SnapshotInput =
  | { readonly type: 'start' }
  /** What is staged; null for nothing. */
  | { readonly type: 'found'; readonly staged: (Taken & { readonly received: number }) | null }
  /** The peer's log does not reach back far enough. */
  | { readonly type: 'refused'; readonly peer: RegionId; readonly events: number }
  /** The peer could bring that many events. */
  | { readonly type: 'behind'; readonly peer: RegionId; readonly events: number; readonly behind: number }
  /** No log brings this region on, for it holds what the others will never apply: only what the peer holds instead does. */
  | { readonly type: 'apart'; readonly peer: RegionId; readonly events: number }
  /** Commits of others were applied. */
  | { readonly type: 'moved' }
  | { readonly type: 'offered'; readonly id: string; readonly pages: number }
  | { readonly type: 'making' }
  /** The peer could not be asked. */
  | { readonly type: 'unanswered'; readonly reason: string }
  /** The region's own database, or what else is not the peer's. What is staged stays, and is found again. */
  | { readonly type: 'stuck'; readonly reason: string }
  /** What was asked for is not to be had: another layout, no longer kept, not what was described. */
  | { readonly type: 'spoiled'; readonly reason: string }
  | { readonly type: 'stored' }
  | { readonly type: 'compared'; readonly verdict: 'same' | 'different' | 'behind' | 'making' | 'unable' }
  | { readonly type: 'installed' }
  | { readonly type: 'dropped' }
  | { readonly type: 'timer' }

export type SnapshotAction =
  | { readonly type: 'find' }
  | { readonly type: 'ask'; readonly peer: RegionId }
  | { readonly type: 'stage' }
  | { readonly type: 'fetch'; readonly peer: RegionId; readonly id: string; readonly number: number }
  | { readonly type: 'compare'; readonly second: RegionId }
  | { readonly type: 'install'; readonly checkedBy: RegionId | null }
  | { readonly type: 'drop' }
  | { readonly type: 'wake'; readonly afterMs: number }
  | { readonly type: 'report'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }

export interface SnapshotStep {
  readonly state: SnapshotState
  readonly actions: readonly SnapshotAction[]
}

export const newSnapshotState: SnapshotState = Object.freeze({
  phase: 'idle',
  refusals: {},
  movedMs: Number.NEGATIVE_INFINITY,
  failuresOf: {},
  failures: 0,
})
