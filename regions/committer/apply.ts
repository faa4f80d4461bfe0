// Applies remote commits, already verified and in causal order: one transaction for many (C1, C2, W3, W7). Under the
// head's lock it drops what is already held, checks each chain, judges each commit by the rules, merges stock rows,
// carries document changes, and notes what this origin owes for what it has just learned.

import { type HeadTransaction, type Store, type StoredDocument, StoreError, type WriteSet } from '@causeway/db/store'
import { observe } from '@causeway/schema/clock/hybrid-clock'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { advance, mergeVectors, sequenceOf } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import type { Commit, CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { type FollowedHeads, followHeads } from '@causeway/schema/documents/change-bytes'
import { claimConflicts } from '@causeway/schema/documents/claims/lost-claim'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import { folding, foldsOf } from '@causeway/schema/documents/folding/mark'
import { type ReadCommit, readWhole } from '@causeway/schema/documents/whole-changes'
import { withFencesOf } from '@causeway/schema/fence/fence-log'
import { fencingOf } from '@causeway/schema/fence/fencing'
import { lastRowsOf, reclaimedRows } from '@causeway/schema/stock/reclaim'
import { type Flaw, flaw } from '@causeway/schema/validity/flaw'
import type { Branches } from '../integrity/branches.ts'
import type { ChainIndex } from '../integrity/chain-index.ts'
import type { GivenBefore } from '../integrity/given-before.ts'
import type { Refusal } from '../integrity/refusal.ts'
import { judgeCommits } from '../integrity/verdict.ts'
import { FenceLimits, type NamedBy, nothingNamed, recalledAt } from '../recovery/fence-limits.ts'
import { untilOver } from '../recovery/own-end.ts'
import type { Recalled } from '../recovery/recollection.ts'
import { holdsCauses } from '../replication/causes.ts'
import { lostHomes } from '../settlement/lost-home.ts'
import { lostOutcomes, mayBeat } from '../settlement/lost-outcomes.ts'
import { acknowledgement } from '../settlement/stability.ts'
import { leasedSkus, leaseRows } from '../stock/lease-rows.ts'
import { forkedLeases, lateSales } from '../stock/lease-troubles.ts'
import { buildRemote, type RemoteChanges } from './build-documents.ts'
import { noReads } from './flush.ts'
import { claimedNames, lostClaims } from './lost-claims.ts'
import { documentKey, type NodeCache } from './node-cache.ts'
import { gatherDocuments } from './remote-documents.ts'

export interface ApplySetting {
  readonly store: Store
  readonly cache: NodeCache
  readonly crypto: CommitCrypto
  readonly actor: string
  readonly chain: ChainIndex
  readonly newestRules: number
  readonly read: ReadCommit
  /** Origins of which nothing more is applied, and for which nobody waits. */
  readonly excused: ReadonlySet<Origin>
  /** Every region of the configuration. */
  readonly members: readonly RegionId[]
  /** How far commits that wait show others to have applied each origin: what is being fenced may go as far here (S7). */
  readonly named: () => NamedBy
  /** What others have told of fences that this region may have forgotten. */
  readonly recalled: Recalled | null
  /** What is held of logs that were signed beside those that stand here. */
  readonly branches: Branches
}

export interface Applied {
  readonly commits: readonly { readonly position: number; readonly sealed: SealedCommit; readonly commit: Commit }[]
  readonly set: WriteSet | null
  /** Not applied, and what follows of their origins is neither. */
  readonly refused: readonly Refusal[]
  /** Applied without a section that breaks a rule. */
  readonly stripped: readonly Refusal[]
}

/** Something about one of several commits cannot be worked out; nothing was written. Each is to be tried alone. */
export class TroubledBatch extends Error {
  constructor(cause: unknown) {
    super(`a batch of commits cannot be applied: ${wordsOf(cause)}`, { cause })
    this.name = 'TroubledBatch'
  }
}

/**
 * Runs in the node's lane. Commits whose clock is not yet covered are left out, with all that follow of their origin. Throws
 * StoreError, or TroubledBatch for more than one commit; a single one that cannot be worked out is refused.
 */
export async function apply(setting: ApplySetting, offered: readonly SealedCommit[]): Promise<Applied> {
  const applied = await applyAll(setting, offered).catch((error: unknown) => {
    // A database that is away, or does not do what it is asked for, says nothing about the commits.
    if (error instanceof StoreError) throw error
    const [only] = offered
    if (only === undefined || offered.length > 1) throw new TroubledBatch(error)
    const reason = `its documents cannot be built: ${wordsOf(error)}`
    return { commits: [], set: null, stripped: [], refused: [refuse('quarantine', only, flaw('M1', reason))] }
  })
  const { set } = applied
  if (set) {
    setting.cache.advance(set.head.position, set.documents, set.stock)
    setting.chain.note(applied.commits.map(({ sealed }) => sealed))
  }
  return applied
}

async function applyAll(setting: ApplySetting, offered: readonly SealedCommit[]): Promise<Applied> {
  return await setting.store.transact(async (transaction): Promise<Applied> => {
    await setting.cache.catchUp(transaction)
    const { chained, refused: broken } = select(setting, transaction.head, offered)
    const { accepted: sound, refused, stripped, givenBefore } = await judgeCommits(setting, transaction, chained)
    const { accepted, fences } = untilOver(transaction.head, sound, setting.members)
    const judged = { refused: fences === null ? [...broken, ...refused] : [], stripped }
    const { position, fences: known } = transaction.head
    if (accepted.length === 0 && (fences ?? known) === known) return { commits: [], set: null, ...judged }
    const commits = accepted.map((one, index) => ({ ...one, position: position + 1 + index }))
    const told = await prepare(setting, transaction, commits, givenBefore)
    const set = fences === null ? told : { ...told, head: { ...told.head, fences } }
    await transaction.write(set)
    return { commits, set, ...judged }
  })
}

function refuse(kind: Refusal['kind'], sealed: SealedCommit, found: Flaw): Refusal {
  return { kind, sealed, ...found }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What of `offered` comes next: above the frontier, everything in its clock applied, chained to what is held. */
function select(
  { excused, members, named, recalled }: ApplySetting,
  head: HeadTransaction['head'],
  offered: readonly SealedCommit[],
): { readonly chained: readonly SealedCommit[]; readonly refused: readonly Refusal[] } {
  const accepted: SealedCommit[] = []
  const refused: Refusal[] = []
  const hashes = { ...head.chainHashes }
  let frontier = head.frontier
  const limits = new FenceLimits(head, members, recalledAt(head, members, recalled))
  const whatWaits = limits.isOpen ? named() : nothingNamed
  for (const sealed of offered) {
    if (limits.isBeyond(sealed, whatWaits)) continue
    const held = sequenceOf(frontier, sealed.origin)
    if (sealed.lastSequence <= held || sealed.origin === head.origin) continue
    if (sealed.firstSequence !== held + 1) continue
    if (sequenceOf(sealed.clock, sealed.origin) !== held) {
      refused.push(refuse('quarantine', sealed, flaw('C1', 'its clock does not say where its own origin stood')))
      continue
    }
    if (excused.has(sealed.origin) || !holdsCauses(frontier, sealed, excused)) continue
    const previous = hashes[sealed.origin]
    if (previous ? !sameBytes(previous, sealed.previousHash) : sealed.previousHash.some((byte) => byte !== 0)) {
      refused.push(refuse('fork', sealed, flaw('C6', 'it does not follow the commit that is held before it')))
      continue
    }
    accepted.push(sealed)
    hashes[sealed.origin] = sealed.hash
    frontier = advance(frontier, sealed.origin, sealed.lastSequence)
  }
  return { chained: accepted, refused }
}

/**
 * What commits that follow the head mean, as one write. This origin's own are among them where they are put on top of a
 * snapshot that lacks them; documents of `standingKinds` hold what the commits say of them already.
 */
export async function writeSetOf(
  setting: Pick<ApplySetting, 'cache' | 'crypto' | 'actor' | 'members'>,
  transaction: Pick<HeadTransaction, 'head' | 'load'>,
  accepted: readonly SealedCommit[],
  standingKinds: readonly string[] = [],
): Promise<{ readonly commits: Applied['commits']; readonly set: WriteSet }> {
  const commits = accepted.map((sealed, index) => ({
    position: transaction.head.position + 1 + index,
    sealed,
    commit: withoutKinds(readWhole(sealed, setting.crypto.sha256), standingKinds),
  }))
  return { commits, set: await prepare(setting, transaction, commits) }
}

function withoutKinds(commit: Commit, kinds: readonly string[]): Commit {
  if (kinds.length === 0) return commit
  const stands = (kind: unknown) => kinds.includes(String(kind))
  return {
    ...commit,
    documents: commit.documents.filter(({ kind }) => !stands(kind)),
    events: commit.events.map((event) =>
      event.type === folding && stands(event.data.kind) ? { ...event, data: {} } : event,
    ),
  }
}

/** `commits`: those that come next; under the name of a branch, beside the log. */
export async function prepare(
  setting: Pick<ApplySetting, 'cache' | 'crypto' | 'actor' | 'members'>,
  transaction: Pick<HeadTransaction, 'head' | 'load'>,
  commits: Applied['commits'],
  givenBefore?: GivenBefore,
): Promise<WriteSet> {
  const references = new Map<string, { kind: string; id: string }>()
  const keys = new Set<string>()
  for (const { commit } of commits) {
    for (const { kind, id } of [...commit.documents, ...foldsOf(commit)]) references.set(`${kind}/${id}`, { kind, id })
    for (const outcome of commit.outcomes) if (mayBeat(outcome)) keys.add(outcome.key)
  }
  const loaded = await setting.cache.load(transaction, {
    ...noReads,
    documents: [...references.values()],
    keys: [...keys],
  })
  const held = new Map<string, StoredDocument>(loaded.documents.map((document) => [documentKey(document), document]))
  const head = headAfter(transaction.head, commits)
  const { estate } = fencingOf(head.fences, setting.members, head.origin, head.frontier, head.chainHashes)
  const owners = [head.origin, ...estate]
  const { remotes, obligations } = gatherDocuments(owners, commits, held, head.frontier)
  const followed = followFacts(remotes, setting.crypto.sha256)
  const built = remotes.filter((remote) => remote.before && (followed.get(remote)?.isForked ?? true))
  const { bytes } = built.length > 0 ? await transaction.load({ ...noReads, bytes: built }) : { bytes: [] }
  const bytesOf = new Map(bytes.map((entry) => [documentKey(entry), entry]))
  const { actor, crypto } = setting
  const results = remotes.map((remote) =>
    buildRemote(remote, followed.get(remote), bytesOf.get(documentKey(remote)), actor, crypto.sha256),
  )
  const outcomes = commits.flatMap(({ commit }) => outcomesOf(commit))
  const { region } = transaction.head
  const claims = results.map(({ write: { kind, id, index } }, place) => {
    return { kind, id, before: remotes[place]?.before?.index, after: index }
  })
  const names = claimedNames(claims)
  const { aliases } = names.length > 0 ? await setting.cache.load(transaction, { ...noReads, aliases: names }) : loaded
  const lost = lostClaims(region, claims, aliases)
  const writes = results.map(({ write }) => write)
  const before = (at: number) => remotes[at]?.before?.state
  const troubles = [
    ...commits.flatMap(({ commit }) => lateSales(region, commit)),
    ...forkedLeases(writes),
    ...lostHomes(region, writes, before),
  ]
  return {
    head,
    commits: commits.map(({ position, sealed, commit }) => ({ position, commit: sealed, touched: touchedBy(commit) })),
    documents: writes,
    conflicts: [
      ...results.flatMap(({ conflicts }) => conflicts),
      ...commits.flatMap(({ commit }) => claimConflicts(commit, setting.crypto.sha256)),
    ],
    stock: [
      ...lastRowsOf(commits.map(({ commit }) => commit)).map((row) => givenBefore?.addTo(row) ?? row),
      ...leaseRows(writes),
    ],
    outcomes,
    newObligations: [...obligations, ...lost, ...troubles, ...lostOutcomes(owners, loaded.outcomes, outcomes)],
    settledObligations: [],
  }
}

/** The heads of documents whose state follows from facts; the others' come out of the documents themselves. */
function followFacts(remotes: readonly RemoteChanges[], sha256: CommitCrypto['sha256']) {
  const followed = new Map<RemoteChanges, FollowedHeads>()
  for (const remote of remotes) {
    const { before, changes, stateFromFacts } = remote
    if (stateFromFacts) followed.set(remote, followHeads(before?.heads ?? [], changes, sha256))
  }
  return followed
}

function headAfter(head: WriteSet['head'], commits: Applied['commits']): WriteSet['head'] {
  let { frontier, time, significant, fences } = head
  const memberClocks = { ...head.memberClocks }
  const chainHashes = { ...head.chainHashes }
  for (const { sealed, commit } of commits) {
    const { origin, lastSequence, hash } = sealed
    time = observe(time, sealed.time)
    chainHashes[origin] = hash
    if (isBranch(origin)) continue
    frontier = advance(frontier, origin, lastSequence)
    fences = withFencesOf(fences, commit)
    const region = regionOf(origin)
    const shown = advance(sealed.clock, origin, lastSequence)
    memberClocks[region] = mergeVectors(memberClocks[region] ?? {}, shown)
    if (commit.events.some(({ type }) => type !== acknowledgement))
      significant = advance(significant, origin, lastSequence)
  }
  const position = head.position + commits.length
  return { ...head, frontier, time, significant, fences, memberClocks, chainHashes, position }
}

export function touchedBy(commit: Commit): readonly string[] {
  return [
    ...[...commit.documents, ...foldsOf(commit)].map(documentKey),
    ...[
      ...commit.stock.map(({ sku }) => sku),
      ...leasedSkus(commit),
      ...reclaimedRows(commit).map(({ sku }) => sku),
    ].map((sku) => `stock/${sku}`),
  ]
}

function outcomesOf(commit: Commit): readonly KnownOutcome[] {
  const { origin, lastSequence: sequence, time } = commit
  return commit.outcomes.map((outcome) => ({ ...outcome, origin, sequence, time }))
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
