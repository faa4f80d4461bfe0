// One flush: many commands, one transaction, one commit (W1, W2, W3, W5). Locks the head, takes the clock, runs the
// commands, seals the commit and writes everything at once; nothing is answered before that is durable.

import type { Head, HeadTransaction, LoadRequest, StockWrite, Store, WriteSet } from '@causeway/db/store'
import { tick } from '@causeway/schema/clock/hybrid-clock'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { advance } from '@causeway/schema/clock/version-vector'
import { sealCommit } from '@causeway/schema/commit/codec'
import type { Commit, CommitCrypto, DocumentChange, SealedCommit } from '@causeway/schema/commit/commit'
import { actorOf } from '@causeway/schema/documents/actor'
import { claimConflicts } from '@causeway/schema/documents/claims/lost-claim'
import { factsBySubject } from '@causeway/schema/documents/whole-changes'
import { withFencesOf } from '@causeway/schema/fence/fence-log'
import type { OwnStockRow, StockCells, StockRow } from '@causeway/schema/stock/row'
import type { Clock } from '../ports.ts'
import { refuseRetired, standingOf } from '../recovery/standing.ts'
import { leaseRows } from '../stock/lease-rows.ts'
import { forkedLeases, lateSales } from '../stock/lease-troubles.ts'
import { buildEdited } from './build-documents.ts'
import type { Drafts } from './drafts.ts'
import { documentKey, type NodeCache } from './node-cache.ts'
import type { ChangedDocuments, Flushed, PendingCommand, Ruling } from './pending.ts'
import { requireKind, Workspace } from './workspace.ts'

export interface FlushSetting {
  readonly store: Store
  readonly cache: NodeCache
  readonly clock: Clock
  readonly crypto: CommitCrypto
  readonly members: readonly RegionId[]
  readonly actor: string
  readonly freshActor: () => string
}

export interface FlushResult {
  readonly rulings: readonly Flushed[]
  /** Null where nothing had to be written. */
  readonly written: {
    readonly commit: Commit
    readonly sealed: SealedCommit
    readonly set: WriteSet
    /** This origin's rows that it changes, as it leaves them. */
    readonly rows: Iterable<StockRow>
  } | null
}

/** What a commit holds of devices' units. */
interface Beside {
  readonly changes?: readonly DocumentChange[]
  readonly conflicts?: WriteSet['conflicts']
}

/** Runs in the node's lane. Throws StoreError where nothing was written. */
export async function flush(setting: FlushSetting, commands: readonly PendingCommand[]): Promise<FlushResult> {
  const { cache, store } = setting
  const reads = readsOf(commands)
  const flushed = await store.transact(async (transaction): Promise<FlushResult> => {
    await cache.catchUp(transaction)
    const { head } = transaction
    refuseRetired(head, setting.members)
    const time = tick(head.time, setting.clock.now())
    const loaded = await cache.load(transaction, reads)
    const standing = standingOf(setting.members, head)
    const workspace = new Workspace(
      { ...standing, time, leaseCheck: setting.crypto, operators: setting.crypto.operators },
      loaded,
      reads.skus,
    )
    const more = [...new Set(commands.flatMap((command) => workspace.missingSkus(command)))]
    if (more.length > 0) workspace.addStock(more, (await cache.load(transaction, { ...noReads, skus: more })).stock)
    const rulings = commands.map((command) => workspace.run(command))
    assertTold(workspace.drafts)
    if (workspace.drafts.events.length === 0 && workspace.drafts.settled.length === 0) {
      return { rulings: unchanged(rulings, head), written: null }
    }
    if (workspace.drafts.events.length === 0) {
      await transaction.write({ ...emptySet(head), settledObligations: workspace.drafts.settled })
      return { rulings: unchanged(rulings, head), written: null }
    }
    return await writeCommit(setting, transaction, workspace, rulings, time)
  }, cache.missing(reads))
  if (flushed.written) {
    const { set } = flushed.written
    cache.advance(set.head.position, set.documents, set.stock)
  }
  return flushed
}

function unchanged(rulings: readonly Ruling[], { frontier }: Pick<Head, 'frontier'>): readonly Flushed[] {
  return rulings.map((ruling) => ({ ...ruling, token: frontier, changed: nothingChanged }))
}

const nothingChanged: ChangedDocuments = new Map()

/** A commit needs an event to carry it: what was decided without one would be answered and lost. */
function assertTold({ events, edited, stock, reclaimed, outcomes, obligations }: Drafts): void {
  const decided = edited.size + stock.size + reclaimed.size + outcomes.length + obligations.length
  if (events.length === 0 && decided > 0) throw new Error('commands have decided something of which no event tells')
}

