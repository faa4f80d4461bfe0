// What is followed, and the confirmed data that it brings: each step is planned, stored, and only then shown, one after another,
// here and in the pages that share the storage. Knows neither the queue nor the network.

import type { SyncMessage } from '@causeway/schema/sync/items'
import type { ClientPorts } from '../ports.ts'
import {
  type Confirmed,
  confirmedRanges,
  nowhere,
  placeKey,
  type Step,
  type SyncPlace,
  storedPlace,
  writesOf,
} from '../replica/confirmed.ts'
import { onlyKey, type UserStorage } from '../storage/port.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { isNews } from './news.ts'
import { type FollowRequest, keyOfScope, Scopes, scopeRange, storedScope } from './scopes.ts'
import { Turns } from './turns.ts'

export interface FollowingOptions {
  readonly storage: UserStorage
  readonly tabs: Tabs
  readonly ports: Pick<ClientPorts, 'now' | 'newId'>
  readonly confirmed: Confirmed
  /** A step that is stored: it is taken in and seen in one moment. */
  readonly show: (step: Step) => void
  /** The page that leads has shown one. */
  readonly heard: (place: SyncPlace) => void
  /** Everything confirmed is gone. */
  readonly dropped: () => void
  /** What is asked for is another set, or from another place. */
  readonly restart: () => void
  readonly onChange: () => void
}

export interface Progress {
  readonly loaded: number
  readonly total: number
}

export class Following {
  readonly #options: FollowingOptions
  readonly scopes: Scopes
  readonly #arrived = new Set<() => void>()
  /** A step is planned on what the one before has left. */
  readonly #turns = new Turns()
  #place: SyncPlace = nowhere
  #progress: Progress = { loaded: 0, total: 1 }
  #isLive = false
  #mayLead = false

  constructor(options: FollowingOptions) {
    this.#options = options
    this.scopes = new Scopes(() => options.ports.newId())
  }

  /** Throws StorageError where what is stored cannot be read. */
  async open(): Promise<void> {
    const { storage, confirmed } = this.#options
    for (const range of confirmedRanges) confirmed.load(await storage.load(range))
    this.scopes.load(await storage.load(scopeRange))
    this.#place = confirmed.place
  }

  /** Goes on with the other pages, once what this one shows has been taken up. */
  join(): void {
    const { tabs, restart } = this.#options
    tabs.onMessage((message) => this.#hear(message))
    tabs.onMissed(() => void this.#reload())
    tabs.onLead(() => {
      void this.#reload().then(() => {
        this.#mayLead = true
        restart()
      })
    })
  }

  get place(): SyncPlace {
    return this.#place
  }

  get progress(): Progress {
    return this.#progress
  }

  get isLive(): boolean {
    return this.#isLive
  }

  /** Whether this page leads, and knows what an earlier leader stored last. */
  get leads(): boolean {
    return this.#options.tabs.leads && this.#mayLead
  }

  /** Items that are still to come. */
  get behind(): number {
    if (this.scopes.requests.length === 0 || this.#isLive) return 0
    const isHeld = this.scopes.requests.every(({ name }) => this.isHeld(name))
    return isHeld ? 0 : Math.max(1, this.#progress.total - this.#progress.loaded)
  }

  isHeld(name: string): boolean {
    return this.#place.held.includes(name)
  }

  /** Nothing comes in for now. */
  offline(): void {
    this.#isLive = false
  }

  /** Calls after every message of the sync, until it is ended. */
  onArrival(listener: () => void): () => void {
    this.#arrived.add(listener)
    return () => void this.#arrived.delete(listener)
  }

  /** Resolves with the scope's name once it is durable. Throws RangeError for what cannot be followed. */
  follow(request: FollowRequest): Promise<string> {
    return this.#turns.take(async () => {
      const { scope, write } = this.scopes.find(request)
      if (write !== null) {
        for (const name of this.scopes.idle()) await this.#forget(name)
        await this.#options.storage.commit([write])
        this.#isLive = false
      }
      this.scopes.follow(scope)
      if (write !== null) this.#moved()
      this.#options.onChange()
      return scope.name
    })
  }

