// The digest of all that replicates everywhere: equal digests at equal frontiers mean that two regions hold the same
// (C3). Home documents are left out, since other regions may not hold them. Computed by a scan, kept per frontier.

import type { Store } from '@causeway/db/store'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { kindOf } from '@causeway/schema/documents/registry'
import { canonical } from './committer/keys.ts'

const page = 2_000

/** Folds text into one running hash; injected since this room's pure parts know no platform. */
export interface Hasher {
  update(text: string): void
  hex(): string
}

export class Digester {
  readonly #store: Store
  readonly #hasher: () => Hasher
  #last: { readonly frontier: string; readonly digest: Promise<string> } | null = null

  constructor(store: Store, hasher: () => Hasher) {
    this.#store = store
    this.#hasher = hasher
  }

  /** Of the state at `frontier` or, where commits arrive meanwhile, of a mixture: compare only when it has settled. */
  digest(frontier: VersionVector): Promise<string> {
    const at = canonical(frontier)
    if (this.#last?.frontier === at) return this.#last.digest
    const digest = this.#compute()
    this.#last = { frontier: at, digest }
    digest.catch(() => {
      if (this.#last?.digest === digest) this.#last = null
    })
    return digest
  }

  async #compute(): Promise<string> {
    const hasher = this.#hasher()
    let after: string | null = null
    do {
      const { rows, next } = await this.#store.scanDocuments(after, page)
      for (const { kind, id, heads, state, index } of rows) {
        if (!kindOf(kind)?.home) hasher.update(`${canonical([kind, id, heads, state, index])}\n`)
      }
      after = next
    } while (after !== null)
    do {
      const { rows, next } = await this.#store.conflicts.scan(after, page)
      for (const pair of rows) if (!kindOf(pair.kind)?.home) hasher.update(`${canonical(pair)}\n`)
      after = next
    } while (after !== null)
    do {
      const { rows, next } = await this.#store.scanStock(after, page)
      for (const { sku, location, holder, cells, givenIn } of rows) {
        hasher.update(`${canonical([sku, location, holder, cells, givenIn])}\n`)
      }
      after = next
    } while (after !== null)
    return hasher.hex()
  }
}
