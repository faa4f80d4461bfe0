// The transport port between regions, and what travels over it. The real one is GraphQL over WebSocket
// (graphql-transport.ts); the simulator's is a virtual network.

import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { HashOf } from '@causeway/schema/commit/run/step'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import type { RightsWish } from '@causeway/schema/stock/gifts'
import type { RegionKeys } from '../keyring.ts'
import type { SnapshotCalls } from './snapshot/snapshot-calls.ts'
import type { Versions } from './versions.ts'

/** What a region tells a peer when a link opens, both ways, under the cluster secret. */
export interface PeerHello {
  readonly region: RegionId
  readonly origin: Origin
  readonly versions: Versions
  /** Ed25519 public keys (base64 SPKI) of every region the sender knows: relayed commits need them too. */
  readonly publicKeys: RegionKeys
  readonly frontier: VersionVector
  /** The end of the receiver's own log as the sender holds it: what W8 compares. */
  readonly holdsOfYou: HeldPosition | null
  /** Fingerprint of the key under which the sender hashes what is claimed (emails); null where it has none. */
  readonly claimKey: string | null
  /** Fingerprint of the operators' keys that the sender knows, `none` where it knows none; null where it does not tell. */
  readonly operatorKeys: string | null
}

export interface HeldPosition {
  readonly sequence: number
  /** SHA-256 of the commit's header, hex. */
  readonly hash: string
  /** That header and its signature, base64: only its own origin can have made them. Empty where the commit is no longer kept. */
  readonly proof: string
}

/** Commits in causal order. Empty for a heartbeat. */
export interface CommitBatch {
  /** Encoded sealed commits, in order; sections the receiver may not hold are left out. */
  readonly commits: readonly Uint8Array[]
  /** The sender's frontier and clock when it sent: lag is judged from them, stability never. Null where the main line tells. */
  readonly frontier: VersionVector | null
  readonly time: HybridTime | null
  /** Bytes that it took on the wire, where the transport knows. */
  readonly wireBytes?: number
  /** Events in the commits together. */
  readonly events: number
  /** Somebody waits for the receiver to have applied what was sent: it is not to keep that to itself. */
  readonly asks?: boolean
  /** Commits that the sender has and the receiver has not acknowledged; of what it has yet to read, some may be held. */
  readonly behind: number
}

export interface RightsRequest {
  /** The gift is made once per id, in whichever retries (S3). */
  readonly requestId: string
  readonly to: Origin
  /** Each SKU once. */
  readonly items: readonly RightsItem[]
}

export interface RightsItem extends RightsWish {
  readonly sku: string
  /** Hybrid time since when the oldest of the sales waits that the units are for; null where none does. */
  readonly sinceMs: number | null
}

export interface RightsReply {
  /** What was given, 0 where nothing could be. */
  readonly items: readonly { readonly sku: string; readonly units: number }[]
  /** The gift counts once this is applied; where nothing is given, the rows tell then what the giver knew. */
  readonly position: { readonly origin: Origin; readonly sequence: number } | null
}

/** Where a region stands when it says so. */
export interface Standing {
  readonly frontier: VersionVector
  readonly time: HybridTime
}

/** Asks for digests of key ranges (C9); the levels are those of divergence/range-tree.ts. */
/** What regions compare; the log by ranges of sequences, the others by ranges of keys. */
export const digestTables = ['documents', 'stock', 'conflicts', 'log'] as const

export interface DigestRequest {
  readonly table: (typeof digestTables)[number]
  /** 0: the table as one; 3: its rows. The log has level 1 alone. */
  readonly level: number
  /** The range after `after`, up to `until` itself; null: from the beginning, to the end. */
  readonly after: string | null
  readonly until: string | null
}

export interface DigestAnswer {
  /** What had been applied before the rows of level 3 were read, and after it. */
  readonly frontier: VersionVector
  readonly through: VersionVector
  readonly ranges: readonly { readonly until: string | null; readonly digest: string }[]
}

/** Commits of one origin, by sequence. */
export interface CommitRange {
  readonly origin: Origin
  readonly first: number
  readonly last: number
}

/**
 * A link runs over two lines, each a connection of its own: the main one brings everything, the second one small commits
 * once more while little is to be sent, so that a stall of one of them is not felt. The first to come counts (C2).
 */
export type Line = 'main' | 'second'

/** One open line of a link as its receiving side sees it. */
export interface PeerConnection {
  readonly hello: PeerHello
  /**
   * Ends when the link breaks; throws LogDropped where the peer's log no longer reaches back to `after`. `direct` names the regions whose commits the receiver gets by links of its own: the
   * sender keeps those back, and relays them only when they stay unacknowledged. `hashOf`: of what has come here; without it most
   * commits of the second line are left out.
   */
  commits(after: VersionVector, direct: readonly RegionId[], line: Line, hashOf?: HashOf): AsyncIterable<CommitBatch>
  /** Tells the sender what has been applied: frees its window and counts towards durability. */
  acknowledge(applied: VersionVector, direct: readonly RegionId[]): Promise<void>
  requestRights(request: RightsRequest): Promise<RightsReply>
  /** Bytes that have come so far, of whole messages or not; where the transport knows. */
  receivedBytes?(): number
  /** The peer's frontier and clock, as of some moment after it was asked. */
  standing(): Promise<Standing>
  /** All that commits which the peer has applied say of fences; null where it speaks a version in which it cannot tell. */
  fences(): Promise<FenceLog | null>
  readonly snapshots: SnapshotCalls
  digests(request: DigestRequest): Promise<DigestAnswer>
  /** Encoded; at least the first of them where the peer has any. To be verified as any that come. */
  commitsOf(range: CommitRange): Promise<readonly Uint8Array[]>
  close(): void
}

export interface Transport {
  /** Rejects where the peer cannot be reached or refuses the hello. */
  connect(peer: RegionId, hello: PeerHello): Promise<PeerConnection>
}

/** What a region offers its peers; the transport's far end calls it. */
export interface PeerService {
  hello(from: PeerHello): Promise<PeerHello>
  commits(from: RegionId, after: VersionVector, direct: readonly RegionId[], line: Line): AsyncIterable<CommitBatch>
  acknowledge(from: RegionId, applied: VersionVector, direct: readonly RegionId[]): Promise<void>
  requestRights(from: RegionId, request: RightsRequest): Promise<RightsReply>
  /** Read from the database, not from what this node has heard: another node may have committed meanwhile. */
  standing(): Promise<Standing>
  /** Read from the database, too. */
  fences(): Promise<FenceLog>
  readonly snapshots: SnapshotCalls
  digests(request: DigestRequest): Promise<DigestAnswer>
  commitsOf(from: RegionId, range: CommitRange): Promise<readonly Uint8Array[]>
}
