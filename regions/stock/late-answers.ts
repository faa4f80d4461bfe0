// Peers that are still to answer for a SKU whose sales have what they lacked meanwhile. They are not asked again until they have;
// where units lack after all, what is under way from them is waited for. Knows no sale and no request.

import type { RegionId } from '@causeway/schema/clock/origin'

export type Late = ReadonlyMap<string, ReadonlySet<RegionId>>

export class LateAnswers {
  readonly #bySku: Map<string, ReadonlySet<RegionId>>

  /** `late` stays as it is. */
  constructor(late: Late) {
    this.#bySku = new Map(late)
  }

  get all(): Late {
    return this.#bySku
  }

  of(sku: string): ReadonlySet<RegionId> | undefined {
    return this.#bySku.get(sku)
  }

  add(sku: string, peers: ReadonlySet<RegionId>): void {
    this.#bySku.set(sku, new Set([...(this.#bySku.get(sku) ?? []), ...peers]))
  }

  /** They are waited for again. */
  take(sku: string): void {
    this.#bySku.delete(sku)
  }

  /** False where nobody had given up waiting for it. */
  landed(sku: string, peer: RegionId): boolean {
    const late = this.#bySku.get(sku)
    if (!late?.has(peer)) return false
    const rest = [...late].filter((other) => other !== peer)
    if (rest.length === 0) this.#bySku.delete(sku)
    else this.#bySku.set(sku, new Set(rest))
    return true
  }
}
