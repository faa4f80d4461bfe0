// Puts the log's own rows right (C9, W6): what a sound log would hold at the flawed places follows from the chains on both
// sides of them. A commit whose stored bytes still verify is taken from them, any other from a peer, by the signature of
// its origin and never by a peer's word.

import { type Store, type StoredCommit, StoreError } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { missingPlacements, openCommit, readCommit, verifyCommit } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { mayHold } from '@causeway/schema/commit/placement'
import { counted, plural } from '@causeway/schema/counted'
import { touchedBy } from '../committer/apply.ts'
import { byTime, type Hole, type LogCheck } from './log-check.ts'
import type { Pace } from './pace.ts'
import type { RangeDigest } from './range-tree.ts'
import { openLog, readLog } from './read-log.ts'
import { nothingToRepair } from './rebuild.ts'

export interface MendLogSetting {
  readonly store: Store
  readonly crypto: CommitCrypto
  readonly pace: Pace
  readonly region: RegionId
  readonly peers: readonly RegionId[]
  readonly fetch: (peer: RegionId, hole: Hole) => Promise<readonly Uint8Array[]>
}

export interface MendedLog {
  /** Places that held something wrong, with what was wrong. */
  readonly flaws: readonly { readonly position: number; readonly reason: string }[]
  /** Null where nothing was wrong or all of it was put right, else why not. */
  readonly unmended: string | null
  /** Digests of its whole ranges. */
  readonly ranges: readonly RangeDigest[]
}

/** Of one hole from one peer, about 1 MB each: more than a segment of the archive holds. */
const maximumFetches = 64

/** Reads all of the log that is kept; a log without a flaw costs that and nothing else. */
export async function mendLog(setting: MendLogSetting): Promise<MendedLog> {
  const { store, crypto, pace } = setting
  const { position, frontier } = await store.head()
  const check = await openLog(store, crypto)
  await readLog(store, check, position, pace)
  check.end(position, frontier)
  const { flaws, holes } = check
  const ranges = check.ranges()
  if (flaws.length === 0 && holes.length === 0) return { flaws, ranges, unmended: null }
  const found = await gather(setting, check)
  const lacking = holes.filter((hole) => !isFilled(hole, found))
  if (lacking.length > 0) {
    const names = lacking.map(({ origin, first, last }) => `${origin}:${first}..${last}`).join(', ')
    return { flaws, ranges, unmended: `no peer that answers has ${names} whole, with a signature that holds` }
  }
  if (found.length !== flaws.length) {
    return {
      flaws,
      ranges,
      unmended: `${counted(found.length, 'commit')} ${plural(found.length, 'belongs', 'belong')} to ${counted(flaws.length, 'place')} of the log`,
    }
  }
  const places = flaws.map((flaw) => flaw.position).sort((left, right) => left - right)
  const commits = [...found].sort(byTime).flatMap((commit, index): StoredCommit[] => {
    const place = places[index]
    return place === undefined ? [] : [{ position: place, commit, touched: touchedBy(readCommit(commit)) }]
  })
  try {
    await store.transact((transaction) => transaction.repair({ ...nothingToRepair, commits }))
  } catch (error) {
    if (error instanceof StoreError && error.code === 'LOG_DROPPED') return { flaws, ranges, unmended: error.message }
    throw error
  }
  return { flaws, ranges, unmended: null }
}

/** The sound commits that fill the holes: from the flawed rows themselves where they still verify, else from peers. */
async function gather(setting: MendLogSetting, { flaws, holes }: LogCheck): Promise<readonly SealedCommit[]> {
  const { crypto, region, peers, fetch } = setting
  const found = new Map<string, SealedCommit>()
  const consider = (bytes: Uint8Array): void => {
    const commit = openSound(bytes, crypto, region)
    if (commit && holes.some((hole) => fits(hole, commit)))
      found.set(`${commit.origin}:${commit.firstSequence}`, commit)
  }
  for (const { bytes } of flaws) if (bytes !== null) consider(bytes)
  for (const hole of holes) {
    for (const peer of peers) {
      try {
        for (let asked = 0; asked < maximumFetches; asked += 1) {
          const rest = { ...hole, first: firstMissing(hole, [...found.values()]) }
          const before = found.size
          if (rest.first > rest.last) break
          for (const bytes of await fetch(peer, rest)) consider(bytes)
          if (found.size === before) break
        }
      } catch {
        // Another peer may have them.
      }
    }
  }
  return [...found.values()]
}

/** Null for what does not verify, and for what lacks a part that this region is to hold. */
function openSound(bytes: Uint8Array, crypto: CommitCrypto, region: RegionId): SealedCommit | null {
  try {
    const commit = openCommit(bytes, crypto)
    const isWhole = !missingPlacements(commit).some((placement) => mayHold(placement, region))
    return isWhole && verifyCommit(commit, crypto).ok ? commit : null
  } catch {
    return null
  }
}

function fits({ origin, first, last }: Hole, commit: SealedCommit): boolean {
  return commit.origin === origin && commit.firstSequence >= first && commit.lastSequence <= last
}

function isFilled(hole: Hole, commits: readonly SealedCommit[]): boolean {
  return firstMissing(hole, commits) > hole.last
}

/** The first sequence that none of the commits covers in a row from the beginning of the hole. */
function firstMissing(hole: Hole, commits: readonly SealedCommit[]): number {
  const inside = commits.filter((commit) => fits(hole, commit))
  inside.sort((left, right) => left.firstSequence - right.firstSequence)
  let next = hole.first
  for (const { firstSequence, lastSequence } of inside) if (firstSequence === next) next = lastSequence + 1
  return next
}
