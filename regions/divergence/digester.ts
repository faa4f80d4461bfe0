// The digests of all that replicates everywhere: equal ones at equal frontiers mean that two regions hold the same (C3).
// Made by reading every row, so that they tell what the database holds and not what a node remembers of it (C9).

import type { Store } from '@causeway/db/store'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { toHex } from '@causeway/schema/hex'
import { canonical } from '../committer/keys.ts'
import type { Pace } from './pace.ts'
import { type RangeTree, RangeTreeBuilder } from './range-tree.ts'
import { openTables, type Table, type TableName } from './tables.ts'

/** Digested in one go: a row takes some 20 µs, and whoever calls the region waits until they are done. */
const page = 64

/** What a scan has read: of one moment where no commit came meanwhile, else of a mixture. */
export interface Scan {
  readonly trees: Readonly<Record<TableName, RangeTree>>
  readonly digest: string
}

const atOnce: Pace = { pause: async () => {} }

export class Digester {
  readonly #store: Store
  readonly #sha256: CommitCrypto['sha256']
  #last: { readonly place: string; readonly scan: Promise<Scan> } | null = null

  constructor(store: Store, sha256: CommitCrypto['sha256']) {
    this.#store = store
    this.#sha256 = sha256
  }

  /** Of the state at `frontier` or, where commits arrive meanwhile, of a mixture: compare only when it has settled. */
  async digest(frontier: VersionVector): Promise<string> {
    return (await this.#remembered(frontier)).digest
  }

  /** The newest scan, however old it is; the first one is made for it. */
  async latest(frontier: VersionVector): Promise<Scan> {
    return (this.#last ?? { scan: this.#remembered(frontier) }).scan
  }

  /** Reads every row anew, at the pace given. */
  async scan(pace: Pace): Promise<Scan> {
    const at = await this.#place()
    const scan = await this.#read(pace)
    // Where the region moved on, `digest` must not take this for the state at either end.
    this.#last = { place: at === (await this.#place()) ? at : '', scan: Promise.resolve(scan) }
    return scan
  }

  /** Rows that are put right behind the log's back move no frontier, and are others than before all the same. */
  async #place(frontier?: VersionVector): Promise<string> {
    const head = await this.#store.head()
    return `${head.repairs} ${canonical(frontier ?? head.frontier)}`
  }

  async #remembered(frontier: VersionVector): Promise<Scan> {
    const at = await this.#place(frontier)
    if (this.#last?.place === at) return this.#last.scan
    const scan = this.#read(atOnce)
    this.#last = { place: at, scan }
    scan.catch(() => {
      if (this.#last?.scan === scan) this.#last = null
    })
    return scan
  }

  async #read(pace: Pace): Promise<Scan> {
    const tables = openTables(this.#store, this.#sha256)
    const documents = await treeOf(tables.documents, pace)
    const stock = await treeOf(tables.stock, pace)
    const conflicts = await treeOf(tables.conflicts, pace)
    const text = new TextEncoder().encode(`${documents.root}\n${conflicts.root}\n${stock.root}`)
    return { trees: { documents, stock, conflicts }, digest: toHex(this.#sha256(text)) }
  }
}

async function treeOf(table: Table, pace: Pace): Promise<RangeTree> {
  const builder = new RangeTreeBuilder()
  let after: string | null = null
  do {
    const { rows, next } = await table.page(after, page)
    for (const { key, digest } of rows) builder.add(key, digest)
    after = next
    await pace.pause()
  } while (after !== null)
  return builder.build()
}
