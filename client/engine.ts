// The device: replica, outbox and sync over one user's storage. Says in which order things become durable and visible; the names
// that an app uses are client.ts's.

import type { DocumentState } from '@causeway/schema/documents/document'
import type { OwnedKind, Patch } from '@causeway/schema/documents/units/unit'
import type { SyncMessage } from '@causeway/schema/sync/items'
import type { Connection } from './connection.ts'
import { LeaseDesk } from './leases/desk.ts'
import { LeaseSender } from './leases/sending.ts'
import { type Migration, migrateWork } from './migration.ts'
import type { CommandName } from './operations.ts'
import type { Command } from './outbox/command.ts'
import { Outbox } from './outbox/driver.ts'
import type { OutboxEntry } from './outbox/outbox.ts'
import { OutboxShelf } from './outbox/shelf.ts'
import type { ClientPorts } from './ports.ts'
import { RegionClock } from './region-clock.ts'
import type { Step } from './replica/confirmed.ts'
import type { Pending } from './replica/pending.ts'
import { Replica } from './replica/replica.ts'
import { sendWork } from './sending.ts'
import type { UserStorage } from './storage/port.ts'
import { Coverage, type Covered } from './sync/coverage.ts'
import { Following } from './sync/following.ts'
import { findUnreachableHome, homeAgainMs } from './sync/homes.ts'
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
  readonly following: Following
  readonly #options: EngineOptions
  readonly #sync: Sync
  readonly #clock: RegionClock
  readonly #workbench: Workbench
  readonly #coverage: Coverage
  #changing: Promise<unknown> = Promise.resolve()
  #syncTrouble: SyncTrouble | null = null
  #cancelHome: (() => void) | null = null

  constructor(options: EngineOptions) {
    const { connection, ports, storage, tabs, user } = options
    this.#options = options
    this.replica = new Replica(user)
    this.#clock = new RegionClock(ports)
    this.#workbench = new Workbench({
      ...{ replica: this.replica, clock: this.#clock, ports, deviceId: options.deviceId },
      entries: () => this.outbox.entries,
      follows: (kind, id) => this.following.scopes.names(kind, id),
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
      covers: (token, command) => this.#coverage.of(token, command) === 'whole',
      rebase: (refused, code) => this.#workbench.rebase(refused, code),
      onChange: () => {
        this.replica.update(null, this.#pendingNow())
        options.onChange()
      },
    })
    this.following = new Following({
      ...{ storage, tabs, ports, confirmed: this.replica.confirmed },
      show: (step) => this.#show(step),
      heard: ({ offsetMs }) => this.leases.book.anchor(ports.now() + offsetMs),
      dropped: () => this.replica.clear(),
      restart: () => {
        // What a scope was waited for with is shown no longer once nobody follows that.
        this.#show(null)
        this.#sync.restart()
      },
      onChange: options.onChange,
    })
    this.#coverage = new Coverage({
      scopes: () => this.following.scopes.requests,
      place: () => this.following.place,
    })
    this.#sync = new Sync({
      connection,
      ports,
      scopes: () => this.following.scopes.requests,
      cursor: () => this.following.place.cursor,
      leads: () => this.following.leads,
      take: (message, isCurrent) => this.following.take(message, isCurrent, (taken) => this.#taken(taken)),
      lost: () => this.following.lost(),
      onTrouble: (trouble) => {
        this.#syncTrouble = trouble
        options.onChange()
      },
    })
    connection.onState((state) => {
      if (state === 'online') this.outbox.online()
      else {
        this.following.offline()
        this.outbox.offline()
      }
      options.onChange()
    })
  }

  /** Reads what is stored; what the app has changed the shape of is brought over in one step (R6). */
  async open(): Promise<void> {
    const { storage, migration } = this.#options
    await this.following.open()
    if (migration !== null) {
      await migrateWork(storage, migration, (kind, id, units) => this.replica.headsWith(kind, id, units))
    }
    const { region, offsetMs } = this.following.place
    if (region !== null) this.#clock.restore(offsetMs)
    await this.outbox.load()
    await this.leases.load()
    this.replica.update(null, this.#pendingNow())
    this.following.join()
  }

  get trouble(): SyncTrouble | null {
    return this.#syncTrouble ?? this.#unreachableHome()
  }

  #unreachableHome(): SyncTrouble | null {
    return findUnreachableHome(this.following.scopes.requests, this.replica.confirmed)
  }

  get clockOffsetMs(): number {
    return this.#clock.offsetMs
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
    await this.outbox.clear()
    await this.following.clear()
  }

  async close(): Promise<void> {
    this.#cancelHome?.()
    this.#sync.end()
    await this.#sync.idle()
    await this.#changing
    await this.leases.idle()
    await this.following.idle()
    await this.outbox.close()
    await this.#options.storage.close()
  }

  #taken({ nowMs, at, region }: SyncMessage): void {
    this.#clock.set(nowMs)
    this.leases.book.anchor(nowMs)
    this.#options.connection.saw(at, region)
    if (this.#cancelHome !== null || this.#unreachableHome() === null) return
    // A gateway lets the home region feed those who follow its customers, where it can be reached: then, too, if it comes back.
    this.#cancelHome = this.#options.ports.after(homeAgainMs, () => {
      this.#cancelHome = null
      if (this.#unreachableHome() !== null) this.#sync.restart()
    })
  }

  /** What it covers is dropped at the very moment that it is shown (R8). */
  #show(step: Step | null): void {
    this.outbox.covered()
    this.replica.update(step, this.#pendingNow())
  }

  /** Work whose effect is shown: all that has no outcome, and what was accepted and is not confirmed yet. */
  #pendingNow(): readonly Pending[] {
    const pending: Pending[] = []
    for (const entry of this.outbox.entries) {
      const covered = this.#coveredOf(entry)
      if (covered === 'whole') continue
      const one = this.#workbench.pendingOf(entry.command, covered === 'counted')
      if (one !== null) pending.push(one)
    }
    return pending
  }

  /** Of what was refused nothing is left to come. */
  #coveredOf(entry: OutboxEntry): Covered {
    if (entry.state !== 'settled') return 'behind'
    return entry.outcome.status === 'refused' ? 'whole' : this.#coverage.of(entry.outcome.token, entry.command)
  }
}
