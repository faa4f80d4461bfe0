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

/** Ranges looked into per table and peer in one round; the next one goes on behind them. */
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

/**
 * How far rounds have come through what differs of one table at one peer. They go round: else what stays unequal at the beginning, for
 * nobody can put it right or a peer is slow to tell it, would keep all that follows from ever being looked at.
 */
export class Lap {
  /** The end of what was looked into last; null where the next round begins at the beginning. */
  #after: string | null = null
  #begunIn = 0
  /** All that differed has been looked at since the beginning of this round. */
  wholeSince = 0

  begin(round: number): void {
    if (this.#after === null) this.#begunIn = round
  }

  isAhead(until: string | null): boolean {
    return this.#after === null || isBefore(this.#after, until)
  }

  /** What of a range is ahead. */
  rest({ after, until }: KeyRange): KeyRange {
    const isBegun = this.#after !== null && (after === null || isBefore(after, this.#after))
    return { after: isBegun ? this.#after : after, until }
  }

  goOnAfter(key: string | null): void {
    this.#after = key
  }

  end(): void {
    this.#after = null
    this.wholeSince = this.#begunIn
  }
}

/** Keys of rows that differ though nothing moved in them, as they are found: what was found before a peer stops answering counts. */
export async function* compareTable(
  setting: CompareSetting,
  table: TableName,
  scan: Scan,
  lap: Lap,
): AsyncGenerator<string, void, void> {
  let ranges: readonly KeyRange[] = [{ after: null, until: null }]
  let isCut = false
  /** How far this round goes. */
  let end: string | null = null
  for (let level = 0; level < rangeLevels && ranges.length > 0; level += 1) {
    const unequal: KeyRange[] = []
    for (const range of ranges) {
      const theirs = await setting.ask({ table, level, ...range })
      unequal.push(...differing(scan.trees[table].ranges(level, range), theirs.ranges, range))
    }
    const ahead = unequal.filter(({ until }) => lap.isAhead(until))
    ranges = ahead.slice(0, maximumRanges)
    if (ahead.length === ranges.length) continue
    isCut = true
    end = ranges.at(-1)?.until ?? null
  }
  for (const range of ranges) {
    const rest = lap.rest(range)
    // What a peer does not tell in time is passed over by the next round.
    lap.goOnAfter(range.until)
    const { keys, cutAt } = await compareRows(setting, table, rest)
    yield* keys
    if (cutAt === null) continue
    lap.goOnAfter(cutAt)
    return
  }
  if (isCut) lap.goOnAfter(end)
  else lap.end()
}

interface Compared {
  readonly keys: readonly string[]
  /** What lies beyond this key has not been compared: there were too many rows. */
  readonly cutAt: string | null
}

/**
 * Scans are of different moments, so while much is written most ranges differ. The rows themselves are asked for only where
 * those that are there now differ, too: they are a hundred times as many bytes. A peer of an earlier protocol version than 12 tells them at once.
 */
async function compareRows(setting: CompareSetting, table: TableName, range: KeyRange): Promise<Compared> {
  const { store, crypto, ask, reach } = setting
  const nothing = { keys: [], cutAt: null }
  const readMine = () => readRange(openTables(store, crypto.sha256)[table], range, maximumRows)
  let answer = await ask({ table, level: wholeLevel, ...range })
  if (!(await reach(answer.through, reachMs))) return nothing
  let rows = await readMine()
  const [whole, ...more] = answer.ranges
  if (whole?.until === range.until && more.length === 0) {
    if (whole.digest === sumOf(rows.map(({ digest }) => digest)))
      return { keys: [], cutAt: lastOf(rows.map(({ key }) => key)) }
    answer = await ask({ table, level: rangeLevels, ...range })
    if (!(await reach(answer.through, reachMs))) return nothing
    rows = await readMine()
  }
  const theirs = new Map(answer.ranges.map(({ until, digest }) => [until ?? '', digest]))
  const mine = new Map(rows.map(({ key, digest }) => [key, toHex(digest)]))
  const ends = [lastOf([...theirs.keys()]), lastOf([...mine.keys()])].filter((key) => key !== null)
  const cutAt = ends.toSorted(compareText)[0] ?? null
  const touched = await touchedBeyond(store, answer.frontier)
  if (touched === null) return { keys: [], cutAt }
  const keys = [...new Set([...theirs.keys(), ...mine.keys()])]
    .filter((key) => theirs.get(key) !== mine.get(key))
    .filter((key) => !isBefore(cutAt, key) && !touched.has(subjectOf(table, key).replace(conflictsPrefix, '')))
  return { keys, cutAt }
}

/** Of as many rows as are told at most. */
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
