// Puts documents and stock rows right that no longer are what the signed log says (C9, S1). The log is read ahead, and to
// its end under the lock of the head row, so that nothing moves between the evidence and the repair. A row that turns out
// to be as the log says is left alone. Where the beginning of the log is no longer kept, a document is still held against
// its own changes, whose hashes are its heads, and a SKU against what each holder has written of it since; for anything else
// there is no evidence, and nothing is guessed.

import type { RepairSet } from '@causeway/db/integrity'
import type { DocumentBytes, Head, Loaded, Store, StoredDocument } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { closeDocument, headsOf, openDocument, readState } from '@causeway/schema/documents/automerge'
import { followHeads } from '@causeway/schema/documents/change-bytes'
import { type ConflictPair, comparePairs } from '@causeway/schema/documents/conflicts/conflict'
import type { DocumentRef } from '@causeway/schema/documents/document'
import { settledMarks } from '@causeway/schema/documents/folding/mark'
import { emptyCells, type StockRow } from '@causeway/schema/stock/row'
import { indexOf } from '../committer/build-documents.ts'
import { noReads } from '../committer/flush.ts'
import { canonical } from '../committer/keys.ts'
import { documentKey } from '../committer/node-cache.ts'
import { requireKind } from '../committer/workspace.ts'
import { stableVector } from '../settlement/stability.ts'
import type { Pace } from './pace.ts'
import { openLog, readLog } from './read-log.ts'
import { nothingToRepair, Rebuild, type RebuiltDocument, type Wanted } from './rebuild.ts'

/** Of one document, looked at in one round: some hundred paths, full. */
const maximumPairs = 10_000

export interface MendRowsSetting {
  readonly store: Store
  readonly crypto: CommitCrypto
  readonly members: readonly RegionId[]
  readonly pace: Pace
  /** Hex; writes nothing. */
  readonly actor: string
}

/** Subjects are named as commits name what they touch: `kind/id`, `stock/sku`; and `conflicts/kind/id`. */
export interface MendedRows {
  readonly repaired: readonly string[]
  /** Found to be as the log says. */
  readonly sound: readonly string[]
  /** Of these there is no evidence any more. */
  readonly unknown: readonly string[]
  /** The log itself has to be put right first: nothing was looked at. */
  readonly isLogBroken: boolean
}

export async function mendRows(setting: MendRowsSetting, wanted: Wanted): Promise<MendedRows> {
  const { store, crypto, pace } = setting
  const rebuild = new Rebuild(wanted, crypto)
  const check = await openLog(store, crypto)
  const isWhole = check.position === 0
  const { position } = await store.head()
  await readLog(store, check, position, pace, (commit) => rebuild.take(commit))
  return await store.transact(async (transaction): Promise<MendedRows> => {
    const { head } = transaction
    await readLog(store, check, head.position, { pause: async () => {} }, (commit) => rebuild.take(commit))
    check.end(head.position, head.frontier)
    if (check.flaws.length > 0 || check.holes.length > 0) {
      return { repaired: [], sound: [], unknown: [], isLogBroken: true }
    }
    const references = [...wanted.documents].map(toReference)
    const request = { ...noReads, documents: references, bytes: references, skus: [...wanted.skus] }
    const loaded = await transaction.load(request)
    const misfiled = new Set((await transaction.misfiled(references)).map(documentKey))
    const documents = isWhole
      ? compareDocuments(setting, references, loaded, rebuiltDocuments(setting, head, rebuild), misfiled)
      : compareBytes(setting, references, loaded, misfiled)
    const stock = compareStock([...wanted.skus], loaded.stock, rebuild, isWhole)
    const conflicts = await compareConflicts(setting, wanted, rebuild, isWhole)
    const found = [documents, stock, conflicts]
    const repaired = found.flatMap(({ names }) => names)
    const set = { ...nothingToRepair, ...documents.set, ...stock.set, ...conflicts.set }
    if (repaired.length > 0) await transaction.repair(set)
    const unknown = found.flatMap((comparison) => comparison.unknown)
    const all = [
      ...references.map(documentKey),
      ...[...wanted.skus].map((sku) => `stock/${sku}`),
      ...[...wanted.conflicts].map(conflictsOf),
    ]
    const sound = all.filter((name) => !repaired.includes(name) && !unknown.includes(name))
    return { repaired, sound, unknown, isLogBroken: false }
  })
}

