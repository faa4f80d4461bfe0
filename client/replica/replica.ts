// The replica: what regions have confirmed, what is pending on top of it, and who wants to hear of a change. What an app reads
// comes from here. Pure but for its listeners; knows neither storage nor network.

import type { DocumentState } from '@causeway/schema/documents/document'
import type { Unit } from '@causeway/schema/documents/units/unit'
import { matchesProduct } from '@causeway/schema/sync/scope'
import { Confirmed, keyOf, type Step } from './confirmed.ts'
import { Effects } from './effects.ts'
import type { Pending } from './pending.ts'
import { showCart, showCustomer, showOrder, showProduct, showStock } from './shapes.ts'
import type { OrderStatus, OrderView, ProductView, ViewKind, Views } from './views.ts'

export interface ProductFilter {
  /** Words that must all occur in title, description, tags, SKUs or titles of variants. */
  readonly search?: string
  readonly tag?: string
  readonly first?: number
}

export interface OrderFilter {
  readonly status?: OrderStatus
  readonly first?: number
}

export class Replica {
  readonly confirmed = new Confirmed()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #shown = new Map<string, Views[ViewKind] | undefined>()
  #pending: readonly Pending[] = []
  readonly #effects: Effects

  constructor(user: string) {
    this.#effects = new Effects(this.confirmed, user)
  }

  get<Kind extends ViewKind>(kind: Kind, id: string): Views[Kind] | undefined {
    const key = keyOf(kind, id)
    // The same object until it changes: what listens to it compares by identity.
    if (!this.#shown.has(key)) this.#shown.set(key, this.#show(kind, id))
    return this.#shown.get(key) as Views[Kind] | undefined
  }

  /** By id, archived ones left out. */
  products(filter: ProductFilter): readonly ProductView[] {
    const { search, tag, first } = filter
    const scope = { ...(search !== undefined && { search }), ...(tag !== undefined && { tag }) }
    const found: ProductView[] = []
    // In order first: whoever wants twenty of ten thousand waits for no more than are looked at until then.
    for (const id of [...this.#ids('product')].sort(compareText)) {
      if (first !== undefined && found.length >= first) break
      const product = this.get('product', id)
      if (product !== undefined && !product.archived && matchesProduct(product, scope)) found.push(product)
    }
    return found
  }

  /** Newest first, by (placedAt, id). */
  orders(filter: OrderFilter): readonly OrderView[] {
    const found: OrderView[] = []
    for (const id of this.#ids('order')) {
      const order = this.get('order', id)
      if (order !== undefined && (filter.status === undefined || order.status === filter.status)) found.push(order)
    }
    return found
      .sort((left, right) => compareText(right.placedAt, left.placedAt) || compareText(right.id, left.id))
      .slice(0, filter.first)
  }

  /** A document that the device may change, as it is shown. */
  state(kind: string, id: string): DocumentState | undefined {
    return this.#effects.state(kind, id)
  }

  /** The heads that a change of it stands on, after the units that are pending before `before`, or after all of them. */
  heads(kind: string, id: string, before: string | null): readonly string[] {
    if (before === null) return this.#effects.laid(kind, id).heads
    const units: Unit[] = []
    for (const one of this.#pending) {
      if (one.id === before) break
      if (one.type === 'unit' && one.unit.kind === kind && one.unit.documentId === id) units.push(one.unit)
    }
    return this.headsWith(kind, id, units)
  }

  /** As they are with these units on what is confirmed. */
  headsWith(kind: string, id: string, units: readonly Unit[]): readonly string[] {
    return this.#effects.laid(kind, id, units).heads
  }

  /**
   * Takes in a stored step together with what is pending after it, in the order in which it was done: an effect goes at the
   * very moment at which the confirmed data has it (R8). Pending work is the same object for as long as it is the same.
   */
  update(step: Step | null, pending: readonly Pending[]): void {
    const touched = step === null ? [] : this.confirmed.apply(step)
    this.#pending = pending
    this.#tell([...this.#effects.update(pending, touched)])
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
    const keys = [...this.confirmed.clear(), ...this.#effects.changed]
    this.#pending = []
    this.#effects.clear()
    this.#tell(keys)
  }

  #ids(kind: ViewKind): Set<string> {
    const ids = new Set(this.confirmed.ids(kind))
    const prefix = `${kind}/`
    for (const key of this.#effects.changed) if (key.startsWith(prefix)) ids.add(key.slice(prefix.length))
    return ids
  }

  #show(kind: ViewKind, id: string): Views[ViewKind] | undefined {
    const effects = this.#effects
    switch (kind) {
      case 'product':
        return showProduct(id, effects.state(kind, id))
      case 'order':
        return showOrder(id, effects.state(kind, id))
      case 'cart':
        return showCart(id, effects.state(kind, id))
      case 'customer':
        return showCustomer(id, effects.state(kind, id), effects.state('contact', id))
      case 'stock': {
        const content = this.confirmed.get(kind, id)?.content
        return showStock(id, effects.level(id), content !== undefined && 'level' in content ? content.updatedAt : 0)
      }
      default:
        return kind satisfies never
    }
  }

  #tell(keys: readonly string[]): void {
    const told = new Set<string>()
    for (const key of new Set(keys)) {
      const slash = key.indexOf('/')
      // A contact is shown as part of its customer.
      const [kind, id] = [key.slice(0, slash).replace('contact', 'customer'), key.slice(slash + 1)]
      const of = keyOf(kind, id)
      const shown = this.#shown.get(of)
      const wasShown = this.#shown.delete(of)
      // What looks the same is the same: nobody is told, and the object stays.
      if (wasShown && same(shown, this.#show(kind as ViewKind, id))) this.#shown.set(of, shown)
      else told.add(of).add(kind)
    }
    for (const of of told) for (const listener of [...(this.#listeners.get(of) ?? [])]) listener()
  }
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
