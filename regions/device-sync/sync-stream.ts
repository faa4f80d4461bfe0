// One device's sync (R4): brings what it holds up to date, loads what it lacks, then follows the log. Everything it sends leaves
// a cursor from which any region goes on. It ends by itself after a bounded number of bytes: that the device goes on from its
// cursor is the acknowledgement, so nobody between here and there can pile up more.

import { StoreError } from '@causeway/db/store'
import { encodeToken } from '@causeway/schema/clock/causal-token'
import { covers, eventsBehind, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import { encodeCursor, type LoadPlace, type SyncCursor } from '@causeway/schema/sync/cursor'
import type { SyncItem, SyncMessage, SyncSpan } from '@causeway/schema/sync/items'
import type { ScopeRequest } from '@causeway/schema/sync/scope'
import type { Emission, Step } from '../graphql/live/stream.ts'
import { stepsAfter } from '../graphql/live/stream.ts'
import type { Timers } from '../ports.ts'
import type { LogEntry, Region } from '../region.ts'
import { type ReadSetting, readItems } from './item-reader.ts'
import { countScope, loadPage } from './scope-loader.ts'
import { touchesOf } from './touches.ts'
import { keyOfWanted, type Wanted } from './wanted.ts'
import { contactsOf, WatchList } from './watch-list.ts'

export interface SyncSetting {
  readonly region: Region
  readonly timers: Timers
  readonly now: () => number
  readonly scopes: readonly ScopeRequest[]
  readonly sees: (owner: string | null) => boolean
  readonly cursor: SyncCursor | null
  readonly signal: AbortSignal
}

/** Characters of content after which a stream ends; the device goes on from its cursor. */
export const windowCharacters = 4_000_000
const windowMessages = 1_000
/** A device that is further behind gets its scopes anew instead of all that changed. */
export const maximumEventsBehind = 50_000
/** Things of one message while it catches up by the log. */
const maximumTouched = 250
/** How often a device hears that nothing in its scopes has changed. */
const quietMs = 1_000

export type SyncEmission = Emission<SyncMessage> & { readonly cursor: string }

export async function* syncDevice(setting: SyncSetting): AsyncGenerator<SyncEmission> {
  const stream = new SyncStream(setting)
  try {
    yield* stream.run()
  } catch (error) {
    // What the device stands on is no longer in the log: it gets everything anew.
    if (!(error instanceof StoreError) || error.code !== 'LOG_DROPPED') throw error
    stream.beginAnew()
    yield* stream.run()
  }
}

class SyncStream {
  readonly #setting: SyncSetting
  readonly #watch: WatchList
  readonly #reading: ReadSetting
  #cursor: SyncCursor
  #loaded = 0
  #total = 0
  #isCaughtUp = false
  #sentCharacters = 0
  #sentMessages = 0
  #saidAt = 0

  constructor(setting: SyncSetting) {
    const { region, scopes, sees, cursor } = setting
    this.#setting = setting
    this.#watch = new WatchList(scopes)
    this.#reading = { store: region.store, here: region.id, members: region.members, sees, watch: this.#watch }
    const names = new Set(scopes.map(({ name }) => name))
    const frontier = region.frontier()
    const isFar = cursor === null || eventsBehind(cursor.at, frontier) > maximumEventsBehind
    this.#cursor = isFar ? afresh(frontier, cursor) : without(cursor, names)
  }

  beginAnew(): void {
    this.#cursor = afresh(this.#setting.region.frontier(), this.#cursor)
  }

  async *run(): AsyncGenerator<SyncEmission> {
    yield* this.#meet()
    yield* this.#catchUp()
    yield* this.#load()
    yield* this.#catchUp()
    if (this.#isSpent) return
    this.#isCaughtUp = true
    yield await this.#say([], [])
    yield* this.#follow()
  }

  get #isSpent(): boolean {
    return this.#sentCharacters >= windowCharacters || this.#sentMessages >= windowMessages
  }

  get #holdsAll(): boolean {
    return this.#setting.scopes.every(({ name }) => this.#cursor.held.includes(name))
  }

  /** Contacts that the device holds, or would if it had been here before: its cursor covers what another region could not give. */
  async *#meet(): AsyncGenerator<SyncEmission> {
    const wanted = contactsOf(this.#setting.scopes.filter(({ name }) => this.#cursor.held.includes(name)))
    if (wanted.length === 0) return
    const { items, frontier } = await readItems(this.#reading, wanted)
    const here = items.filter(({ content }) => content !== null)
    if (here.length === 0) return
    this.#saw(frontier)
    yield await this.#say(here, [])
  }

  /** What has changed, up to where the region stands now, of all that the device holds. */
  async *#catchUp(): AsyncGenerator<SyncEmission> {
    const { region, signal } = this.#setting
    const goal = region.frontier()
    if (covers(this.#cursor.at, goal) || this.#isSpent) return
    const batch = new Batch(this.#watch)
    for await (const step of stepsAfter(region, this.#cursor.at, signal)) {
      batch.take(step)
      const isDone = covers(step.after, goal)
      if (batch.size >= maximumTouched || (isDone && batch.size > 0)) yield await this.#sayChanges(batch)
      if (isDone) break
      if (this.#isSpent) return
    }
    if (batch.at !== null) this.#cursor = { ...this.#cursor, at: batch.at }
  }

  async *#load(): AsyncGenerator<SyncEmission> {
    const { region, scopes, signal } = this.#setting
    const missing = scopes.filter(({ name }) => !this.#cursor.held.includes(name))
    if (missing.length === 0 || this.#isSpent) return
    this.#loaded = 0
    this.#total = 0
    for (const scope of missing) this.#total += await countScope(region.store, scope)
    for (const scope of missing) {
      const { loading } = this.#cursor
      let place: LoadPlace | null = loading?.scope === scope.name ? loading : null
      do {
        if (signal.aborted || this.#isSpent) return
        const page = await loadPage(region.store, scope, place)
        place = page.next
        const { held } = this.#cursor
        this.#cursor = { ...this.#cursor, loading: place, held: place === null ? [...held, scope.name] : held }
        this.#loaded = Math.min(this.#loaded + page.wanted.length, this.#total)
        const { items, frontier } = await readItems(this.#reading, page.wanted)
        this.#saw(frontier)
        yield await this.#say(items, page.spans)
      } while (place !== null)
    }
  }

  async *#follow(): AsyncGenerator<SyncEmission> {
    const { region, signal } = this.#setting
    // Its own, so that what waits for the next commit can be woken when this ends.
    const ended = new AbortController()
    const end = () => ended.abort()
    signal.addEventListener('abort', end)
    try {
      yield* this.#followSteps(region, stepsAfter(region, this.#cursor.at, ended.signal))
    } finally {
      signal.removeEventListener('abort', end)
      end()
    }
  }

  async *#followSteps(region: Region, steps: AsyncGenerator<Step>): AsyncGenerator<SyncEmission> {
    const batch = new Batch(this.#watch)
    let next = steps.next()
    while (!this.#setting.signal.aborted && !this.#isSpent) {
      const taken = await this.#nextOrQuiet(next, batch.at !== null)
      if (taken !== 'quiet') {
        if (taken.done === true) return
        batch.take(taken.value)
        next = steps.next()
        if (batch.size < maximumTouched && !covers(taken.value.after, region.frontier())) continue
      }
      // Nothing of it is in scope, and still the device must know that it holds all up to here (R8).
      const isDue = this.#setting.now() - this.#saidAt >= quietMs
      if (batch.size > 0 || (batch.at !== null && isDue)) yield await this.#sayChanges(batch)
    }
    next.catch(() => undefined)
  }

  /** Waits until something is due to be said, where something is. */
  async #nextOrQuiet(next: Promise<IteratorResult<Step>>, isHeld: boolean): Promise<IteratorResult<Step> | 'quiet'> {
    if (!isHeld) return await next
    const { timers, now } = this.#setting
    let cancel = () => {}
    const quiet = new Promise<'quiet'>((resolve) => {
      cancel = timers.after(Math.max(0, this.#saidAt + quietMs - now()), () => resolve('quiet'))
    })
    try {
      return await Promise.race([next, quiet])
    } finally {
      cancel()
    }
  }

  async #sayChanges(batch: Batch): Promise<SyncEmission> {
    const { wanted, since, at } = batch.empty()
    // What a device does not hold yet it gets whole.
    const { items, frontier } =
      wanted.length === 0
        ? { items: [], frontier: {} }
        : await readItems(this.#reading, wanted, this.#holdsAll ? since : undefined)
    this.#cursor = { ...this.#cursor, at: at ?? this.#cursor.at }
    this.#saw(frontier)
    return await this.#say(items, [])
  }

  #saw(frontier: VersionVector): void {
    this.#cursor = { ...this.#cursor, seen: mergeVectors(mergeVectors(this.#cursor.seen, frontier), this.#cursor.at) }
  }

  async #say(items: readonly SyncItem[], spans: readonly SyncSpan[]): Promise<SyncEmission> {
    const { region, now } = this.#setting
    const cursor = encodeCursor(this.#cursor)
    const value: SyncMessage = {
      cursor,
      at: encodeToken(this.#cursor.at),
      phase: this.#isCaughtUp ? 'LIVE' : 'CATCHING_UP',
      loaded: this.#loaded,
      total: this.#total,
      nowMs: now(),
      region: region.id,
      regions: region.members,
      items,
      spans,
      held: this.#cursor.held,
    }
    this.#sentMessages += 1
    this.#saidAt = now()
    for (const item of items) this.#sentCharacters += JSON.stringify(item.content).length
    return { value, token: this.#cursor.at, cursor }
  }
}

/** What the log has brought since the last message. */
class Batch {
  readonly #watch: WatchList
  readonly #wanted = new Map<string, Wanted>()
  readonly #since = new Map<string, Uint8Array[] | null>()
  #at: VersionVector | null = null

  constructor(watch: WatchList) {
    this.#watch = watch
  }

  get size(): number {
    return this.#wanted.size
  }

  /** Null where there is nothing to say. */
  get at(): VersionVector | null {
    return this.#at
  }

  take({ entry, after }: { readonly entry: LogEntry; readonly after: VersionVector }): void {
    this.#at = after
    const touches = touchesOf(entry.commit)
    for (const wanted of this.#watch.touchedBy(touches)) {
      const key = keyOfWanted(wanted)
      this.#wanted.set(key, wanted)
      const [since, changes] = [this.#since.get(key), touches.changes.get(key)]
      if (changes === null) this.#since.set(key, null)
      else if (changes !== undefined && since !== null) this.#since.set(key, [...(since ?? []), ...changes])
    }
  }

  empty() {
    const taken = { wanted: [...this.#wanted.values()], since: new Map(this.#since), at: this.#at }
    this.#wanted.clear()
    this.#since.clear()
    this.#at = null
    return taken
  }
}

/** Nothing held; what was seen counts on, so that nothing older is shown. */
function afresh(frontier: VersionVector, before: SyncCursor | null): SyncCursor {
  const seen = before === null ? frontier : mergeVectors(before.seen, frontier)
  return { at: frontier, seen, held: [], loading: null }
}

/** Scopes that the device no longer follows are held no longer. */
function without(cursor: SyncCursor, names: ReadonlySet<string>): SyncCursor {
  const { loading } = cursor
  const held = cursor.held.filter((name) => names.has(name))
  return { ...cursor, held, loading: loading !== null && names.has(loading.scope) ? loading : null }
}
