// What a client follows: loads it over HTTP, then keeps stock and orders current by subscription from the token of the
// load, so that nothing falls between. Products, carts and customers are loaded again whenever the line comes back.

import { asRecord, type Reply, recordAt } from './answer.ts'
import type { Connection } from './connection.ts'
import type { Live } from './live.ts'
import { queries, subscriptions } from './operations.ts'
import type { Replica } from './replica.ts'
import type { OrderView, ViewKind, Views } from './views.ts'

export interface FollowRequest {
  /** The whole catalogue. */
  readonly products?: boolean
  /** SKUs. */
  readonly stock?: readonly string[]
  /** Order ids, or the newest orders of one customer. */
  readonly orders?: readonly string[] | { readonly customerId: string }
  /** Cart ids. */
  readonly carts?: readonly string[]
  /** Customer id. */
  readonly customer?: string
}

export interface Scope {
  /** Resolves when everything asked for has been loaded once. */
  readonly caughtUp: Promise<void>
  readonly progress: { readonly loaded: number; readonly total: number }
  unfollow(): Promise<void>
}

export interface ScopePorts {
  readonly connection: Connection
  readonly live: Live
  readonly replica: Replica
  readonly onChange: () => void
}

type Task = () => Promise<boolean>

const pageSize = 100
/** Of a customer's orders, the newest; each is one subscription. */
const maximumOrders = 100
const maximumProducts = 50_000

export class FollowedScope implements Scope {
  readonly caughtUp: Promise<void>
  readonly #ports: ScopePorts
  readonly #tasks: readonly Task[]
  readonly #done = new Set<Task>()
  readonly #stops = new Map<string, () => void>()
  #ended = false
  #loading = false
  #caught: () => void = () => {}

  constructor(request: FollowRequest, ports: ScopePorts) {
    this.#ports = ports
    this.caughtUp = new Promise((resolve) => {
      this.#caught = resolve
    })
    const { orders } = request
    this.#tasks = [
      ...(request.products === true ? [() => this.#products()] : []),
      ...(request.stock !== undefined && request.stock.length > 0 ? [() => this.#stock(request.stock ?? [])] : []),
      ...(isList(orders) ? orders.map((id) => () => this.#order(id)) : []),
      ...(orders !== undefined && !isList(orders) ? [() => this.#ordersOf(orders.customerId)] : []),
      ...(request.carts ?? []).map((id) => () => this.#one('cart', id)),
      ...(request.customer === undefined ? [] : [() => this.#one('customer', request.customer ?? '')]),
    ]
    void this.load()
  }

  get progress(): { readonly loaded: number; readonly total: number } {
    return { loaded: this.#done.size, total: this.#tasks.length }
  }

  /** Loads what is asked for; a task that fails waits for the next time that the line is back. */
  async load(): Promise<void> {
    if (this.#loading || this.#ended) return
    this.#loading = true
    try {
      for (const task of this.#tasks) {
        if (this.#ended || this.#ports.connection.state !== 'online') return
        if (await task()) this.#done.add(task)
        this.#ports.onChange()
      }
    } finally {
      this.#loading = false
      if (this.#done.size === this.#tasks.length) this.#caught()
    }
  }

  async unfollow(): Promise<void> {
    this.#ended = true
    for (const stop of this.#stops.values()) stop()
    this.#stops.clear()
  }

  async #products(): Promise<boolean> {
    return this.#pages('products', {}, maximumProducts, (node) => this.#put('product', node))
  }

  async #ordersOf(customerId: string): Promise<boolean> {
    return this.#pages('ordersOf', { customerId }, maximumOrders, (node, token) => {
      this.#put('order', node)
      if (typeof node.id === 'string') this.#watchOrder(node.id, token)
    })
  }

  async #pages(
    query: 'products' | 'ordersOf',
    variables: object,
    maximum: number,
    take: (node: Readonly<Record<string, unknown>>, token: string | null) => void,
  ): Promise<boolean> {
    const field = query === 'products' ? 'products' : 'orders'
    let after: string | null = null
    for (let count = 0; count < maximum; count += pageSize) {
      const reply: Reply = await this.#ports.connection.request(queries[query], {
        ...variables,
        first: pageSize,
        after,
      })
      if (reply.kind !== 'data' || this.#ended) return false
      const connection = recordAt(reply.data, field)
      const edges = Array.isArray(connection?.edges) ? connection.edges : []
      for (const edge of edges) {
        const node = recordAt(edge, 'node')
        if (node !== null) take(node, reply.token)
      }
      const page = recordAt(connection, 'pageInfo')
      const cursor = page?.endCursor
      if (page?.hasNextPage !== true || typeof cursor !== 'string') return true
      after = cursor
    }
    return true
  }

  async #stock(skus: readonly string[]): Promise<boolean> {
    if (this.#stops.has('stock')) return true
    let token: string | null = null
    for (const sku of skus) {
      const reply = await this.#load('stock', sku)
      if (reply === null) return false
      // From the oldest of them on: a state that comes again is the same state.
      token ??= reply.token
    }
    const onData = (data: object) => this.#put('stock', recordAt(data, 'stockChanged'))
    this.#stops.set(
      'stock',
      this.#ports.live.follow({ query: subscriptions.stockChanged, variables: { skus }, after: token, onData }),
    )
    return true
  }

  async #order(id: string): Promise<boolean> {
    if (this.#stops.has(id)) return true
    const reply = await this.#load('order', id)
    if (reply === null) return false
    this.#watchOrder(id, reply.token)
    return true
  }

  #watchOrder(id: string, after: string | null): void {
    if (this.#stops.has(id)) return
    const onData = (data: object) => this.#put('order', recordAt(data, 'orderChanged'))
    this.#stops.set(
      id,
      this.#ports.live.follow({ query: subscriptions.orderChanged, variables: { id }, after, onData }),
    )
  }

  async #one(kind: 'cart' | 'customer', id: string): Promise<boolean> {
    return (await this.#load(kind, id)) !== null
  }

  async #load(
    kind: 'stock' | 'order' | 'cart' | 'customer',
    id: string,
  ): Promise<{ readonly token: string | null } | null> {
    const reply = await this.#ports.connection.request(queries[kind], { id })
    if (reply.kind !== 'data' || this.#ended) return null
    const view = asRecord(reply.data[kind])
    if (view === null) this.#ports.replica.put(kind, id, null)
    else this.#put(kind, view)
    return { token: reply.token }
  }

  #put(kind: ViewKind, view: Readonly<Record<string, unknown>> | null): void {
    putView(this.#ports.replica, kind, view)
  }
}

/** The query names every field of the view's type, and the gateway has checked the types of its answer. */
export function putView(replica: Replica, kind: ViewKind, view: Readonly<Record<string, unknown>> | null): void {
  const id = view?.[kind === 'stock' ? 'sku' : 'id']
  if (view !== null && typeof id === 'string') replica.put(kind, id, view as unknown as Views[typeof kind])
}

function isList(orders: FollowRequest['orders']): orders is readonly OrderView['id'][] {
  return Array.isArray(orders)
}