  unfollow(name: string): Promise<void> {
    return this.#turns.take(async () => {
      if (this.scopes.unfollow(name)) await this.#forget(name)
      this.#options.onChange()
    })
  }

  /** Takes in a message, unless something else is asked for by the time that its turn comes. */
  take(message: SyncMessage, isCurrent: () => boolean, taken: (message: SyncMessage) => void): Promise<void> {
    return this.#turns.take(async () => {
      if (!isCurrent()) return
      const { confirmed, ports, restart, onChange } = this.#options
      const step = confirmed.plan(message, ports.now())
      // The region takes for held what could not be gone on with here: unless it is asked anew, that would never come.
      const isWhole = message.held.every((name) => step.place.held.includes(name))
      const isLive = message.phase === 'LIVE' && isWhole
      await this.#keep(step, isLive)
      this.#isLive = isLive
      this.#progress = { loaded: message.loaded, total: Math.max(1, message.total) }
      taken(message)
      if (!isWhole) restart()
      this.#tellArrival()
      onChange()
    })
  }

  /** The cursor is of no use any more. */
  lost(): Promise<void> {
    return this.#turns.take(() => this.#keep({ items: new Map(), place: { ...this.#place, cursor: null, held: [] } }))
  }

  /** What is followed stays so, and is loaded anew. */
  clear(): Promise<void> {
    return this.#turns.take(async () => {
      const removed = [...confirmedRanges, scopeRange].map((removeRange) => ({ removeRange }))
      await this.#options.storage.commit([...removed, ...this.scopes.requests.map(storedScope)])
      this.#drop()
      this.#options.tabs.tell({ sync: 'cleared' })
    })
  }

  /** Resolves when nothing is being stored any more. */
  async idle(): Promise<void> {
    await this.#turns.idle()
  }

  async #forget(name: string): Promise<void> {
    const step = this.#options.confirmed.planUnfollow(name)
    await this.#options.storage.commit([{ remove: keyOfScope(name) }, ...writesOf(step)])
    this.scopes.forget(name)
    this.#shown(step, this.#isLive)
    this.#moved()
  }

  /** Durable first, then visible (R1), here and in the pages that share the storage. */
  async #keep(step: Step, isLive = false): Promise<void> {
    await this.#options.storage.commit(writesOf(step))
    this.#shown(step, isLive)
  }

  #shown(step: Step, isLive: boolean): void {
    this.#show(step)
    this.#options.tabs.tell({ sync: 'step', items: [...step.items], place: step.place, isLive })
  }

  #show(step: Step): void {
    this.#place = step.place
    this.#options.show(step)
  }

  /** The page that leads asks for it. */
  #moved(): void {
    this.#options.tabs.tell({ sync: 'scopes' })
    this.#options.restart()
  }

  #hear(message: unknown): void {
    if (!isNews(message)) return
    const { tabs, restart, heard, onChange } = this.#options
    if (message.sync === 'scopes') return void this.#reload().then(restart)
    if (message.sync === 'cleared') return void this.#turns.take(() => this.#clearedElsewhere())
    if (tabs.leads) return
    void this.#turns.take(async () => {
      this.#isLive = message.isLive
      this.#show({ items: new Map(message.items), place: message.place })
      heard(message.place)
      this.#tellArrival()
      onChange()
    })
  }

  /** What this page has stored since goes, too: it stands on what is no longer there. */
  async #clearedElsewhere(): Promise<void> {
    const { storage, tabs } = this.#options
    if (tabs.leads) await storage.commit(confirmedRanges.map((removeRange) => ({ removeRange }))).catch(() => {})
    this.#drop()
  }

  #drop(): void {
    this.#place = nowhere
    this.#isLive = false
    this.#options.dropped()
    this.#options.restart()
    this.#options.onChange()
  }

  /** Reads again what another page may have stored meanwhile; where nothing was, that costs two looks. */
  #reload(): Promise<void> {
    const { storage, tabs, confirmed } = this.#options
    return this.#turns.take(async () => {
      try {
        const missing = this.scopes.load(await storage.load(scopeRange))
        // Another page let go of what this one still follows.
        if (missing.length > 0) {
          await storage.commit(missing.map(storedScope))
          tabs.tell({ sync: 'scopes' })
        }
        const [stored] = await storage.load(onlyKey(placeKey))
        if (stored === undefined || stored.value === storedPlace(this.#place)) return
        const entries = await Promise.all(confirmedRanges.map((range) => storage.load(range)))
        this.#show(confirmed.planReload(entries.flat()))
      } catch {
        // Where the storage cannot be read, what this page has heard stands.
      }
    })
  }

  #tellArrival(): void {
    for (const listener of [...this.#arrived]) listener()
  }
}
