// What a node is given: its store, its keys, its way to the others, and the world's ports.

import type { Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import type { ClaimHash } from '@causeway/schema/documents/command'
import type { ReadCommit } from '@causeway/schema/documents/whole-changes'
import type { HistoryRetention } from './history/retention.ts'
import type { RegionKeys } from './keyring.ts'
import type { Hasher, Ports } from './ports.ts'
import type { Transport } from './replication/peer.ts'
import type { SecondLines } from './replication/receiving/second-line.ts'

/** Signs for this region and verifies for every origin whose key it was told. */
export interface NodeCrypto extends CommitCrypto {
  addPublicKey(region: RegionId, publicKey: string): void
}

export interface NodeOptions {
  readonly region: RegionId
  /** Every region of the cluster, this one included. */
  readonly members: readonly RegionId[]
  readonly store: Store
  readonly crypto: NodeCrypto
  /** This region's own public key, base64 SPKI. */
  readonly publicKey: string
  /** Keys that the configuration pins, by region. */
  readonly pinnedKeys?: RegionKeys
  readonly transport: Transport
  readonly ports: Ports
  readonly hasher: () => Hasher
  /** Keyed, the same in every region: what is personal is claimed everywhere by its hash alone. Without it no email is claimed. */
  readonly claimHash?: ClaimHash
  readonly retention?: HistoryRetention
  /** From one look for silent divergence to the next. */
  readonly divergenceRoundMs?: number
  /** Which links into this region run over two lines; `far` where left out. */
  readonly secondLines?: SecondLines
  /** The newest rules that this node can judge by. */
  readonly newestRules?: number
  /** How a commit's bytes are read; anew for each where left out. Whoever runs many nodes in one process may read once for all. */
  readonly read?: ReadCommit
}
