// The SDK's client: composes connection, outbox, subscriptions and views under the names that an app uses.
//
// What is here: views of products, stock, orders, carts and customers kept current while online; commands that are
// queued and retried under one idempotency key until exactly one outcome is known. What is not here yet, and therefore
// not exported: storage that survives a reload, changing carts and contacts offline, the likely effect of a pending
// command, stock leases, React bindings.

import { answerOf, asRecord } from './answer.ts'
import { Connection, type ConnectionState } from './connection.ts'
import { Live } from './live.ts'
import { type CommandInputs, type CommandName, mutationOf } from './operations.ts'
import { ClientError, type Command, Outbox } from './outbox/driver.ts'
import { OutboxShelf } from './outbox/shelf.ts'
import { type ClientPorts, platformPorts } from './ports.ts'
import { type OrderFilter, type ProductFilter, Replica } from './replica.ts'
import { FollowedScope, type FollowRequest, putView, type Scope } from './scope.ts'
import type { ClientStorage } from './storage/port.ts'
import { joinTabs } from './tabs/browser-tabs.ts'
import type { Tabs } from './tabs/tabs.ts'
import type { OrderView, ProductView, ViewKind, Views } from './views.ts'

export interface ClientOptions {
  /** A gateway's GraphQL URL, or several in order of preference. */
  readonly url: string | readonly string[]
  readonly storage: ClientStorage
  /** Whose data and queue this is; what is stored is kept apart per user. Default `anonymous`. */
  readonly user?: string
  /** Sent as a bearer token; a function is asked before every request, so it can renew. */
  readonly token?: string | (() => Promise<string>)
  /** Names this device in the ids of its commands: 1 to 64 letters, digits, `.`, `_`, `-`. Default: a random one. */
  readonly deviceId?: string
  /** A WebSocket constructor where the platform has no global one (Node before 22: pass the one of `ws`). */
  readonly webSocket?: unknown
  /** Clock, timers, dice and fetch; for tests. */
  readonly ports?: Partial<ClientPorts>
}

export interface Status {
  readonly connection: ConnectionState
  /** The region that answered last. */
  readonly region: string | null
  /** Commands without an outcome. */
  readonly pending: number
  /** Followed things not loaded yet. */
  readonly behind: number
  /** Refused outcomes not acknowledged. */
  readonly refused: number
}

export interface Handle<View> {
  /** Undefined where nothing of it is known here. */
  get(): View | undefined
  /** Calls with the view after every change; returns what ends it. */
  subscribe(listener: (view: View | undefined) => void): () => void
}

export interface ListHandle<View> {
  get(): readonly View[]
  subscribe(listener: (views: readonly View[]) => void): () => void
}

const devicePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Opens the user's storage, takes up its queue and connects. */
export async function createClient(options: ClientOptions): Promise<CausewayClient> {
  const urls = typeof options.url === 'string' ? [options.url] : options.url
  if (urls.length === 0) throw new ClientError('INVALID', 'url: at least one gateway is needed')
  const ports: ClientPorts = {
    ...platformPorts(),
    ...options.ports,
    ...(options.webSocket === undefined ? {} : { webSocket: options.webSocket }),
  }
  if (typeof ports.webSocket !== 'function') {
    throw new ClientError(
      'INVALID',
      'webSocket: this platform has none; pass a constructor, such as the one of the package ws',
    )
  }
  const deviceId = options.deviceId ?? ports.newId()
  if (!devicePattern.test(deviceId))
    throw new ClientError('INVALID', `deviceId: not 1 to 64 letters, digits, . _ -: ${deviceId}`)
  const { token } = options
  const renew = typeof token === 'string' ? async () => token : (token ?? null)
  const connection = new Connection({ urls, token: renew, ports })
  const storage = await options.storage.open(options.user ?? 'anonymous')
  const tabs = joinTabs(storage.sharedAs)
  const client = new CausewayClient(connection, ports, tabs, (changed, accepted) => {
    return new Outbox({
      shelf: new OutboxShelf(storage, tabs),
      tabs,
      ports,
      newCommandId: () => `${deviceId}.${ports.newId()}`,
      send: async (command, resent) => {
        const input = { ...command.input, idempotencyKey: command.id }
        return answerOf(command.name, await connection.request(mutationOf(command.name), { input }, resent))
      },
      onChange: changed,
      onAccepted: (_name, outcome) => accepted(outcome.data),
    })
  })
  await client.open()
  return client
}

type MakeOutbox = (changed: () => void, accepted: (data: Readonly<Record<string, unknown>>) => void) => Outbox

export class CausewayClient {
  readonly #connection: Connection
  readonly #live: Live
  readonly #tabs: Tabs
  readonly #outbox: Outbox
  readonly #replica = new Replica()
  readonly #scopes = new Set<FollowedScope>()
  readonly #listeners = new Set<(status: Status) => void>()

