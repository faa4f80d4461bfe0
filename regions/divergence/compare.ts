// Compares this region's tables with a peer's (C9), from the whole down to rows, and tells the rows that differ although
// both sides had applied the same of them. What moves meanwhile is excused: the peer says what it had applied before and
// after it read, this region waits until it has that too, and rows that commits beyond the peer's have touched do not count.

import { compareText } from '@causeway/db/order'
import type { Store } from '@causeway/db/store'
import { advance, covers, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { toHex } from '@causeway/schema/hex'
import type { DigestAnswer, DigestRequest } from '../replication/peer.ts'
import { maximumRows } from './answers.ts'
import type { Scan } from './digester.ts'
import { differing, isBefore, type KeyRange, rangeLevels, sumOf, wholeLevel } from './range-tree.ts'
import { openTables, readRange, type TableName } from './tables.ts'

/** Ranges looked into per table and peer in one round; those beyond it wait for the next. */
const maximumRanges = 32
/** How long this region may take to apply what the peer had. */
const reachMs = 2_000
/** Commits written since the peer read: beyond so many bytes too much moves to tell. */
const movedBytes = 4 * 1024 * 1024

export interface CompareSetting {
  readonly store: Store
  readonly crypto: Pick<CommitCrypto, 'sha256'>
  readonly ask: (request: DigestRequest) => Promise<DigestAnswer>
  readonly reach: (vector: VersionVector, withinMs: number) => Promise<boolean>
}

/** Keys of rows that differ though nothing moved in them. */
export async function compareTable(setting: CompareSetting, table: TableName, scan: Scan): Promise<readonly string[]> {
  let ranges: readonly KeyRange[] = [{ after: null, until: null }]
  for (let level = 0; level < rangeLevels && ranges.length > 0; level += 1) {
    const unequal: KeyRange[] = []
    for (const range of ranges.slice(0, maximumRanges)) {
      const theirs = await setting.ask({ table, level, ...range })
      unequal.push(...differing(scan.trees[table].ranges(level, range), theirs.ranges, range))
    }
    ranges = unequal
  }
  const found: string[] = []
  for (const range of ranges.slice(0, maximumRanges)) found.push(...(await compareRows(setting, table, range)))
  return found
}

/**
 * Scans are of different moments, so while much is written most ranges differ. The rows themselves are asked for only where
 * those that are there now differ, too: they are a hundred times as many bytes. A peer of an earlier protocol version than 12 tells them at once.
 */
async function compareRows(setting: CompareSetting, table: TableName, range: KeyRange): Promise<readonly string[]> {
  const { store, crypto, ask, reach } = setting
  const readMine = () => readRange(openTables(store, crypto.sha256)[table], range, maximumRows)
  let answer = await ask({ table, level: wholeLevel, ...range })
  if (!(await reach(answer.through, reachMs))) return []
  let rows = await readMine()
  const [whole, ...more] = answer.ranges
  if (whole?.until === range.until && more.length === 0) {
    if (whole.digest === sumOf(rows.map(({ digest }) => digest))) return []
    answer = await ask({ table, level: rangeLevels, ...range })
    if (!(await reach(answer.through, reachMs))) return []
    rows = await readMine()
  }
  const touched = await touchedBeyond(store, answer.frontier)
  if (touched === null) return []
  const theirs = new Map(answer.ranges.map(({ until, digest }) => [until ?? '', digest]))
  const mine = new Map(rows.map(({ key, digest }) => [key, toHex(digest)]))
  // Where an answer was cut off, what lies beyond it was not compared.
  const ends = [lastOf([...theirs.keys()]), lastOf([...mine.keys()])]
  const isCut = (key: string) => ends.some((end) => end !== null && isBefore(end, key))
  return [...new Set([...theirs.keys(), ...mine.keys()])]
    .filter((key) => theirs.get(key) !== mine.get(key))
    .filter((key) => !isCut(key) && !touched.has(subjectOf(table, key).replace(conflictsPrefix, '')))
}

function lastOf(keys: readonly string[]): string | null {
  return keys.length < maximumRows ? null : (keys.toSorted(compareText).at(-1) ?? null)
}

/** No kind of document is called so. */
export const conflictsPrefix = /^conflicts\//

/** As a commit's `touched` names it; of conflicts, the document that they are about, after `conflicts/`. */
export function subjectOf(table: TableName, key: string): string {
  const [first = '', second = '', ...rest] = key.split(' ')
  switch (table) {
    case 'stock':
      return `stock/${first}`
    case 'documents':
      return `${first}/${second}`
    case 'conflicts':
      return `conflicts/${second}/${rest.join(' ')}`
  }
}

/** What the commits that this region has and `vector` has not have touched; null where that cannot be told. */
async function touchedBeyond(store: Store, vector: VersionVector): Promise<ReadonlySet<string> | null> {
  const { frontier } = await store.head()
  const found = await store.commitsAfterVector(vector, 0, movedBytes)
  let reached = vector
  for (const { commit } of found) reached = advance(reached, commit.origin, commit.lastSequence)
  return covers(reached, frontier) ? new Set(found.flatMap(({ touched }) => touched)) : null
}
