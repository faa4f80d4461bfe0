// Puts a snapshot in the place of this region's state, and on top of it what only this region holds (C10): its commits
// that the snapshot lacks are applied to it as commits of others are, so documents that were folded meanwhile take them
// over (C11). What stays at home is not in a snapshot: it stands here as it stood, but for what belongs to nobody any more (C12). One transaction under the head's lock: half of it is never seen, and a crash leaves all as it was.

import { readPage } from '@causeway/db/snapshots/page'
import type { Installation, SnapshotDescription } from '@causeway/db/snapshots/snapshots'
import { type Head, type Store, StoreError } from '@causeway/db/store'
import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { advance, covers, mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { equalBytes } from '@causeway/schema/commit/bytes'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { hashBytes } from '@causeway/schema/commit/header'
import { counted } from '@causeway/schema/counted'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import type { Fences } from '@causeway/schema/fence/fences'
import { apartOf, endOf, fencingOf, lostOf } from '@causeway/schema/fence/fencing'
import { findUnordered } from '@causeway/schema/fence/order'
import { writeSetOf } from '../../committer/apply.ts'
import { emptySet, noReads } from '../../committer/flush.ts'
import { NodeCache } from '../../committer/node-cache.ts'
import { endToldBy } from '../../recovery/own-end.ts'
import { lostOutcomes, mayBeat } from '../../settlement/lost-outcomes.ts'
import { carryOver, originAfter } from './carried-over.ts'
import { leaveHome } from './leave-home.ts'
import { type Owed, owedFor } from './owed.ts'
import { homeKinds } from './state-digests.ts'

/** What only this region holds is kept in memory while it is installed; beyond this it waits until peers have fetched some. */
export const maximumUnsentBytes = 64 * 1024 * 1024
const readBytes = 4 * 1024 * 1024
/** Commits that are applied in one write. */
const commitsPerWrite = 200

/** The snapshot does not fit this region, now or ever: another one may. */
export class UnfitSnapshot extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UnfitSnapshot'
  }
}

export interface InstallSetting {
  readonly store: Store
  readonly crypto: CommitCrypto
  readonly actor: string
  /** Every region of the configuration. */
  readonly members: readonly RegionId[]
  /** Is told what this region has to leave behind, before it is gone. */
  readonly leaving: (lost: readonly SealedCommit[]) => Promise<void>
}

/** The head after it. Runs in the node's lane. Throws UnfitSnapshot, and what the store throws. */
export async function installSnapshot(setting: InstallSetting, description: SnapshotDescription): Promise<Head> {
  const { fences } = await setting.store.head()
  const found = findUnordered(setting.crypto.operators, description.head.fences.retires, fences.retires)
  if (found !== null)
    throw new UnfitSnapshot(
      `it tells of a retire that no operator has ordered, in ${found.retire.by}:${found.retire.sequence}: ${found.reason}`,
    )
  const isOver = await learnsEnd(setting, description)
  if (isOver) throw new UnfitSnapshot('it tells that this region is retired, and what it has it keeps')
  return await install(setting, description)
}

/** Of what tells a region that it is retired it takes that alone: what it holds it brings back as it is (S7). */
function learnsEnd({ store, members }: InstallSetting, { head: told }: SnapshotDescription): Promise<boolean> {
  return store.transact(async ({ head, write }) => {
    const fences = endToldBy(head, told.fences, members)
    if (fences === null) return false
    await write(emptySet({ ...head, fences }))
    return true
  })
}

function install(setting: InstallSetting, description: SnapshotDescription): Promise<Head> {
  const { store } = setting
  return store.snapshots.install(async (installation) => {
    const { head } = installation
    const { frontier, time } = description.head
    const fences = decidedBy(head, description.head.fences, setting.members)
    // What it holds beyond the end of its log is for those who took it over: there is no other copy of it (S7).
    if (endOf(fences, head.origin) === 'retired')
      throw new UnfitSnapshot('this region is retired, and keeps what it has')
    if (lostOf(fences, frontier) !== null) throw new UnfitSnapshot('it holds what the others have ended before that')
    const isApart = apartOf(fences, head.origin, head.frontier)
    if (isApart === null && covers(head.frontier, frontier))
      throw new UnfitSnapshot('this region holds all of it by now')
    const known = sequenceOf(frontier, head.origin)
    if (known > head.sequence)
      throw new UnfitSnapshot(
        `it holds ${counted(known, 'event')} of ${head.origin}, where this region has written ${head.sequence}`,
      )
    const unsent = await readUnsent(store, isApart === null ? frontier : await ownFloor(store, head, frontier))
    const { kept, lost } = carryOver(fences, unsent)
    const base = baseOf(head, description, lost)
    const reached = checkChains(head, base, kept)
    if (lost.length > 0) await setting.leaving(lost)
    const place = { time, origin: description.region }
    await installation.clear(base, { position: base.position, vector: frontier, place }, homeKinds)
    if (lost.length > 0) await installation.forget(frontier)
    const { estate } = fencingOf(base.fences, setting.members, base.origin, reached)
    const obligations = await putPages(setting, installation, description, [base.origin, ...estate])
    await installation.owe(obligations)
    const after = await applyUnsent(setting, installation, base, kept)
    if (lost.length > 0) await leaveHome(installation, head.region)
    return after
  })
}

