// What the memory store finds: the same answers, in the same order, as the Postgres store's queries. Reads only.

import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { Alias, DocumentRef } from '@causeway/schema/documents/document'
import type { StockRow } from '@causeway/schema/stock/row'
import { assertPlace, assertPosition, assertVector, laterPlace } from '../log-floor.ts'
import { comparePlaces, compareText, decodeKey, encodeKey } from '../order.ts'
import type {
  DocumentQuery,
  FoundDocument,
  Loaded,
  LoadRequest,
  LogPlace,
  Obligation,
  SeenObligations,
  StoredCommit,
  StoredDocument,
} from '../store.ts'
import { documentKey, noneSeen } from '../write-set.ts'
import type { DocumentEntry, MemoryDatabase } from './database.ts'
import { archivedThrough } from './history.ts'
import { rankText } from './search.ts'

export const compareRefs = (left: DocumentRef, right: DocumentRef) =>
  compareText(left.kind, right.kind) || compareText(left.id, right.id)

export const compareRows = (left: StockRow, right: StockRow) =>
  compareText(left.sku, right.sku) ||
  compareText(left.location, right.location) ||
  compareText(left.holder, right.holder)

function entriesOf(database: MemoryDatabase, refs: readonly DocumentRef[]): readonly DocumentEntry[] {
  const keys = new Set(refs.map(documentKey))
  return [...keys]
    .flatMap((key) => database.documents.get(key) ?? [])
    .sort((left, right) => compareRefs(left.document, right.document))
}

/** Of two claims to one name the earliest stands, then the lower region, then the lower document. */
function standing(claims: ReadonlyMap<string, Alias>): string | undefined {
  const sorted = [...claims].sort(
    ([leftKey, left], [rightKey, right]) =>
      compareTimes(left.time, right.time) || compareText(left.region, right.region) || compareText(leftKey, rightKey),
  )
  return sorted[0]?.[0]
}

export function loadFrom(database: MemoryDatabase, request: LoadRequest): Loaded {
  const aliases = [...new Set(request.aliases)].sort(compareText).flatMap((alias) => {
    const key = standing(database.aliases.get(alias) ?? new Map())
    const entry = key === undefined ? undefined : database.documents.get(key)
    return entry === undefined ? [] : [{ alias, document: entry.document }]
  })
  return {
    documents: entriesOf(database, request.documents).map(({ document }) => document),
    ids: [...new Set(request.ids)]
      .flatMap((id) => [...(database.kindsById.get(id) ?? [])].map((kind) => ({ kind, id })))
      .sort(compareRefs),
    aliases,
    stock: [...new Set(request.skus)]
      .flatMap((sku) => [...(database.stockBySku.get(sku) ?? [])])
      .flatMap((key) => database.stock.get(key) ?? [])
      .sort(compareRows),
    outcomes: [...new Set(request.keys)]
      .flatMap((key) => [...(database.outcomes.get(key)?.values() ?? [])])
      .sort((left, right) => compareText(left.key, right.key) || compareText(left.origin, right.origin)),
    bytes: entriesOf(database, request.bytes).map(({ document, snapshot, changes, marks, superseded }) => ({
      kind: document.kind,
      id: document.id,
      snapshot,
      changes,
      marks,
      superseded,
    })),
  }
}

function matching(
  database: MemoryDatabase,
  query: Omit<DocumentQuery, 'first' | 'after' | 'descending'>,
): readonly FoundDocument[] {
  const found: FoundDocument[] = []
  for (const { document } of database.documents.values()) {
    const { owner, status, tags, searchText } = document.index
    if (document.kind !== query.kind) continue
    if (query.owner !== undefined && owner !== query.owner) continue
    if (query.status !== undefined && status !== query.status) continue
    if (query.tag !== undefined && !tags.includes(query.tag)) continue
    const rank = query.search === undefined ? 0 : rankText(searchText, query.search)
    if (rank !== null) found.push({ document, rank })
  }
  return found
}

export function findIn(database: MemoryDatabase, query: DocumentQuery): readonly FoundDocument[] {
  type Place = { readonly sortKey: string; readonly id: string; readonly rank: number }
  const placeOf = ({ document, rank }: FoundDocument): Place => ({
    sortKey: document.index.sortKey,
    id: document.id,
    rank,
  })
  const byKey = (left: Place, right: Place) =>
    compareText(left.sortKey, right.sortKey) || compareText(left.id, right.id)
  const byRank = (left: Place, right: Place) => right.rank - left.rank || compareText(left.id, right.id)
  const order =
    query.search !== undefined ? byRank : query.descending ? (left: Place, right: Place) => byKey(right, left) : byKey
  const { after } = query
  return matching(database, query)
    .filter((found) => after === undefined || order(placeOf(found), after) > 0)
    .sort((left, right) => order(placeOf(left), placeOf(right)))
    .slice(0, query.first)
}

