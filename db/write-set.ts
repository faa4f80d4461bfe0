// What must hold of every write set, whichever store takes it, and how one is brought into the form that a set-based
// write needs: each row once. A breach is a fault of the caller, not of the world, so it throws a plain Error.

import { advance, sequenceOf } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import { innerMap } from '@causeway/schema/inner-map'
import type { StockCells } from '@causeway/schema/stock/row'
import type { RepairSet } from './integrity.ts'
import type { DocumentWrite, Head, LoadRequest, SeenObligations, StockWrite, WriteSet } from './store.ts'

export const emptyRequest: LoadRequest = Object.freeze({
  documents: Object.freeze([]),
  ids: Object.freeze([]),
  aliases: Object.freeze([]),
  skus: Object.freeze([]),
  keys: Object.freeze([]),
  bytes: Object.freeze([]),
})

export const noneSeen: SeenObligations = Object.freeze({ stable: {}, number: 0, page: 0 })

/** `kind/id`; a kind holds no slash. */
export function documentKey(ref: { readonly kind: string; readonly id: string }): string {
  return `${ref.kind}/${ref.id}`
}

/** Throws where positions or sequences would have a hole or an overlap (W1, C2), or a document comes twice. */
export function checkWriteSet(before: Head, set: WriteSet): void {
  let position = before.position
  let frontier = before.frontier
  for (const { commit, position: claimed } of set.commits) {
    position += 1
    if (claimed !== position) throw new Error(`commit at position ${claimed}, expected ${position}`)
    if (isBranch(commit.origin)) continue
    const expected = sequenceOf(frontier, commit.origin) + 1
    if (commit.firstSequence !== expected || commit.lastSequence < expected) {
      const range = `${commit.firstSequence}..${commit.lastSequence}`
      throw new Error(`commit ${commit.origin}:${range} does not follow ${expected - 1}`)
    }
    frontier = advance(frontier, commit.origin, commit.lastSequence)
  }
  if (set.head.position !== position) throw new Error(`head at position ${set.head.position}, expected ${position}`)
  if (set.head.origin !== before.origin || set.head.region !== before.region)
    throw new Error('a write changes no origin')
  const seen = new Set<string>()
  for (const document of set.documents) {
    const key = documentKey(document)
    if (seen.has(key)) throw new Error(`document ${key} twice in one write`)
    seen.add(key)
  }
}

/** A document that is to be put right, as one that is written anew. */
export function asNewDocument(repaired: RepairSet['documents'][number]): DocumentWrite {
  const { kind, id, heads, state, index, snapshot, changes, marks, superseded } = repaired
  const write = { kind, id, heads, state, index, expectedHeads: [], newChanges: changes }
  const fold = marks.length > 0 ? { fold: { marks, superseded } } : {}
  return snapshot === null ? { ...write, ...fold } : { ...write, ...fold, snapshot }
}

/** Cell by cell the maximum. */
export function mergeCells(left: StockCells, right: StockCells): StockCells {
  const given: Record<string, number> = { ...left.given }
  for (const holder in right.given) given[holder] = Math.max(given[holder] ?? 0, right.given[holder] ?? 0)
  return {
    received: Math.max(left.received, right.received),
    returned: Math.max(left.returned, right.returned),
    sold: Math.max(left.sold, right.sold),
    released: Math.max(left.released, right.released),
    shipped: Math.max(left.shipped, right.shipped),
    writtenOff: Math.max(left.writtenOff, right.writtenOff),
    given,
  }
}

function merged(one: StockWrite, other: StockWrite): StockWrite {
  const write = { ...other, cells: mergeCells(one.cells, other.cells) }
  return one.mayOwe === true ? { ...write, mayOwe: true } : write
}

/** Each row once, its writes merged by maximum. */
export function distinctStock(writes: readonly StockWrite[]): readonly StockWrite[] {
  // By location and holder first, of which there are few: one joined name for each row would cost as much as the rest.
  const groups = new Map<string, Map<string, Map<string, StockWrite>>>()
  let count = 0
  for (const write of writes) {
    const group = innerMap(innerMap(groups, write.location), write.holder)
    const other = group.get(write.sku)
    if (other === undefined) count += 1
    group.set(write.sku, other === undefined ? write : merged(other, write))
  }
  if (count === writes.length) return writes
  return [...groups.values()].flatMap((byHolder) => [...byHolder.values()].flatMap((bySku) => [...bySku.values()]))
}

/** Of outcomes of one key and origin the later stands. */
export function distinctOutcomes(outcomes: readonly KnownOutcome[]): readonly KnownOutcome[] {
  const latest = new Map<string, KnownOutcome>()
  for (const outcome of outcomes) {
    const key = `${outcome.origin} ${outcome.key}`
    const other = latest.get(key)
    if (other === undefined || other.sequence <= outcome.sequence) latest.set(key, outcome)
  }
  return latest.size === outcomes.length ? outcomes : [...latest.values()]
}

/** One string per row, unique: no part holds a control character. */
export function stockKey(row: { readonly sku: string; readonly location: string; readonly holder: string }): string {
  return `${row.sku}\u0000${row.location}\u0000${row.holder}`
}
