// The tables that regions compare, as rows with a key and a digest, in the order of their keys. Keys are the parts of the
// table's own key, joined by a space, which sorts before everything that ids hold. What other regions may not hold (home
// documents) is left out.

import { encodeKey } from '@causeway/db/order'
import type { Store, StoredDocument } from '@causeway/db/store'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { type ConflictPair, placeOf } from '@causeway/schema/documents/conflicts/conflict'
import { kindOf } from '@causeway/schema/documents/registry'
import type { StockRow } from '@causeway/schema/stock/row'
import { canonical } from '../committer/keys.ts'
import { digestBytes, isBefore, type KeyRange } from './range-tree.ts'

export const tableNames = ['documents', 'stock', 'conflicts'] as const
export type TableName = (typeof tableNames)[number]

export interface TableRow {
  readonly key: string
  readonly digest: Uint8Array
}

export interface Table {
  /** Where a page begins that follows the row of this key. */
  after(key: string): string
  page(
    after: string | null,
    limit: number,
  ): Promise<{ readonly rows: readonly TableRow[]; readonly next: string | null }>
}

type Sha256 = CommitCrypto['sha256']

const encoder = new TextEncoder()

function rowOf(sha256: Sha256, key: string, content: unknown): TableRow {
  return { key, digest: sha256(encoder.encode(`${key}\n${canonical(content)}`)).subarray(0, digestBytes) }
}

export function documentRow(sha256: Sha256, { kind, id, heads, state, index }: StoredDocument): TableRow {
  return rowOf(sha256, `${kind} ${id}`, [heads, state, index])
}

export function stockRow(sha256: Sha256, { sku, location, holder, cells, givenIn }: StockRow): TableRow {
  return rowOf(sha256, `${sku} ${location} ${holder}`, [cells, givenIn])
}

export function conflictRow(sha256: Sha256, pair: ConflictPair): TableRow {
  return rowOf(sha256, `${placeOf(pair)} ${pair.kind} ${pair.document}`, pair)
}

function placeOfParts(key: string): string {
  return encodeKey(key.split(' '))
}

export function openTables(
  store: Pick<Store, 'scanDocuments' | 'scanStock' | 'conflicts'>,
  sha256: Sha256,
): Readonly<Record<TableName, Table>> {
  return {
    documents: {
      after: placeOfParts,
      async page(after, limit) {
        const { rows, next } = await store.scanDocuments(after, limit)
        const shared = rows.filter(({ kind }) => !kindOf(kind)?.home)
        return { rows: shared.map((row) => documentRow(sha256, row)), next }
      },
    },
    stock: {
      after: placeOfParts,
      async page(after, limit) {
        const { rows, next } = await store.scanStock(after, limit)
        return { rows: rows.map((row) => stockRow(sha256, row)), next }
      },
    },
    conflicts: {
      // A place is of fixed width and without a space, and what follows it in a key does not count for the order.
      after: (key) => key.split(' ')[0] ?? '',
      async page(after, limit) {
        const { rows, next } = await store.conflicts.scan(after, limit)
        const shared = rows.filter(({ kind }) => !kindOf(kind)?.home)
        return { rows: shared.map((row) => conflictRow(sha256, row)), next }
      },
    },
  }
}

/** At most `limit` rows of a range, from its beginning. */
export async function readRange(table: Table, { after, until }: KeyRange, limit: number): Promise<readonly TableRow[]> {
  const found: TableRow[] = []
  let place = after === null ? null : table.after(after)
  do {
    const { rows, next } = await table.page(place, limit)
    for (const row of rows) {
      if (isBefore(until, row.key) || found.length === limit) return found
      found.push(row)
    }
    place = next
  } while (place !== null)
  return found
}