/** Where no log tells a restored region of its end any more, the snapshot does (W8): what that has decided stands here, too. */
function decidedBy({ fences: log, origin }: Head, told: FenceLog, members: readonly RegionId[]): Fences {
  const { fences } = fencingOf(log, members, origin, {})
  const { decided } = fencingOf(told, members, origin, {}).fences
  return { ...fences, decided: [...fences.decided, ...decided] }
}

/** Of what is left behind anyhow, so much as the log still has. */
async function ownFloor(
  { history }: Pick<Store, 'history'>,
  head: Head,
  frontier: VersionVector,
): Promise<VersionVector> {
  const { vector } = await history.floor()
  const own = Object.entries(vector).filter(([origin]) => regionOf(origin) === head.region)
  return mergeVectors(frontier, Object.fromEntries(own))
}

/** In the local order, which is causal. */
async function readUnsent(store: Store, frontier: VersionVector): Promise<readonly SealedCommit[]> {
  const unsent: SealedCommit[] = []
  let bytes = 0
  try {
    for (let position = 0; ; ) {
      const found = await store.commitsAfterVector(frontier, position, readBytes)
      const last = found.at(-1)
      if (last === undefined) return unsent
      for (const { commit } of found) {
        unsent.push(commit)
        bytes += commit.bytes.length
      }
      position = last.position + 1
      if (bytes > maximumUnsentBytes)
        throw new UnfitSnapshot('it lacks more of this region than can be carried over; peers fetch that meanwhile')
    }
  } catch (error) {
    if (error instanceof StoreError && error.code === 'LOG_DROPPED')
      throw new UnfitSnapshot('it lacks what this region holds and no longer has the log of')
    throw error
  }
}

/** This region as it stands at the snapshot's frontier: behind all positions that were ever given out here. */
function baseOf(head: Head, description: SnapshotDescription, lost: readonly SealedCommit[]): Head {
  const { frontier, time, memberClocks, chainHashes, fences } = description.head
  const hashes = Object.entries(chainHashes).map(([origin, hash]) => [origin, new Uint8Array(Buffer.from(hash, 'hex'))])
  const { region, origin, sequence, hash } = head
  const writer = lost.some((commit) => commit.origin === origin)
    ? { region, origin: originAfter(head, frontier), sequence: 0, hash: new Uint8Array(32) }
    : { region, origin, sequence, hash }
  return {
    ...writer,
    time: compareTimes(head.time, time) < 0 ? time : head.time,
    frontier,
    position: head.position + 1,
    memberClocks,
    chainHashes: Object.fromEntries(hashes),
    // What its maker had written itself it does not count as such, and this region has to: to acknowledge it, and to wait until
    // it is stable. Acknowledgements among it are acknowledged once.
    significant: frontier,
    fences,
    repairs: head.repairs,
  }
}

/** How far it goes on. What it goes on with must follow what the snapshot holds: else the logs are not the same one (C6). */
function checkChains(head: Head, base: Head, unsent: readonly SealedCommit[]): VersionVector {
  const hashes: Record<string, Uint8Array> = { ...base.chainHashes }
  const apart = (origin: string) => new UnfitSnapshot(`it holds another log of ${origin} than this region`)
  let { frontier } = base
  for (const origin of Object.keys(frontier))
    if (hashes[origin]?.length !== hashBytes)
      throw new UnfitSnapshot(`it does not say at which commit of ${origin} it ends`)
  for (const commit of unsent) {
    const { origin, firstSequence, lastSequence, previousHash, hash } = commit
    const previous = hashes[origin] ?? new Uint8Array(32)
    if (sequenceOf(frontier, origin) !== firstSequence - 1 || !equalBytes(previous, previousHash)) throw apart(origin)
    hashes[origin] = hash
    frontier = advance(frontier, origin, lastSequence)
  }
  const isSame = base.sequence === 0 || equalBytes(hashes[head.origin] ?? new Uint8Array(32), head.hash)
  if (!isSame) throw apart(head.origin)
  return frontier
}

async function putPages(
  setting: InstallSetting,
  installation: Installation,
  { pages, head }: SnapshotDescription,
  owners: readonly Origin[],
): Promise<readonly Owed[]> {
  const owed: Owed[] = []
  for (let number = 0; number < pages.length; number += 1) {
    const rows = readPage(await setting.store.snapshots.stagedPage(number))
    await installation.put(rows)
    if (rows.type === 'documents') owed.push(...rows.rows.flatMap((row) => owedFor(owners, head.frontier, row)))
    if (rows.type !== 'outcomes') continue
    const learned = rows.rows.filter(mayBeat)
    const known = await installation.load({ ...noReads, keys: [...new Set(learned.map(({ key }) => key))] })
    owed.push(...lostOutcomes(owners, known.outcomes, learned))
  }
  return owed
}

async function applyUnsent(
  { crypto, actor, members }: InstallSetting,
  installation: Installation,
  base: Head,
  unsent: readonly SealedCommit[],
): Promise<Head> {
  let head = base
  for (let from = 0; from < unsent.length; from += commitsPerWrite) {
    const transaction = { head, load: installation.load }
    const setting = { cache: new NodeCache(), crypto, actor, members }
    const { set } = await writeSetOf(setting, transaction, unsent.slice(from, from + commitsPerWrite), homeKinds)
    await installation.write(set)
    head = set.head
  }
  return head
}
