// What a node of a region offers to those who serve it: GraphQL resolvers, the HTTP server, the simulator's clients.
// The implementation is node.ts.

import type { HistorySize } from '@causeway/db/history'
import type { Incident } from '@causeway/db/integrity'
import type { Store } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import type { CommandDefinition, Principal, UserError } from '@causeway/schema/documents/command'
import type { Fencing } from '@causeway/schema/fence/fencing'
import type { Operators } from '@causeway/schema/fence/order'
import type { PutOff } from '@causeway/schema/fence/put-off'
import type { JsonObject } from '@causeway/schema/json'
import type { ChangedDocuments } from './committer/pending.ts'
import type { UnitAnswers, UnitCall } from './device-sync/unit-desk.ts'
import type { DivergenceStatus } from './divergence/findings.ts'
import type { Freshness } from './freshness/freshness.ts'
import type { ArchivistCounts } from './history/archivist.ts'
import type { PeerService } from './replication/peer.ts'
import type { SnapshotCounts, SnapshotUnderWay } from './replication/snapshot/snapshot-driver.ts'
import type { RightsStatus } from './stock/rights-counts.ts'

export interface CommandCall {
  readonly principal: Principal
  readonly idempotencyKey?: string
  /** Sent again after an attempt elsewhere went unanswered (I3, I4). */
  readonly resent: boolean
  /** Wall time by which an answer is wanted. */
  readonly deadlineAt: number
}

export type CommandAnswer =
  | {
      readonly status: 'accepted'
      readonly result: JsonObject
      readonly token: VersionVector
      /** What was changed in one commit with it, as of the token; empty where it is answered from what stood already. */
      readonly changed: ChangedDocuments
    }
  | { readonly status: 'refused'; readonly errors: readonly UserError[]; readonly token: VersionVector }
  /** Refused here, but not final until stable (I3): ask again with the same key. */
  | { readonly status: 'pending'; readonly token: VersionVector }

/** An applied commit as subscribers get it: after it is durable (W2), in local order. */
export interface LogEntry {
  readonly position: number
  readonly sealed: SealedCommit
  readonly commit: Commit
  /** The frontier after it. */
  readonly frontier: VersionVector
}

export interface LinkStatus {
  readonly from: RegionId
  readonly to: RegionId
  /** While either line is open. */
  readonly connected: boolean
  /** Open ones: 2 from a peer that is far, 1 where one is down, the peer is near or serves one alone. */
  readonly lines: number
  /** Age of the oldest thing the other side has and this one lacks, milliseconds; 0 when caught up. */
  readonly lagMs: number
  readonly lagEvents: number
  /** As of the other side's last word, at most a second old while connected. */
  readonly lagCommits: number
  readonly bytesPerSecond: number
  readonly bytesPerEvent: number
  /** Since this node began to hold the link. */
  readonly counts: LinkCounts
  /** The rule and what was wrong, the last time that the link was to blame; null where it never was. */
  readonly lastFault: string | null
}

export interface LinkCounts {
  /** Batches with commits over the main line; heartbeats are not counted. */
  readonly batches: number
  /** Received over both lines, compressed, heartbeats included. */
  readonly bytes: number
  /** Over the main line, or over the second one while it was alone. */
  readonly commits: number
  readonly events: number
  /** Attempts to open the main line that failed. */
  readonly failures: number
  /** Times that the main line was open and broke. */
  readonly breaks: number
  /** Times that either line brought what cannot be read, or what its origin has not signed (C6). */
  readonly faults: number
  /** Of the second line, as above. */
  readonly secondBatches: number
  readonly secondFailures: number
  readonly secondBreaks: number
}

export interface DurabilityReport {
  readonly requested: number
  readonly reached: number
  readonly timedOut: boolean
}

export interface Region {
  readonly id: RegionId
  readonly origin: Origin
  readonly members: readonly RegionId[]
  readonly store: Store
  readonly peerService: PeerService
  /** Answers after the command is durable. Throws StoreError where the database fails: nothing is written then. */
  execute<Input>(command: CommandDefinition<Input>, input: Input, call: CommandCall): Promise<CommandAnswer>
  /** Answers after devices' units are durable (R7). Throws StoreError where the database fails: nothing is written then. */
  applyUnits(call: UnitCall): Promise<UnitAnswers>
  /** Commits that `after` does not hold, then every later one; `now` for later ones alone. Bounded: a reader too slow is ended with an error. */
  follow(after: VersionVector | 'now', signal: AbortSignal): AsyncIterable<LogEntry>
  frontier(): VersionVector
  /** What every member has shown to hold: behind it nothing is awaited any more. */
  stableFrontier(): VersionVector
  /** What is fenced, or is to be (S7). */
  fencing(): Fencing
  /** Why this region keeps back its own word about that; null where it does not. */
  putOff(): PutOff | null
  /** Whose orders it takes to retire a region; null where any operator's word is enough. */
  readonly operators: Operators | null
  /** Of what `vector` holds, an origin that was fenced before it; null where nothing of it is lost. */
  lostOf(vector: VersionVector): { readonly origin: Origin; readonly height: number } | null
  /** False where `vector` was not reached by `deadlineAt`. */
  reach(vector: VersionVector, deadlineAt: number): Promise<boolean>
  /** What is known of the other members, and the reads that must be let through. */
  readonly freshness: Pick<Freshness, 'bounded' | 'strong' | 'stalenessMs' | 'known' | 'reads'>
  /** Waits until `count` regions hold `vector`, or `deadlineAt`. */
  durability(vector: VersionVector, count: number, deadlineAt: number): Promise<DurabilityReport>
  /** Of everything that replicates everywhere, hex; remembered per frontier, and read anew in the background. */
  digest(): Promise<string>
  links(): readonly LinkStatus[]
  /** What this node has found of divergence, and put right, since it began to lead. */
  divergence(): DivergenceStatus
  /** The snapshot that is being taken in; null where none is, or another node of the region takes it. */
  snapshot(): SnapshotUnderWay | null
  /** How this node moves rights to where the demand is. */
  rights(): RightsStatus
  /** How large log and archive are, and what this node has moved there since it started. */
  history(): Promise<
    HistorySize &
      ArchivistCounts &
      SnapshotCounts & { readonly foldedDocuments: number; readonly madeSnapshots: number }
  >
  /** Dealt with, says an operator. Null where this region has raised no such incident. */
  resolveIncident(id: string, atMs: number, note: string): Promise<Incident | null>
  /** Why its database takes no writes now, or its clock cannot date them, in words; null while both do. Reads go on. */
  refusesWrites(): string | null
  /** By how much this node's clock is ahead of each member's, milliseconds, as far as their last words tell. */
  clockLeads(): ReadonlyMap<RegionId, number>
  /** Null when it may serve, else why not. */
  unready(): string | null
  /** Resolves, with why, when this node is of no use any more: another process has to take its place (W8). */
  readonly over: Promise<string>
  stop(): Promise<void>
}
