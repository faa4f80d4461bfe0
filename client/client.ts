// The SDK's client: the names that an app uses, over the engine. Knows neither storage nor network.

import { type CartDraft, type ContactDraft, changeCart, changeContact } from './changes.ts'
import { Connection, type ConnectionState } from './connection.ts'
import { automergeReady } from './documents/wasm.ts'
import { Engine } from './engine.ts'
import type { Lease, LeaseRequest } from './leases/desk.ts'
import type { Migration } from './migration.ts'
import type { CommandInputs } from './operations.ts'
import { ClientError } from './outbox/client-error.ts'
import type { Command } from './outbox/command.ts'
import { type ClientPorts, platformPorts } from './ports.ts'
import type { ChangeableHandle, Handle, ListHandle, OwnedDocuments } from './replica/handles.ts'
import type { OrderFilter, ProductFilter } from './replica/replica.ts'
import type { CartView, CustomerView, OrderView, ProductView, ViewKind, Views } from './replica/views.ts'
import type { ClientStorage } from './storage/port.ts'
import type { Progress } from './sync/following.ts'
import type { FollowRequest } from './sync/scopes.ts'
import type { SyncTrouble } from './sync/sync.ts'
import { joinTabs } from './tabs/browser-tabs.ts'
import type { Tabs } from './tabs/tabs.ts'

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
  /** The version of the app's own shapes, and what makes unsent work of an earlier one into work of this one. */
  readonly documents?: Migration
  /** A WebSocket constructor where the platform has no global one (Node before 22: pass the one of `ws`). */
  readonly webSocket?: unknown
  /** Browsers: where `automerge.wasm` is served, in place of the copy in the bundle. */
  readonly wasm?: string | URL
  /** Clock, timers, dice and fetch; for tests. */
  readonly ports?: Partial<ClientPorts>
}

export interface Status {
  readonly connection: ConnectionState
  /** The region that answered last. */
  readonly region: string | null
  /** Commands and changes without an outcome. */
  readonly pending: number
  /** Followed things that are still to come. */
  readonly behind: number
  /** Refused outcomes not acknowledged. */
  readonly refused: number
  /** The region's clock less the device's, milliseconds: changes are stamped with the region's. */
  readonly clockOffsetMs: number
  /** The platform threw away what an earlier visit had stored, unsent work included: the person should know (R1). */
  readonly wasEvicted: boolean
  /** Why nothing new comes in though the line is up; null where it does. */
  readonly trouble: SyncTrouble | null
}

export interface Scope {
  /** Resolves when everything asked for is here and current. */
  readonly caughtUp: Promise<void>
  readonly progress: Progress
  /** What no other scope holds is let go of. */
  unfollow(): Promise<void>
}

const devicePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const anonymous = 'anonymous'