function rebuiltDocuments(
  { members, actor }: MendRowsSetting,
  head: Head,
  rebuild: Rebuild,
): readonly RebuiltDocument[] {
  const stable = stableVector(head, members)
  const isStable: IsStable = ({ origin, sequence }) => sequenceOf(stable, origin) >= sequence
  return rebuild.documents(actor).map((document) => withoutSuperseded(document, isStable))
}

type IsStable = (mark: RebuiltDocument['marks'][number]) => boolean

/** What a document was before a fold is kept only until that is stable. */
function withoutSuperseded(document: RebuiltDocument, isStable: IsStable): RebuiltDocument {
  const last = document.marks.at(-1)
  const { marks } = document
  return last !== undefined && isStable(last) ? { ...document, superseded: null, marks: settledMarks(marks) } : document
}

function toReference(key: string) {
  const slash = key.indexOf('/')
  return { kind: key.slice(0, slash), id: key.slice(slash + 1) }
}

interface Comparison {
  readonly names: readonly string[]
  readonly unknown: readonly string[]
  readonly set: Partial<RepairSet>
}

function compareDocuments(
  { crypto }: MendRowsSetting,
  references: readonly { readonly kind: string; readonly id: string }[],
  loaded: Pick<Loaded, 'documents' | 'bytes'>,
  rebuilt: readonly RebuiltDocument[],
  misfiled: ReadonlySet<string>,
): Comparison {
  const stored = new Map(loaded.documents.map((document) => [documentKey(document), document]))
  const bytes = new Map(loaded.bytes.map((document) => [documentKey(document), document]))
  const known = new Map(rebuilt.map((document) => [documentKey(document), document]))
  const names: string[] = []
  const documents: RebuiltDocument[] = []
  const removedDocuments: { readonly kind: string; readonly id: string }[] = []
  for (const reference of references) {
    const key = documentKey(reference)
    const [before, after] = [stored.get(key), known.get(key)]
    if (after === undefined) {
      if (before === undefined) continue
      names.push(documentKey(reference))
      removedDocuments.push(reference)
      continue
    }
    const isSame = before !== undefined && contentOf(before) === contentOf(after) && !misfiled.has(key)
    const written = bytes.get(key)
    if (isSame && written && headsOfBytes(written, crypto)?.join() === after.heads.join()) continue
    names.push(documentKey(reference))
    documents.push(after)
  }
  return { names, unknown: [], set: { documents, removedDocuments } }
}

function contentOf({ heads, state, index }: StoredDocument): string {
  return canonical([heads, state, index])
}

/**
 * Of a log without its beginning a SKU's rows are known where each holder has written of it since: commits carry whole rows.
 */
function compareStock(
  skus: readonly string[],
  stored: readonly StockRow[],
  rebuild: Rebuild,
  isWhole: boolean,
): Comparison {
  const rebuilt = rebuild.stock()
  const isTold = (row: StockRow) => rebuild.tells(row) || canonical(row.cells) === canonical(emptyCells)
  const unknown = skus.filter((sku) => {
    const rows = stored.filter((row) => row.sku === sku)
    return !isWhole && !(rows.length > 0 && rows.every(isTold))
  })
  const isOpen = ({ sku }: StockRow) => !unknown.includes(sku)
  const keyOf = (row: RepairSet['removedStock'][number]) => `${row.sku} ${row.location} ${row.holder}`
  const known = new Map(rebuilt.map((row) => [keyOf(row), row]))
  const before = new Map(stored.map((row) => [keyOf(row), row]))
  const removedStock = stored.filter((row) => isOpen(row) && !known.has(keyOf(row)))
  const stock = rebuilt.filter((row) => {
    const other = before.get(keyOf(row))
    const isSame = other && canonical([other.cells, other.givenIn]) === canonical([row.cells, row.givenIn])
    return isOpen(row) && !isSame
  })
  const names = new Set([...stock, ...removedStock].map(({ sku }) => `stock/${sku}`))
  return { names: [...names], unknown: unknown.map((sku) => `stock/${sku}`), set: { stock, removedStock } }
}

