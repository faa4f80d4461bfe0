// Looks through what no peer sees, a part in each round: the log's own rows, and the bytes that documents are rebuilt
// from, which must lead to the heads that the documents are known by (C9). Finds; mends nothing.

import type { Store } from '@causeway/db/store'
import { StoreError } from '@causeway/db/store'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { noReads } from '../committer/flush.ts'
import { documentKey } from '../committer/node-cache.ts'
import type { LogCheck } from './log-check.ts'
import { headsOfBytes } from './mend-rows.ts'
import type { Pace } from './pace.ts'
import type { RangeDigest } from './range-tree.ts'
import { openLog, readLog } from './read-log.ts'

/** Positions of the log read in one round. */
const commitsPerRound = 20_000
const documentsPerRound = 5_000
/** Built and held against their heads in one go, while whoever calls the region waits. */
const documentsPerPage = 32

export class LogScrub {
  readonly #store: Store
  readonly #crypto: CommitCrypto
  #check: LogCheck | null = null
  /** Of the last pass that came to the end. */
  ranges: readonly RangeDigest[] = []

  constructor(store: Store, crypto: CommitCrypto) {
    this.#store = store
    this.#crypto = crypto
  }

  /** Begins at the beginning: something that was read before is no longer as it was. */
  restart(): void {
    this.#check = null
  }

  /** False where the part read holds something wrong: the pass then begins anew. */
  async isSound(pace: Pace): Promise<boolean> {
    const { position, frontier } = await this.#store.head()
    const check = this.#check ?? (await openLog(this.#store, this.#crypto))
    this.#check = null
    const end = Math.min(position, check.position + commitsPerRound)
    try {
      await readLog(this.#store, check, end, pace)
    } catch (error) {
      // What was to come next has gone from the archive meanwhile.
      if (error instanceof StoreError && error.code === 'LOG_DROPPED') return true
      throw error
    }
    if (end === position) check.end(position, frontier)
    if (check.flaws.length > 0 || check.holes.length > 0) return false
    if (end === position) this.ranges = check.ranges()
    else this.#check = check
    return true
  }
}

export class BytesScrub {
  readonly #store: Store
  readonly #crypto: Pick<CommitCrypto, 'sha256'>
  #after: string | null = null

  constructor(store: Store, crypto: Pick<CommitCrypto, 'sha256'>) {
    this.#store = store
    this.#crypto = crypto
  }

  /** Documents, by `kind/id`, whose bytes do not lead to their heads, or that are filed wrongly; and which of the two. */
  async suspects(pace: Pace): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>()
    for (let seen = 0; seen < documentsPerRound; seen += documentsPerPage) {
      const { rows, next } = await this.#store.scanDocuments(this.#after, documentsPerPage)
      const { documents, bytes } = await this.#store.load({ ...noReads, documents: rows, bytes: rows })
      const bytesOf = new Map(bytes.map((document) => [documentKey(document), document]))
      for (const document of documents) {
        const stored = bytesOf.get(documentKey(document))
        if (stored && headsOfBytes(stored, this.#crypto)?.join() === document.heads.join()) continue
        found.set(documentKey(document), 'its bytes do not lead to its heads')
      }
      for (const document of await this.#store.misfiled(rows))
        found.set(documentKey(document), 'it is filed under other keys than it has')
      this.#after = next
      await pace.pause()
      if (next === null) return found
    }
    return found
  }
}
