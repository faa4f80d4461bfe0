// Folds documents of this region (C11): one commit that tells the heads of each, and the documents as they are after it. And
// what remains to be done once such a commit is stable. One transaction each, under the head's lock.

import type { Foldable } from '@causeway/db/history'
import type { DocumentWrite, Obligation, Store } from '@causeway/db/store'
import { tick } from '@causeway/schema/clock/hybrid-clock'
import type { PlacementClass } from '@causeway/schema/commit/commit'
import { type Fold, folding, settledMarks } from '@causeway/schema/documents/folding/mark'
import { buildFold } from '../committer/build-documents.ts'
import { emptySet, type FlushResult, type FlushSetting, noReads, writeCommit } from '../committer/flush.ts'
import { documentKey } from '../committer/node-cache.ts'
import { foldObligation } from '../committer/remote-documents.ts'
import { requireKind, Workspace } from '../committer/workspace.ts'
import { refuseRetired, standingOf } from '../recovery/standing.ts'

/** Leaves out documents that have changed since they were found, or whose last fold is not done with. */
export async function foldDocuments(setting: FlushSetting, found: readonly Foldable[]): Promise<FlushResult> {
  const { store, cache, members, actor, crypto } = setting
  const flushed = await store.transact(async (transaction): Promise<FlushResult> => {
    await cache.catchUp(transaction)
    const { head } = transaction
    const time = tick(head.time, setting.clock.now())
    const loaded = await transaction.load({ ...noReads, documents: found, bytes: found })
    const bytesOf = new Map(loaded.bytes.map((bytes) => [documentKey(bytes), bytes]))
    const headsOf = new Map(found.map((document) => [documentKey(document), document.heads.join()]))
    refuseRetired(head, members)
    const standing = { ...standingOf(members, head), time, leaseCheck: crypto, operators: crypto.operators }
    const workspace = new Workspace(standing, await transaction.load(noReads), [])
    const { events } = workspace.drafts
    const documents: DocumentWrite[] = []
    const folds: Fold[] = []
    for (const document of loaded.documents) {
      const { kind, id, heads } = document
      const bytes = bytesOf.get(documentKey(document))
      if (!bytes || bytes.superseded !== null || headsOf.get(documentKey(document)) !== heads.join()) continue
      const { origin } = head
      const fold: Fold = { kind, id, origin, sequence: head.sequence + events.length + 1, time, heads }
      const placement: PlacementClass = requireKind(kind).home ? `home:${head.region}` : 'everywhere'
      events.push({ type: folding, entityId: id, data: { kind, heads: [...heads] }, placement })
      documents.push(buildFold(document, bytes, fold, head.frontier, actor, crypto.sha256))
      folds.push(fold)
    }
    if (events.length === 0) return { rulings: [], written: null }
    const newObligations = folds.map((fold) => foldObligation(fold, head.sequence + events.length))
    return await writeCommit(setting, transaction, workspace, [], time, { documents, newObligations })
  })
  if (flushed.written) {
    const { set } = flushed.written
    cache.advance(set.head.position, set.documents, set.stock)
  }
  return flushed
}

/** The old bytes of a document go, once the fold that took their place is stable. */
export async function settleFold(store: Store, { id: key, item, number }: Obligation): Promise<boolean> {
  const slash = key.indexOf('/')
  const reference = { kind: key.slice(0, slash), id: key.slice(slash + 1) }
  await store.transact(async (transaction) => {
    const { documents, bytes } = await transaction.load({ ...noReads, documents: [reference], bytes: [reference] })
    const [document, stored] = [documents[0], bytes[0]]
    const last = stored?.marks.at(-1)
    const isLast = last !== undefined && `${last.origin}:${last.sequence}` === item
    const set = { ...emptySet(transaction.head), settledObligations: [number] }
    if (!document || !stored || !isLast) return transaction.write(set)
    const fold = { marks: settledMarks(stored.marks), superseded: null }
    const write: DocumentWrite = { ...document, expectedHeads: document.heads, newChanges: [], fold }
    return transaction.write({ ...set, documents: [write] })
  })
  return true
}
