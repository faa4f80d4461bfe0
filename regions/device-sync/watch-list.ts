// What of a region's data the scopes of one device are about: which changed things to look at, which scopes a thing belongs to,
// and in what order a scope is loaded. Pure: asks no store.

import { cartKind } from '@causeway/schema/documents/cart/kind'
import { contactKind } from '@causeway/schema/documents/contact/kind'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import type { DocumentState } from '@causeway/schema/documents/document'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { productKind } from '@causeway/schema/documents/product/kind'
import type { SyncKind } from '@causeway/schema/sync/items'
import { matchesProduct, type ScopeRequest } from '@causeway/schema/sync/scope'
import type { Touches } from './touches.ts'
import { keyOfWanted, type Wanted } from './wanted.ts'

/** One run of items of a scope: named ones, or a list of the store's in its order. */
export type Segment =
  | { readonly by: 'name'; readonly wanted: readonly Wanted[] }
  | { readonly by: 'product'; readonly tag: string | undefined }
  | { readonly by: 'owner'; readonly owner: string }

/** Cheap and wanted first comes first: what a shopper has, then what a shop has. */
export function segmentsOf(scope: ScopeRequest): readonly Segment[] {
  const named = namedBy(scope)
  return [
    ...(named.length === 0 ? [] : [{ by: 'name' as const, wanted: named }]),
    ...(scope.ordersOf === undefined ? [] : [{ by: 'owner' as const, owner: scope.ordersOf }]),
    ...(scope.products === undefined ? [] : [{ by: 'product' as const, tag: scope.products.tag }]),
  ]
}

/** Each once, in one order. */
function namedBy(scope: ScopeRequest): readonly Wanted[] {
  const wanted = [
    ...(scope.customer === undefined ? [] : personOf(scope.customer)),
    ...scope.carts.map((id) => ({ kind: cartKind.name as SyncKind, id })),
    ...scope.orders.map((id) => ({ kind: orderKind.name as SyncKind, id })),
    ...scope.stock.map((id) => ({ kind: 'stock' as SyncKind, id })),
  ]
  return [...new Map(wanted.map((one) => [keyOfWanted(one), one])).values()]
}

function personOf(id: string): Wanted[] {
  return [
    { kind: customerKind.name as SyncKind, id },
    { kind: contactKind.name as SyncKind, id },
  ]
}

export function contactsOf(scopes: readonly ScopeRequest[]): readonly Wanted[] {
  const ids = new Set(scopes.flatMap(({ customer }) => customer ?? []))
  return [...ids].map((id) => ({ kind: contactKind.name as SyncKind, id }))
}

export class WatchList {
  readonly scopes: readonly ScopeRequest[]
  readonly #named = new Map<string, string[]>()
  readonly #lists: readonly ScopeRequest[]

  constructor(scopes: readonly ScopeRequest[]) {
    this.scopes = scopes
    this.#lists = scopes.filter(({ products, ordersOf }) => products !== undefined || ordersOf !== undefined)
    for (const scope of scopes) {
      for (const wanted of namedBy(scope)) {
        const key = keyOfWanted(wanted)
        this.#named.set(key, [...(this.#named.get(key) ?? []), scope.name])
      }
    }
  }

  /** Things that a commit changed and that may be in a scope, each once; of lists, only their data tells. */
  touchedBy({ all, ofKind }: Touches): readonly Wanted[] {
    const touched = new Map<string, Wanted>()
    for (const [kind, wanted] of ofKind) {
      if (!this.#lists.some((scope) => lists(scope, kind))) continue
      for (const one of wanted) touched.set(keyOfWanted(one), one)
    }
    // Most devices wait for little, and a busy region's commits hold much: the fewer are looked up among the more.
    if (this.#named.size < all.size) {
      for (const key of this.#named.keys()) {
        const one = all.get(key)
        if (one !== undefined) touched.set(key, one)
      }
    } else for (const [key, one] of all) if (this.#named.has(key)) touched.set(key, one)
    return [...touched.values()]
  }

  /** Names of the scopes that a thing belongs to, as it stands. */
  scopesOf(wanted: Wanted, state: DocumentState | null): readonly string[] {
    const named = this.#named.get(keyOfWanted(wanted)) ?? []
    if (state === null) return named
    const listed = this.#lists.filter((scope) => holds(scope, wanted, state)).map(({ name }) => name)
    return listed.length === 0 ? named : [...new Set([...named, ...listed])]
  }
}

function lists({ products, ordersOf }: ScopeRequest, kind: string): boolean {
  return (products !== undefined && kind === productKind.name) || (ordersOf !== undefined && kind === orderKind.name)
}

function holds(scope: ScopeRequest, { kind, id }: Wanted, state: DocumentState): boolean {
  if (kind === productKind.name && scope.products !== undefined) {
    const view = productKind.view(id, state)
    return view !== undefined && matchesProduct(view, scope.products)
  }
  if (kind === orderKind.name && scope.ordersOf !== undefined)
    return orderKind.view(id, state)?.customerId === scope.ordersOf
  return false
}