/** Opens the user's storage, takes up its data and its queue, and connects. */
export async function createClient(options: ClientOptions): Promise<CausewayClient> {
  const { token, user = anonymous, storage, documents, webSocket, wasm } = options
  const urls = typeof options.url === 'string' ? [options.url] : options.url
  if (urls.length === 0) throw new ClientError('INVALID', 'url: at least one gateway is needed')
  const ports: ClientPorts = {
    ...platformPorts(),
    ...options.ports,
    ...(webSocket === undefined ? {} : { webSocket }),
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
  // While the storage is opened, too: neither waits for the other.
  const ready = automergeReady(wasm)
  ready.catch(() => {})
  const renew = typeof token === 'string' ? async () => token : (token ?? null)
  const connection = new Connection({ urls, token: renew, ports })
  const opened = await storage.open(user)
  await ready.catch(async (error: unknown) => {
    await opened.close()
    throw error
  })
  const tabs = joinTabs(opened.sharedAs)
  const wasEvicted = opened.wasEvicted === true
  const client = new CausewayClient(connection, tabs, { user, wasEvicted }, (onChange) => {
    return new Engine({
      connection,
      ports,
      storage: opened,
      tabs,
      user,
      deviceId,
      migration: documents ?? null,
      onChange,
    })
  })
  await client.open()
  return client
}

/** Whose storage was opened, and how it was found. */
interface Opened {
  readonly user: string
  readonly wasEvicted: boolean
}

export class CausewayClient {
  readonly #connection: Connection
  readonly #tabs: Tabs
  readonly #user: string
  readonly #wasEvicted: boolean
  readonly #engine: Engine
  readonly #listeners = new Set<(status: Status) => void>()

  /** Made by `createClient`. */
  constructor(connection: Connection, tabs: Tabs, opened: Opened, makeEngine: (onChange: () => void) => Engine) {
    this.#connection = connection
    this.#tabs = tabs
    this.#user = opened.user
    this.#wasEvicted = opened.wasEvicted
    this.#engine = makeEngine(() => this.#changed())
  }

  async open(): Promise<void> {
    await this.#engine.open()
    this.#connection.connect()
  }

  /** Resolves once it is durable, offline too: what is known is readable then, and `caughtUp` says when the rest is. */
  async follow(request: FollowRequest): Promise<Scope> {
    const { following } = this.#engine
    const name = await following.follow(request).catch((error: unknown) => {
      throw error instanceof RangeError ? new ClientError('INVALID', error.message) : error
    })
    const isCaughtUp = () => following.isLive && following.isHeld(name)
    let stop = () => {}
    const caughtUp = new Promise<void>((resolve) => {
      if (isCaughtUp()) return resolve()
      stop = following.onArrival(() => {
        if (!isCaughtUp()) return
        stop()
        resolve()
      })
    })
    let isFollowed = true
    return {
      caughtUp,
      get progress() {
        const { loaded, total } = following.progress
        return following.isHeld(name) ? { loaded: total, total } : { loaded: Math.min(loaded, total - 1), total }
      },
      async unfollow() {
        if (!isFollowed) return
        isFollowed = false
        stop()
        await following.unfollow(name)
      },
    }
  }

  /** For adapters to other tools that hold Automerge documents. */
  readonly documents: OwnedDocuments = {
    confirmed: (kind, id) => this.#engine.replica.confirmed.owned(kind, id),
    onArrival: (listener) => this.#engine.following.onArrival(listener),
  }

  product = (id: string): Handle<ProductView> => this.#handle('product', id)
  stock = (sku: string) => this.#handle('stock', sku)
  order = (id: string) => this.#handle('order', id)

  /** Belongs to whom it names, at first to this client's user; what is changed merges with what others change meanwhile. */
  cart(id: string): ChangeableHandle<CartView, CartDraft> {
    const owner = this.#user === anonymous ? null : this.#user
    return {
      ...this.#handle('cart', id),
      change: (edit) => this.#engine.change('cart', id, (state) => changeCart(id, state, owner, edit)),
    }
  }

  customer(id: string): ChangeableHandle<CustomerView, ContactDraft> {
    return {
      ...this.#handle('customer', id),
      change: (edit) => this.#engine.change('contact', id, (state) => changeContact(id, state, edit)),
    }
  }

  /** Of the products that are followed, in order of id. */
  products(filter: ProductFilter = {}): ListHandle<ProductView> {
    return this.#list('product', () => this.#engine.replica.products(filter))
  }

  /** Of the orders that are followed, and those that wait to be placed, newest first. */
  orders(filter: OrderFilter = {}): ListHandle<OrderView> {
    return this.#list('order', () => this.#engine.replica.orders(filter))
  }

  /** Where a lease on this device holds what is sold, from there: then it stands, whatever others sell meanwhile. */
  placeOrder = (input: CommandInputs['placeOrder']) => this.#engine.leases.place(input)
  cancelOrder = (input: CommandInputs['cancelOrder']) => this.#engine.queue('cancelOrder', input)
  shipOrder = (input: CommandInputs['shipOrder']) => this.#engine.queue('shipOrder', input)
  deliverOrder = (input: CommandInputs['deliverOrder']) => this.#engine.queue('deliverOrder', input)
  returnOrderLines = (input: CommandInputs['returnOrderLines']) => this.#engine.queue('returnOrderLines', input)
  upsertCustomer = (input: CommandInputs['upsertCustomer']) => this.#engine.queue('upsertCustomer', input)
  receiveStock = (input: CommandInputs['receiveStock']) => this.#engine.queue('receiveStock', input)
  recordStockMovements = (input: CommandInputs['recordStockMovements']) =>
    this.#engine.queue('recordStockMovements', input)

  /**
   * Units that this device alone sells until their time is over, without asking. Resolves once they are kept here; rejects with
   * LeaseError where there is no connection or a region says no.
   */
  lease(request: LeaseRequest): Promise<Lease> {
    return this.#engine.leases.take(request)
  }

  /** What is lent to this device, after a reload too, in order of asking. */
  leases(): readonly Lease[] {
    return this.#engine.leases.list()
  }

  /** Pending ones, and those whose outcome has not been acknowledged, in the order in which they were done. */
  commands(): readonly Command[] {
    return this.#engine.outbox.commands()
  }

  status(): Status {
    const { outbox, clockOffsetMs, trouble } = this.#engine
    const { behind } = this.#engine.following
    const { state, region } = this.#connection
    const { pending, refused } = outbox
    const wasEvicted = this.#wasEvicted
    return { connection: state, region, pending, behind, refused, clockOffsetMs, wasEvicted, trouble }
  }

  onStatus(listener: (status: Status) => void): () => void {
    const own = (status: Status) => listener(status)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  connect(): void {
    this.#connection.connect()
  }

  /** What is done queues up until `connect`. */
  disconnect(): void {
    this.#connection.disconnect()
  }

  /**
   * Forgets this user's data and queue here; what is followed is loaded anew. Commands that were sent stand. Rejects with LeaseError
   * `LEASES_OPEN` while something is lent to this device: close it first.
   */
  async clear(): Promise<void> {
    await this.#engine.clear()
  }

  /** The storage keeps data and queue; a client opened on it later goes on. */
  async close(): Promise<void> {
    this.#connection.disconnect()
    await this.#engine.close()
    this.#tabs.leave()
    this.#listeners.clear()
  }

  #handle<Kind extends ViewKind>(kind: Kind, id: string): Handle<Views[Kind]> {
    const { replica } = this.#engine
    const get = () => replica.get(kind, id)
    return { get, subscribe: (listener) => replica.listen(`${kind}/${id}`, () => listener(get())) }
  }

  #list<View>(kind: ViewKind, get: () => readonly View[]): ListHandle<View> {
    return { get, subscribe: (listener) => this.#engine.replica.listen(kind, () => listener(get())) }
  }

  #changed(): void {
    if (this.#listeners.size === 0) return
    const status = this.status()
    for (const listener of [...this.#listeners]) listener(status)
  }
}
