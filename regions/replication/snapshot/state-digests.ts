// Digests of a region's state, by which two members find out whether they hold the same although both go on meanwhile:
// what commits have touched that only one of them has applied is left out on both sides. Documents that stay at home
// are no part of it.

import type { StateRows } from '@causeway/db/snapshots/snapshots'
import { kinds } from '@causeway/schema/documents/registry'
import { canonical } from '../../committer/keys.ts'
import { documentKey } from '../../committer/node-cache.ts'
import type { Hasher } from '../../ports.ts'

/** One digest for each of so many parts of the state: where two members differ, it is said in which parts. */
export const stateParts = 64

/** Of documents that no other region may hold (C12). */
export const homeKinds: readonly string[] = [...kinds.values()].filter(({ home }) => home).map(({ name }) => name)

/** What a member holds, as of a frontier that another one has named. */
export interface StateCheck {
  /** `kind/id` and `stock/sku` of what commits beyond that frontier have touched; left out of the digests. */
  readonly touched: readonly string[]
  readonly digests: readonly string[]
  /** Origin → hash (hex) of its commit at the frontier, where the member can still tell. */
  readonly chains: Readonly<Record<string, string>>
}

/** FNV-1a: any spread that is the same everywhere will do. */
function partOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % stateParts
}

/** Takes rows in the order of their keys. */
export class StateDigests {
  readonly #parts: readonly Hasher[]
  readonly #touched: ReadonlySet<string>

  constructor(hasher: () => Hasher, touched: ReadonlySet<string>) {
    this.#parts = Array.from({ length: stateParts }, hasher)
    this.#touched = touched
  }

  add({ type, rows }: StateRows): void {
    switch (type) {
      case 'documents':
        for (const { kind, id, heads, state, index } of rows)
          if (!homeKinds.includes(kind)) this.#take(documentKey({ kind, id }), [kind, id, heads, state, index])
        return
      case 'conflicts':
        for (const pair of rows)
          if (!homeKinds.includes(pair.kind)) this.#take(documentKey({ kind: pair.kind, id: pair.document }), pair)
        return
      case 'stock':
        for (const { sku, location, holder, cells, givenIn } of rows)
          this.#take(`stock/${sku}`, [sku, location, holder, cells, givenIn])
        return
      default:
        throw new Error(`unknown rows: ${JSON.stringify(type satisfies never)}`)
    }
  }

  digests(): readonly string[] {
    return this.#parts.map((part) => part.hex())
  }

  #take(key: string, row: unknown): void {
    if (!this.#touched.has(key)) this.#parts[partOf(key)]?.update(`${canonical(row)}\n`)
  }
}
