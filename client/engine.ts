// The device: replica, outbox and sync over one user's storage. Says in which order things become durable and visible; the names
// that an app uses are client.ts's.

import { decodeToken } from '@causeway/schema/clock/causal-token'
import { covers } from '@causeway/schema/clock/version-vector'
import type { DocumentState } from '@causeway/schema/documents/document'
import type { OwnedKind, Patch } from '@causeway/schema/documents/units/unit'
import type { SyncMessage } from '@causeway/schema/sync/items'
import type { Connection } from './connection.ts'
import { type Migration, migrateWork } from './migration.ts'
import type { CommandName } from './operations.ts'
import { type Command, Outbox } from './outbox/driver.ts'
import { OutboxShelf } from './outbox/shelf.ts'
import type { ClientPorts } from './ports.ts'
import { RegionClock } from './region-clock.ts'
import { confirmedRanges, nowhere, type Step, type SyncPlace, writesOf } from './replica/confirmed.ts'
import type { Pending } from './replica/effects.ts'
import { Replica } from './replica/replica.ts'
import { sendWork } from './sending.ts'
import type { UserStorage } from './storage/port.ts'
import { isNews, type SyncNews } from './sync/news.ts'
import { type FollowRequest, keyOfScope, Scopes, scopeRange } from './sync/scopes.ts'
import { Sync, type SyncTrouble } from './sync/sync.ts'
import type { Tabs } from './tabs/tabs.ts'
import { Workbench } from './workbench.ts'

export interface EngineOptions {
  readonly connection: Connection
  readonly ports: ClientPorts
  readonly storage: UserStorage
  readonly tabs: Tabs
  readonly user: string
  readonly deviceId: string
  readonly migration: Migration | null
  readonly onChange: () => void
}

export interface Progress {
  readonly loaded: number
  readonly total: number
}

export class Engine {
  readonly replica: Replica
  readonly outbox: Outbox
  readonly #options: EngineOptions
  readonly #scopes = new Scopes()
  readonly #sync: Sync
  readonly #clock: RegionClock
  readonly #workbench: Workbench
  readonly #arrived = new Set<() => void>()
  #place: SyncPlace = nowhere
  #progress: Progress = { loaded: 0, total: 1 }
  #isLive = false
  #changing: Promise<unknown> = Promise.resolve()
  trouble: SyncTrouble | null = null

