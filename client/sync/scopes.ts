// What a client follows: each request once, however often it is followed, kept with the data so that a reload goes on with it.
// Pure; what is stored and asked for is its caller's.

import { maximumNamed, maximumScopes, requireIds, type ScopeRequest } from '@causeway/schema/sync/scope'
import { keysUnder, type StorageWrite, type StoredEntry } from '../storage/port.ts'

export interface FollowRequest {
  /** The whole catalogue, or what of it has a tag or the words of a search. */
  readonly products?: boolean | { readonly search?: string; readonly tag?: string }
  /** SKUs. */
  readonly stock?: readonly string[]
  /** Order ids, or every order of one customer. */
  readonly orders?: readonly string[] | { readonly customerId: string }
  /** Cart ids. */
  readonly carts?: readonly string[]
  /** Customer id. */
  readonly customer?: string
}

interface Followed {
  readonly request: ScopeRequest
  /** How often it is followed now; 0: by an earlier client of this storage alone. */
  count: number
}

const prefix = 'scope/'
export const scopeRange = keysUnder(prefix)

/** Throws RangeError where the app names what cannot be. */
export function scopeOf(name: string, request: FollowRequest): ScopeRequest {
  const { products, orders, stock = [], carts = [], customer } = request
  const named = orders !== undefined && isList(orders) ? orders : []
  const owner = orders !== undefined && !isList(orders) ? orders.customerId : undefined
  const count = stock.length + carts.length + named.length
  if (count > maximumNamed) throw new RangeError(`${count} ids in one follow: at most ${maximumNamed}`)
  requireIds([
    ...stock,
    ...carts,
    ...named,
    ...(customer === undefined ? [] : [customer]),
    ...(owner === undefined ? [] : [owner]),
  ])
  return {
    name,
    ...(products === true && { products: {} }),
    ...(typeof products === 'object' && { products }),
    stock: sorted(stock),
    orders: sorted(named),
    carts: sorted(carts),
    ...(owner !== undefined && { ordersOf: owner }),
    ...(customer !== undefined && { customer }),
  }
}

function sorted(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort()
}

function isList(orders: NonNullable<FollowRequest['orders']>): orders is readonly string[] {
  return Array.isArray(orders)
}

export class Scopes {
  readonly #followed = new Map<string, Followed>()
  readonly #newId: () => string

  /** `newId`: text that no other page of this storage makes. */
  constructor(newId: () => string) {
    this.#newId = newId
  }

  /** Takes up what is stored. Gives what is followed here and stored no longer; what nobody here follows goes with its storage. */
  load(entries: readonly StoredEntry[]): readonly ScopeRequest[] {
    const stored = new Set<string>()
    for (const { value } of entries) {
      const request = JSON.parse(String(value)) as ScopeRequest
      stored.add(request.name)
      // Read again: what is followed here stays so.
      if (!this.#followed.has(request.name)) this.#followed.set(request.name, { request, count: 0 })
    }
    const gone = [...this.#followed.values()].filter(({ request }) => !stored.has(request.name))
    for (const { request, count } of gone) if (count === 0) this.forget(request.name)
    return gone.filter(({ count }) => count > 0).map(({ request }) => request)
  }

  get requests(): readonly ScopeRequest[] {
    return [...this.#followed.values()].map(({ request }) => request)
  }

  /** Whether a document that the device may change is among what is followed. */
  names(kind: string, id: string): boolean {
    return this.requests.some(({ carts, customer }) => (kind === 'cart' ? carts.includes(id) : customer === id))
  }

  /** The scope of a request, known or new; `write` stores a new one. */
  find(request: FollowRequest): { readonly scope: ScopeRequest; readonly write: StorageWrite | null } {
    const asked = contentOf(scopeOf('', request))
    const known = this.requests.find((one) => contentOf(one) === asked)
    if (known !== undefined) return { scope: known, write: null }
    // Never a name that was used before, here or in another page: cursors name by it what is held.
    const scope = scopeOf(`s.${this.#newId()}`, request)
    return { scope, write: storedScope(scope) }
  }

  /** Scopes that nobody follows any more and that have to make room for another one. */
  idle(): readonly string[] {
    const over = this.#followed.size + 1 - maximumScopes
    if (over <= 0) return []
    const idle = [...this.#followed.values()].filter(({ count }) => count === 0)
    if (idle.length < over) throw new RangeError(`${maximumScopes} scopes are followed already: unfollow one`)
    return idle.slice(0, over).map(({ request }) => request.name)
  }

  /** True where it was not followed by anyone, nor by an earlier client. */
  follow(request: ScopeRequest): boolean {
    const known = this.#followed.get(request.name)
    if (known !== undefined) known.count += 1
    else this.#followed.set(request.name, { request, count: 1 })
    return known === undefined
  }

  /** True where nobody follows it any more. */
  unfollow(name: string): boolean {
    const followed = this.#followed.get(name)
    if (followed === undefined) return false
    followed.count -= 1
    return followed.count <= 0
  }

  forget(name: string): void {
    this.#followed.delete(name)
  }
}

export function storedScope(request: ScopeRequest): StorageWrite {
  return { put: keyOfScope(request.name), value: JSON.stringify(request) }
}

export function keyOfScope(name: string): string {
  return prefix + name
}

function contentOf({ name: _, ...content }: ScopeRequest): string {
  return JSON.stringify(Object.entries(content).sort(([left], [right]) => (left < right ? -1 : 1)))
}
