// The device: replica, outbox and sync over one user's storage. Says in which order things become durable and visible; the names
// that an app uses are client.ts's.

import { decodeToken } from '@causeway/schema/clock/causal-token'
import { covers } from '@causeway/schema/clock/version-vector'
import type { DocumentState } from '@causeway/schema/documents/document'
import type { OwnedKind, Patch } from '@causeway/schema/documents/units/unit'
import type { SyncMessage } from '@causeway/schema/sync/items'
import type { Connection } from './connection.ts'
import { LeaseDesk } from './leases/desk.ts'
import { LeaseSender } from './leases/sending.ts'
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
import { Standing } from './sync/standing.ts'
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

export class Engine {
  readonly replica: Replica
  readonly outbox: Outbox
  readonly leases: LeaseDesk
  readonly standing = new Standing()
  readonly #options: EngineOptions
  readonly #scopes = new Scopes()
  readonly #sync: Sync
  readonly #clock: RegionClock
  readonly #workbench: Workbench
  #place: SyncPlace = nowhere
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
    this.leases = new LeaseDesk({
      ...{ connection, storage, tabs, ports, deviceId: options.deviceId, onChange: options.onChange },
      make: (name, input) => this.#workbench.command(name, input),
      queue: (command, along) => this.outbox.queue(command, along),
      entries: () => this.outbox.entries,
    })
    const sender = new LeaseSender(connection, this.leases.book)
    this.outbox = new Outbox({
      shelf: new OutboxShelf(storage, tabs),
      tabs,
      ports,
      send: (commands, resent) => sendWork(connection, this.#clock, sender, commands, resent),
      storing: async (works, put) => {
        await this.leases.book.storing(works, put)
        this.leases.tend()
      },
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
        this.standing.isLive = false
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
    await this.leases.load()
    this.replica.update(null, this.#pendingNow())
    tabs.onMessage((message) => this.#hear(message))
    tabs.onMissed(() => void this.#reload())
    tabs.onLead(() => void this.#reload().then(() => this.#sync.restart()))
  }

  /** Items that are still to come. */
  get behind(): number {
    const scopes = this.#scopes.requests.map(({ name }) => name)
    return this.standing.behind(scopes, this.#place.held)
  }

  get clockOffsetMs(): number {
    return this.#clock.offsetMs
  }

  isHeld(name: string): boolean {
    return this.#place.held.includes(name)
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
      this.standing.isLive = false
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
    await this.leases.forget()
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
    await this.leases.idle()
    await this.outbox.close()
    await this.#options.storage.close()
  }

  async #forget(name: string): Promise<void> {
    const step = this.replica.confirmed.planUnfollow(name)
    await this.#options.storage.commit([{ remove: keyOfScope(name) }, ...writesOf(step)])
    this.#scopes.forget(name)
    this.#show(step)
    this.#tell({ sync: 'step', items: [...step.items], place: step.place, isLive: this.standing.isLive })
    this.#scopesMoved()
  }

  async #take(message: SyncMessage): Promise<void> {
    await this.#keep(this.replica.confirmed.plan(message, this.#options.ports.now()), message.phase === 'LIVE')
    this.#clock.set(message.nowMs)
    this.leases.book.anchor(message.nowMs)
    this.#options.connection.saw(message.at, message.region)
    this.standing.took(message)
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
    this.standing.isLive = message.isLive
    this.#show({ items: new Map(message.items), place: message.place })
    this.leases.book.anchor(this.#options.ports.now() + message.place.offsetMs)
    this.standing.tell()
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
      return this.#workbench.pendingOf(entry.command) ?? []
    })
  }
}