  constructor(options: EngineOptions) {
    const { connection, ports, storage, tabs, user } = options
    this.#options = options
    this.replica = new Replica(user)
    this.#clock = new RegionClock(ports)
    this.#workbench = new Workbench({
      ...{ replica: this.replica, clock: this.#clock, ports, deviceId: options.deviceId },
      entries: () => this.outbox.entries,
    })
    this.outbox = new Outbox({
      shelf: new OutboxShelf(storage, tabs),
      tabs,
      ports,
      send: (commands, resent) => sendWork(connection, this.#clock, commands, resent),
      covers: (token) => this.#covers(token),
      rebase: (refused, code) => this.#workbench.rebase(refused, code),
      onChange: () => {
        this.replica.update(null, this.#pendingNow())
        options.onChange()
      },
    })
    this.#sync = new Sync({
      connection,
      ports,
      scopes: () => this.#scopes.requests,
      cursor: () => this.#place.cursor,
      leads: () => options.tabs.leads,
      take: (message) => this.#take(message),
      lost: () => this.#keep({ items: new Map(), place: { ...this.#place, cursor: null, held: [] } }),
      onTrouble: (trouble) => {
        this.trouble = trouble
        options.onChange()
      },
    })
    connection.onState((state) => {
      if (state === 'online') this.outbox.online()
      else {
        this.#isLive = false
        this.outbox.offline()
      }
      options.onChange()
    })
  }

  /** Reads what is stored; what the app has changed the shape of is brought over in one step (R6). */
  async open(): Promise<void> {
    const { storage, migration, tabs } = this.#options
    for (const range of confirmedRanges) this.replica.confirmed.load(await storage.load(range))
    this.#scopes.load(await storage.load(scopeRange))
    if (migration !== null) await migrateWork(storage, migration)
    this.#place = this.replica.confirmed.place
    if (this.#place.region !== null) this.#clock.restore(this.#place.offsetMs)
    await this.outbox.load()
    this.replica.update(null, this.#pendingNow())
    tabs.onMessage((message) => this.#hear(message))
    tabs.onMissed(() => void this.#reload())
    tabs.onLead(() => void this.#reload().then(() => this.#sync.restart()))
  }

  get progress(): Progress {
    return this.#progress
  }

  /** Items that are still to come. */
  get behind(): number {
    if (this.#scopes.requests.length === 0 || this.#isLive) return 0
    const isHeld = this.#scopes.requests.every(({ name }) => this.#place.held.includes(name))
    return isHeld ? 0 : Math.max(1, this.#progress.total - this.#progress.loaded)
  }

  get clockOffsetMs(): number {
    return this.#clock.offsetMs
  }

  isHeld(name: string): boolean {
    return this.#place.held.includes(name)
  }

  get isLive(): boolean {
    return this.#isLive
  }

  /** Calls after every message of the sync, until it is ended. */
  onArrival(listener: () => void): () => void {
    this.#arrived.add(listener)
    return () => void this.#arrived.delete(listener)
  }

  /** Resolves with the scope's name once it is durable. Throws RangeError for what cannot be followed. */
  async follow(request: FollowRequest): Promise<string> {
    const { scope, write } = this.#scopes.find(request)
    if (write !== null) {
      for (const name of this.#scopes.idle()) await this.#forget(name)
      // Before it is stored, so that two follows of the same are one.
      this.#scopes.follow(scope)
      await this.#options.storage.commit([write]).catch((error: unknown) => {
        if (this.#scopes.unfollow(scope.name)) this.#scopes.forget(scope.name)
        throw error
      })
      this.#isLive = false
      this.#scopesMoved()
    } else this.#scopes.follow(scope)
    this.#options.onChange()
    return scope.name
  }

  async unfollow(name: string): Promise<void> {
    if (this.#scopes.unfollow(name)) await this.#forget(name)
    this.#options.onChange()
  }

  async queue(name: CommandName, input: object): Promise<Command> {
    return await this.outbox.queue(this.#workbench.command(name, input))
  }

  /** Null where `edit` changes nothing. One change after another: each stands on those before it. */
  change(
    kind: OwnedKind,
    id: string,
    edit: (state: DocumentState | undefined) => readonly Patch[],
  ): Promise<Command | null> {
    const changed = this.#changing.then(async () => {
      const patches = edit(this.replica.state(kind, id))
      if (patches.length === 0) return null
      return await this.outbox.queue(this.#workbench.change(kind, id, patches))
    })
    this.#changing = changed.catch(() => undefined)
    return changed
  }

  async clear(): Promise<void> {
    this.#sync.restart()
    await this.#sync.idle()
    await this.outbox.clear()
    const followed = this.#scopes.requests.map((scope) => ({
      put: keyOfScope(scope.name),
      value: JSON.stringify(scope),
    }))
    await this.#options.storage.commit([...confirmedRanges, scopeRange].map((removeRange) => ({ removeRange })))
    await this.#options.storage.commit(followed)
    this.#place = nowhere
    this.replica.clear()
    this.#sync.restart()
  }

  async close(): Promise<void> {
    this.#sync.end()
    await this.#sync.idle()
    await this.#changing
    await this.outbox.close()
    await this.#options.storage.close()
  }

  async #forget(name: string): Promise<void> {
    const step = this.replica.confirmed.planUnfollow(name)
    await this.#options.storage.commit([{ remove: keyOfScope(name) }, ...writesOf(step)])
    this.#scopes.forget(name)
    this.#show(step)
    this.#tell({ sync: 'step', items: [...step.items], place: step.place, isLive: this.#isLive })
    this.#scopesMoved()
  }

  async #take(message: SyncMessage): Promise<void> {
    const isLive = message.phase === 'LIVE'
    await this.#keep(this.replica.confirmed.plan(message, this.#options.ports.now()), isLive)
    this.#clock.set(message.nowMs)
    this.#isLive = isLive
    this.#progress = { loaded: message.loaded, total: Math.max(1, message.total) }
    this.#options.connection.saw(message.at, message.region)
    for (const listener of [...this.#arrived]) listener()
    this.#options.onChange()
  }

  /** Durable first, then visible (R1), here and in the pages that share the storage. */
  async #keep(step: Step, isLive = false): Promise<void> {
    await this.#options.storage.commit(writesOf(step))
    this.#show(step)
    this.#tell({ sync: 'step', items: [...step.items], place: step.place, isLive })
  }

  #tell(news: SyncNews): void {
    this.#options.tabs.tell(news)
  }

  /** What is followed is another set: the page that leads asks for it. */
  #scopesMoved(): void {
    this.#tell({ sync: 'scopes' })
    this.#sync.restart()
  }

  #hear(message: unknown): void {
    if (!isNews(message)) return
    if (message.sync === 'scopes') return void this.#reload().then(() => this.#sync.restart())
    if (this.#options.tabs.leads) return
    this.#isLive = message.isLive
    this.#show({ items: new Map(message.items), place: message.place })
    for (const listener of [...this.#arrived]) listener()
    this.#options.onChange()
  }

  /** Reads again what another page may have stored meanwhile. */
  async #reload(): Promise<void> {
    const { storage, tabs } = this.#options
    try {
      this.#scopes.load(await storage.load(scopeRange))
      if (tabs.leads && this.#place.cursor !== null) return
      const stored = await Promise.all(confirmedRanges.map((range) => storage.load(range)))
      this.#show(this.replica.confirmed.planReload(stored.flat()))
    } catch {
      // Where the storage cannot be read, what this page has heard stands.
    }
  }

  /** What it covers is dropped at the very moment that it is shown (R8). */
  #show(step: Step): void {
    this.#place = step.place
    this.outbox.covered()
    this.replica.update(step, this.#pendingNow())
  }

  #covers(token: string | null): boolean {
    if (token === null || this.#scopes.requests.length === 0) return true
    try {
      return covers(this.#place.at, decodeToken(token))
    } catch {
      // No token of ours: nothing to wait for.
      return true
    }
  }

  /** Work whose effect is shown: all that has no outcome, and what was accepted and is not confirmed yet. */
  #pendingNow(): readonly Pending[] {
    return this.outbox.entries.flatMap((entry) => {
      if (entry.state === 'settled' && (entry.outcome.status === 'refused' || this.#covers(entry.outcome.token)))
        return []
      return this.#workbench.pendingOf(entry.command)
    })
  }
}