  /** Made by `createClient`. */
  constructor(connection: Connection, ports: ClientPorts, tabs: Tabs, makeOutbox: MakeOutbox) {
    this.#connection = connection
    this.#tabs = tabs
    this.#live = new Live(connection, ports)
    this.#outbox = makeOutbox(
      () => this.#changed(),
      (data) => {
        // The answer's view is the newest there is of what the command changed.
        for (const kind of ['order', 'stock', 'customer'] as const) putView(this.#replica, kind, asRecord(data[kind]))
      },
    )
    connection.onState((state) => {
      if (state === 'online') {
        this.#outbox.online()
        for (const scope of this.#scopes) void scope.load()
      } else this.#outbox.offline()
      this.#changed()
    })
  }

  async open(): Promise<void> {
    await this.#outbox.load()
    this.#connection.connect()
  }

  /** Resolves at once; what is known is readable, `caughtUp` says when the rest is. */
  async follow(request: FollowRequest): Promise<Scope> {
    const scope = new FollowedScope(request, {
      connection: this.#connection,
      live: this.#live,
      replica: this.#replica,
      onChange: () => this.#changed(),
    })
    this.#scopes.add(scope)
    this.#changed()
    const forget = async () => {
      this.#scopes.delete(scope)
      await scope.unfollow()
      this.#changed()
    }
    return {
      caughtUp: scope.caughtUp,
      get progress() {
        return scope.progress
      },
      unfollow: forget,
    }
  }

  product = (id: string) => this.#handle('product', id)
  stock = (sku: string) => this.#handle('stock', sku)
  order = (id: string) => this.#handle('order', id)
  cart = (id: string) => this.#handle('cart', id)
  customer = (id: string) => this.#handle('customer', id)

  /** Of the products that are followed, in order of id. */
  products(filter: ProductFilter = {}): ListHandle<ProductView> {
    return this.#list('product', () => this.#replica.products(filter))
  }

  /** Of the orders that are followed or were answered, newest first. */
  orders(filter: OrderFilter = {}): ListHandle<OrderView> {
    return this.#list('order', () => this.#replica.orders(filter))
  }

  placeOrder = (input: CommandInputs['placeOrder']) => this.#queue('placeOrder', input)
  cancelOrder = (input: CommandInputs['cancelOrder']) => this.#queue('cancelOrder', input)
  shipOrder = (input: CommandInputs['shipOrder']) => this.#queue('shipOrder', input)
  deliverOrder = (input: CommandInputs['deliverOrder']) => this.#queue('deliverOrder', input)
  returnOrderLines = (input: CommandInputs['returnOrderLines']) => this.#queue('returnOrderLines', input)
  upsertCustomer = (input: CommandInputs['upsertCustomer']) => this.#queue('upsertCustomer', input)
  receiveStock = (input: CommandInputs['receiveStock']) => this.#queue('receiveStock', input)
  recordStockMovements = (input: CommandInputs['recordStockMovements']) => this.#queue('recordStockMovements', input)

  /** Pending ones, and those whose outcome has not been acknowledged, in the order in which they were queued. */
  commands(): readonly Command[] {
    return this.#outbox.commands()
  }

  status(): Status {
    let behind = 0
    for (const scope of this.#scopes) behind += scope.progress.total - scope.progress.loaded
    return {
      connection: this.#connection.state,
      region: this.#connection.region,
      pending: this.#outbox.pending,
      behind,
      refused: this.#outbox.refused,
    }
  }

  onStatus(listener: (status: Status) => void): () => void {
    const own = (status: Status) => listener(status)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  connect(): void {
    this.#connection.connect()
  }

  /** Commands queue up until `connect`. */
  disconnect(): void {
    this.#connection.disconnect()
  }

  /** Forgets this user's views and queue here. Commands that were sent stand. */
  async clear(): Promise<void> {
    this.#replica.clear()
    await this.#outbox.clear()
  }

  /** The storage keeps the queue; a client opened on it later goes on. */
  async close(): Promise<void> {
    for (const scope of this.#scopes) await scope.unfollow()
    this.#scopes.clear()
    this.#connection.disconnect()
    await this.#outbox.close()
    this.#tabs.leave()
    this.#listeners.clear()
  }

  #queue<Name extends CommandName>(name: Name, input: CommandInputs[Name]): Promise<Command> {
    return this.#outbox.queue(name, input)
  }

  #handle<Kind extends ViewKind>(kind: Kind, id: string): Handle<Views[Kind]> {
    const get = () => this.#replica.get(kind, id)
    return { get, subscribe: (listener) => this.#replica.listen(`${kind}/${id}`, () => listener(get())) }
  }

  #list<View>(kind: ViewKind, get: () => readonly View[]): ListHandle<View> {
    return { get, subscribe: (listener) => this.#replica.listen(kind, () => listener(get())) }
  }

  #changed(): void {
    if (this.#listeners.size === 0) return
    const status = this.status()
    for (const listener of [...this.#listeners]) listener(status)
  }
}
