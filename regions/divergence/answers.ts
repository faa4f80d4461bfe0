// What a region answers peers that compare their tables with its own (C9): digests of its newest look at all rows, the
// rows of a range as they are now, and commits by sequence.

import type { Store } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { advance, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { withoutSections } from '@causeway/schema/commit/codec'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { mayHold } from '@causeway/schema/commit/placement'
import { toHex } from '@causeway/schema/hex'
import type { Beside } from '../integrity/branches.ts'
import type { CommitRange, DigestAnswer, DigestRequest } from '../replication/peer.ts'
import type { Digester } from './digester.ts'
import { type RangeDigest, rangeLevels, sumOf, wholeLevel } from './range-tree.ts'
import { openTables, readRange } from './tables.ts'

/** Rows of one answer; a range of level 2 holds some 64. */
export const maximumRows = 1_000
const maximumBytes = 1024 * 1024
/** Reads of the log for one question: commits of other origins lie between those that are wanted. */
const maximumPages = 16

export interface AnswersSetting {
  readonly store: Store
  readonly crypto: Pick<CommitCrypto, 'sha256'>
  readonly digester: Digester
  readonly frontier: () => VersionVector
  readonly logRanges: () => readonly RangeDigest[]
  readonly beside: (origin: Origin) => Beside
}

export class DivergenceAnswers {
  readonly #setting: AnswersSetting

  constructor(setting: AnswersSetting) {
    this.#setting = setting
  }

  async digests(request: DigestRequest): Promise<DigestAnswer> {
    const { store, digester, frontier, logRanges } = this.#setting
    const { table, level, after, until } = request
    const known = frontier()
    if (table === 'log') return { frontier: known, through: known, ranges: level === 1 ? logRanges() : [] }
    if (level < rangeLevels) {
      const scan = await digester.latest(known)
      return { frontier: known, through: known, ranges: scan.trees[table].ranges(level, { after, until }) }
    }
    const before = await store.head()
    const rows = await readRange(openTables(store, this.#setting.crypto.sha256)[table], { after, until }, maximumRows)
    const { frontier: through } = await store.head()
    const ranges =
      level === wholeLevel
        ? [{ until, digest: sumOf(rows.map(({ digest }) => digest)) }]
        : rows.map(({ key, digest }) => ({ until: key, digest: toHex(digest) }))
    return { frontier: before.frontier, through, ranges }
  }

  /**
   * From the first sequence on, as many as fit; without the parts that the peer may not hold. Of an origin that has signed two
   * logs those that are held beside the one here, too: who asks may stand on them.
   */
  async commitsOf(from: RegionId, { origin, first, last }: CommitRange): Promise<readonly Uint8Array[]> {
    const { store, frontier } = this.#setting
    let vector = { ...frontier(), [origin]: first - 1 }
    const found: Uint8Array[] = []
    for (let pages = 0, position = 0; pages < maximumPages; pages += 1) {
      const page = await store.commitsAfterVector(vector, position, maximumBytes)
      for (const { commit } of page) {
        vector = advance(vector, commit.origin, commit.lastSequence)
        if (commit.origin !== origin || commit.firstSequence < first || commit.lastSequence > last) continue
        found.push(withoutSections(commit.bytes, (placement) => mayHold(placement, from)))
      }
      position = page.at(-1)?.position ?? position
      if (page.length === 0 || found.length > 0 || sequenceOf(vector, origin) >= last) break
    }
    for (const { firstSequence, lastSequence, bytes } of this.#setting.beside(origin).values())
      if (firstSequence >= first && lastSequence <= last)
        found.push(withoutSections(bytes, (placement) => mayHold(placement, from)))
    return found
  }
}