/** `folds`: documents that the commit folds or that units change, besides what its commands have decided. */
export async function writeCommit(
  setting: FlushSetting,
  transaction: HeadTransaction,
  workspace: Workspace,
  rulings: readonly Ruling[],
  time: Commit['time'],
  folds: Pick<WriteSet, 'documents' | 'newObligations'> & Beside = { documents: [], newObligations: [] },
): Promise<FlushResult> {
  const { head } = transaction
  const { drafts } = workspace
  const existing = [...drafts.edited.values()].flatMap(({ before }) =>
    before && !requireKind(before.kind).factsOnly ? [before] : [],
  )
  const { bytes } = existing.length > 0 ? await transaction.load({ ...noReads, bytes: existing }) : { bytes: [] }
  const { sha256 } = setting.crypto
  const mine = (fresh: string) => actorOf(head.origin, fresh, sha256)
  const actors = { actor: mine(setting.actor), freshActor: () => mine(setting.freshActor()) }
  const build = { time, region: head.region, ...actors, sha256 }
  const { changes, writes } = buildEdited(build, drafts.edited, workspace.documents(), bytes, factsBySubject(drafts))
  const lastSequence = head.sequence + drafts.events.length
  const stock = [...drafts.stock.values()].map(({ sku, location, cells }) => ({ sku, location, cells }))
  const commit: Commit = {
    origin: head.origin,
    firstSequence: head.sequence + 1,
    lastSequence,
    clock: head.frontier,
    time,
    events: drafts.events,
    documents: [...changes, ...(folds.changes ?? [])],
    stock,
    outcomes: drafts.outcomes,
  }
  const sealed = sealCommit(commit, head.hash, head.chainHashes, setting.crypto)
  const position = head.position + 1
  const frontier = advance(head.frontier, head.origin, lastSequence)
  const leases = leaseRows(writes)
  const rows = [...stock, ...leases, ...drafts.reclaimed.values()]
  const touched = [...[...writes, ...folds.documents].map(documentKey), ...rows.map(({ sku }) => `stock/${sku}`)]
  const set: WriteSet = {
    head: {
      ...head,
      sequence: lastSequence,
      hash: sealed.hash,
      time,
      frontier,
      position,
      memberClocks: { ...head.memberClocks, [head.region]: frontier },
      chainHashes: { ...head.chainHashes, [head.origin]: sealed.hash },
      fences: withFencesOf(head.fences, commit),
    },
    commits: [{ position, commit: sealed, touched }],
    documents: [...writes, ...folds.documents],
    // A change made here has seen all that stands here; a device's unit need not have, and claims are told by events.
    conflicts: [...(folds.conflicts ?? []), ...claimConflicts(commit, sha256)],
    stock: [
      ...drafts.reclaimed.values(),
      ...stock.map((row) => ownWrite(head.origin, row, drafts.givenBefore.get(row.sku))),
      ...leases,
    ],
    // Each outcome stands at the end of its commit: that is the place whose stability makes it final.
    outcomes: drafts.outcomes.map((outcome) => ({ ...outcome, origin: head.origin, sequence: lastSequence, time })),
    newObligations: [
      ...folds.newObligations,
      ...lateSales(head.region, commit),
      ...forkedLeases(writes),
      ...drafts.obligations.map((obligation) => ({
        ...obligation,
        waitsFor: obligation.waitsFor && { origin: head.origin, sequence: lastSequence },
      })),
    ],
    settledObligations: drafts.settled,
  }
  await transaction.write(set)
  const changed = new Map(writes.map((write) => [documentKey(write), write]))
  const settle = (ruling: Ruling): Flushed => ({ ...ruling, token: frontier, changed })
  return { rulings: rulings.map(settle), written: { commit, sealed, set, rows: drafts.stock.values() } }
}

function ownWrite(holder: Origin, row: OwnStockRow, givenBefore: StockCells['given'] | undefined): StockWrite {
  return givenBefore === undefined ? { ...row, holder } : { ...row, holder, givenBefore }
}

export const noReads: LoadRequest = { documents: [], ids: [], aliases: [], skus: [], keys: [], bytes: [] }

export function emptySet(head: WriteSet['head']): WriteSet {
  return {
    head,
    commits: [],
    documents: [],
    conflicts: [],
    stock: [],
    outcomes: [],
    newObligations: [],
    settledObligations: [],
  }
}

/** The union of what the commands read; their own keys included. */
function readsOf(commands: readonly PendingCommand[]): LoadRequest {
  const documents = new Map<string, { kind: string; id: string }>()
  const ids = new Set<string>()
  const aliases = new Set<string>()
  const skus = new Set<string>()
  const keys = new Set<string>()
  for (const { definition, input, key, naturalKey } of commands) {
    const reads = definition.reads(input)
    for (const reference of reads.documents) documents.set(documentKey(reference), reference)
    for (const id of reads.ids) ids.add(id)
    for (const alias of reads.aliases) aliases.add(alias)
    for (const sku of reads.skus) skus.add(sku)
    for (const name of reads.keys) keys.add(name)
    if (key !== null) keys.add(key)
    if (naturalKey !== null) keys.add(naturalKey)
  }
  const lists = { ids: [...ids], aliases: [...aliases], skus: [...skus], keys: [...keys] }
  return { ...noReads, documents: [...documents.values()], ...lists }
}
