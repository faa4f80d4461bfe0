// A commit pins other commits than those that are applied here: who has signed two logs? Asks its writer for the commits
// that its clock names and compares. What differs and is signed by its own origin proves that origin's fork; where nothing
// differs, the writer has pinned what it does not hold. Asks and compares; what follows is its caller's.

import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { CodecError, equalBytes } from '@causeway/schema/commit/bytes'
import { openCommit, verifyCommit } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import type { CommitRange } from '../replication/peer.ts'
import type { ChainIndex } from './chain-index.ts'

export interface InquirySetting {
  readonly crypto: CommitCrypto
  readonly chain: Pick<ChainIndex, 'at'>
  readonly frontier: () => VersionVector
  readonly ask: (peer: RegionId, range: CommitRange) => Promise<readonly Uint8Array[]>
}

/** Commits of other origins that differ from those applied here, each signed by its origin. Rejects where nobody answers. */
export async function findForks(setting: InquirySetting, pinned: SealedCommit): Promise<readonly SealedCommit[]> {
  const forks: SealedCommit[] = []
  for (const origin in pinned.clock) {
    const sequence = sequenceOf(pinned.clock, origin)
    if (origin === pinned.origin || sequence < 1) continue
    const other = await fetch(setting, regionOf(pinned.origin), origin, sequence)
    const own = await setting.chain.at(origin, sequence, setting.frontier())
    if (other === null || own === 'unknown') continue
    if (own === 'between' || !equalBytes(own.hash, other.hash)) forks.push(other)
  }
  return forks
}

async function fetch(
  { crypto, ask }: InquirySetting,
  peer: RegionId,
  origin: Origin,
  sequence: number,
): Promise<SealedCommit | null> {
  for (const bytes of await ask(peer, { origin, first: sequence, last: sequence })) {
    const commit = openQuietly(bytes, crypto)
    const isIt = commit?.origin === origin && commit.lastSequence === sequence
    if (commit && isIt && verifyCommit(commit, crypto).ok) return commit
  }
  return null
}

function openQuietly(bytes: Uint8Array, crypto: CommitCrypto): SealedCommit | null {
  try {
    return openCommit(bytes, crypto)
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}
