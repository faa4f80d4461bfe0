// The views that a client holds, by kind and id, and who wants to hear of them. Knows neither where views come from nor
// whether they are current.

import type { OrderStatus, OrderView, ProductView, ViewKind, Views } from './views.ts'

export interface ProductFilter {
  /** Words that must all occur in title, description, tags or SKUs. */
  readonly search?: string
  readonly tag?: string
  readonly first?: number
}

export interface OrderFilter {
  readonly status?: OrderStatus
  readonly first?: number
}

type Held = { readonly [Kind in ViewKind]: Map<string, Views[Kind]> }

export class Replica {
  readonly #held: Held = {
    product: new Map(),
    stock: new Map(),
    order: new Map(),
    cart: new Map(),
    customer: new Map(),
  }
  readonly #listeners = new Map<string, Set<() => void>>()

  get<Kind extends ViewKind>(kind: Kind, id: string): Views[Kind] | undefined {
    return this.#map(kind).get(id)
  }

  /** Null removes. Tells who listens to this view and to its kind. */
  put<Kind extends ViewKind>(kind: Kind, id: string, view: Views[Kind] | null): void {
    if (view === null) this.#map(kind).delete(id)
    else this.#map(kind).set(id, view)
    this.#tell(`${kind}/${id}`)
    this.#tell(kind)
  }

  /** By id, archived ones left out. */
  products(filter: ProductFilter): readonly ProductView[] {
    const words = (filter.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)
    const found = [...this.#held.product.values()].filter((product) => {
      if (product.archived || (filter.tag !== undefined && !product.tags.includes(filter.tag))) return false
      const variants = product.variants.flatMap((variant) => [variant.sku, variant.title])
      const text = [product.title, product.description, ...product.tags, ...variants].join(' ').toLowerCase()
      return words.every((word) => text.includes(word))
    })
    return found.sort((left, right) => compareText(left.id, right.id)).slice(0, filter.first)
  }

  /** Newest first, by (placedAt, id). */
  orders(filter: OrderFilter): readonly OrderView[] {
    const found = [...this.#held.order.values()].filter(
      (order) => filter.status === undefined || order.status === filter.status,
    )
    return found
      .sort((left, right) => compareText(right.placedAt, left.placedAt) || compareText(right.id, left.id))
      .slice(0, filter.first)
  }

  /** `of` is a kind, or `kind/id`. */
  listen(of: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(of) ?? new Set()
    this.#listeners.set(of, listeners)
    // A listener of its own per call, so that one function listening twice stops once.
    const own = () => listener()
    listeners.add(own)
    return () => {
      listeners.delete(own)
      if (listeners.size === 0) this.#listeners.delete(of)
    }
  }

  clear(): void {
    for (const kind of Object.keys(this.#held) as ViewKind[]) {
      const ids = [...this.#held[kind].keys()]
      for (const id of ids) this.put(kind, id, null)
    }
  }

  #map<Kind extends ViewKind>(kind: Kind): Map<string, Views[Kind]> {
    return this.#held[kind]
  }

  #tell(of: string): void {
    for (const listener of [...(this.#listeners.get(of) ?? [])]) listener()
  }
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