const conflictsOf = (key: string) => `conflicts/${key}`

/** Read beside the transaction: while it holds the head's lock, nobody writes. Without the whole log pairs are missing from it. */
async function compareConflicts(
  { store, actor }: MendRowsSetting,
  { conflicts: wanted }: Wanted,
  rebuild: Rebuild,
  isWhole: boolean,
): Promise<Comparison> {
  if (!isWhole) return { names: [], unknown: [...wanted].map(conflictsOf), set: {} }
  const rebuilt = rebuild.conflicts(actor)
  const documents: DocumentRef[] = []
  const unknown: string[] = []
  for (const key of wanted) {
    const { id, kind } = toReference(key)
    const stored = await store.conflicts.newest({ document: id, after: null, limit: maximumPairs })
    if (stored.length === maximumPairs) unknown.push(conflictsOf(key))
    else if (logOf(stored, kind, id) !== logOf(rebuilt, kind, id)) documents.push({ kind, id })
  }
  const conflicts = rebuilt.filter(({ kind, document }) =>
    documents.some((other) => other.kind === kind && other.id === document),
  )
  const names = documents.map((document) => conflictsOf(documentKey(document)))
  return { names, unknown, set: { conflicts, conflictsOf: documents } }
}

function logOf(pairs: readonly ConflictPair[], kind: string, id: string): string {
  const own = pairs.filter((pair) => pair.kind === kind && pair.document === id)
  return canonical([...own].sort(comparePairs))
}

/** The heads that a document's stored bytes lead to; null where the bytes cannot be read. */
export function headsOfBytes(stored: DocumentBytes, crypto: Pick<CommitCrypto, 'sha256'>): readonly string[] | null {
  try {
    if (stored.snapshot === null) return followHeads([], stored.changes, crypto.sha256).heads
    const handle = openDocument(requireKind(stored.kind), stored, '00'.repeat(16))
    try {
      return headsOf(handle)
    } finally {
      closeDocument(handle)
    }
  } catch {
    return null
  }
}

/** Without the beginning of the log: what a document shows, held against the changes that its heads name. */
function compareBytes(
  { crypto, actor }: MendRowsSetting,
  references: readonly { readonly kind: string; readonly id: string }[],
  loaded: Pick<Loaded, 'documents' | 'bytes'>,
  misfiled: ReadonlySet<string>,
): Comparison {
  const bytesOf = new Map(loaded.bytes.map((bytes) => [documentKey(bytes), bytes]))
  const documents = loaded.documents.flatMap((document): RebuiltDocument[] => {
    const bytes = bytesOf.get(documentKey(document))
    if (!bytes || headsOfBytes(bytes, crypto)?.join() !== document.heads.join()) return []
    const shown = showBytes(document, bytes, actor)
    const isSame = contentOf(shown) === contentOf(document) && !misfiled.has(documentKey(document))
    return isSame ? [] : [{ ...bytes, ...shown }]
  })
  const names = documents.map(documentKey)
  return { names, unknown: references.map(documentKey).filter((name) => !names.includes(name)), set: { documents } }
}

function showBytes({ kind: name, id, heads }: StoredDocument, bytes: DocumentBytes, actor: string): StoredDocument {
  const kind = requireKind(name)
  const handle = openDocument(kind, bytes, actor)
  try {
    const state = readState(handle)
    return { kind: name, id, heads, state, index: indexOf(kind, id, state) }
  } finally {
    closeDocument(handle)
  }
}