export function countIn(
  database: MemoryDatabase,
  query: Omit<DocumentQuery, 'first' | 'after' | 'descending'>,
): number {
  return matching(database, query).length
}

function page<Row>(rows: readonly Row[], limit: number, keyOf: (row: Row) => readonly string[]) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > limit && last !== undefined ? encodeKey(keyOf(last)) : null }
}

export function scanStockIn(database: MemoryDatabase, after: string | null, limit: number) {
  const [sku = '', location = '', holder = ''] = after === null ? [] : decodeKey(after, 3)
  const start = { sku, location, holder }
  const isLater = (row: StockRow) =>
    after === null ||
    (compareText(row.sku, start.sku) ||
      compareText(row.location, start.location) ||
      compareText(row.holder, start.holder)) > 0
  const rows = [...database.stock.values()].filter(isLater).sort(compareRows)
  return page(rows, limit, (row) => [row.sku, row.location, row.holder])
}

export function scanDocumentsIn(database: MemoryDatabase, after: string | null, limit: number, only?: string) {
  const [kind = '', id = ''] = after === null ? [] : decodeKey(after, 2)
  const rows = [...database.documents.values()]
    .map(({ document }) => document)
    .filter((document) => compareRefs(document, { kind, id }) > 0 && (only === undefined || document.kind === only))
    .sort(compareRefs)
  return page<StoredDocument>(rows, limit, (document) => [document.kind, document.id])
}

function upToBytes(commits: Iterable<StoredCommit>, limitBytes: number): readonly StoredCommit[] {
  const taken: StoredCommit[] = []
  let bytes = 0
  for (const stored of commits) {
    bytes += stored.commit.bytes.length
    if (taken.length > 0 && bytes > limitBytes) break
    taken.push(stored)
  }
  return taken
}

export function commitsAfterPositionIn(database: MemoryDatabase, after: number, limitBytes: number) {
  assertPosition(database.floor, after)
  return upToBytes(database.commits.slice(after - database.floor.position), limitBytes)
}

export function commitsAfterVectorIn(
  database: MemoryDatabase,
  vector: VersionVector,
  fromPosition: number,
  limitBytes: number,
) {
  const { floor } = database
  if (fromPosition <= archivedThrough(database)) assertVector(floor, vector)
  const rest = database.commits.slice(Math.max(0, fromPosition - 1 - floor.position))
  return upToBytes(
    rest.filter(({ commit }) => !isBranch(commit.origin) && commit.lastSequence > sequenceOf(vector, commit.origin)),
    limitBytes,
  )
}

export function commitsInOrderIn(
  database: MemoryDatabase,
  after: LogPlace | null,
  limit: number,
): readonly SealedCommit[] {
  assertPlace(database.floor, after)
  const start = laterPlace(after, database.floor.place)
  const list = database.ordered
  const from = start === null ? 0 : placesUpTo(list, start)
  return list.slice(from, from + limit).map(({ commit }) => commit)
}

/** How many of the commits in order stand at a place or before it. */
function placesUpTo(ordered: readonly StoredCommit[], place: LogPlace): number {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >> 1
    const stored = ordered[middle]
    if (stored !== undefined && comparePlaces(stored.commit, place) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

export function sequenceAtIn(database: MemoryDatabase, place: LogPlace): number | null {
  const found = database.ordered[placesUpTo(database.ordered, place) - 1]
  const isAtHand = found !== undefined && found.position > archivedThrough(database)
  return isAtHand && comparePlaces(found.commit, place) === 0 ? found.commit.lastSequence : null
}

/** In the order in which they were made. */
export function dueIn(
  database: MemoryDatabase,
  stable: VersionVector,
  limit: number,
  seen: SeenObligations = noneSeen,
): readonly Obligation[] {
  const due: Obligation[] = []
  for (const obligation of database.obligations.values()) {
    if (due.length >= limit) break
    const { waitsFor, number } = obligation
    if (number <= seen.page) continue
    const isDue = waitsFor === null || sequenceOf(stable, waitsFor.origin) >= waitsFor.sequence
    const isNew =
      waitsFor === null ? number > seen.number : sequenceOf(seen.stable, waitsFor.origin) < waitsFor.sequence
    if (isDue && isNew) due.push(obligation)
  }
  return due
}
