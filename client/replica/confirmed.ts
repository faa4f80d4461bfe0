// What regions have confirmed: the items in scope, and where in the log they stand. A message of the sync is first planned, then
// stored, then taken in: all of it or nothing. Pure; knows no pending work.

import { decodeToken, encodeToken } from '@causeway/schema/clock/causal-token'
import { covers, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { DocumentState } from '@causeway/schema/documents/document'
import { type ProductView, productKind } from '@causeway/schema/documents/product/kind'
import { decodeCursor, encodeCursor } from '@causeway/schema/sync/cursor'
import type { SyncItem, SyncKind, SyncLevel, SyncMessage } from '@causeway/schema/sync/items'
import { keysUnder, StorageError, type StorageWrite, type StoredEntry } from '../storage/port.ts'
import { type OwnedContent, withChanges } from './owned.ts'

export type HeldContent =
  | { readonly state: DocumentState }
  | { readonly level: SyncLevel; readonly updatedAt: number }
  | OwnedContent

export interface HeldItem {
  readonly kind: SyncKind
  readonly id: string
  readonly scopes: readonly string[]
  readonly content: HeldContent
}

export interface SyncPlace {
  /** Null before the first message. */
  readonly cursor: string | null
  readonly at: VersionVector
  readonly held: readonly string[]
  readonly region: string | null
  readonly regions: readonly string[]
  /** The region's time less the device's, milliseconds, at the last message (M2). */
  readonly offsetMs: number
}

export interface Step {
  /** Null: let go of. By `kind/id`. */
  readonly items: ReadonlyMap<string, HeldItem | null>
  readonly place: SyncPlace
}

export const nowhere: SyncPlace = { cursor: null, at: {}, held: [], region: null, regions: [], offsetMs: 0 }

const itemPrefix = 'item/'
export const placeKey = 'sync/place'
export const confirmedRanges = [keysUnder(itemPrefix), keysUnder('sync/')]

export function keyOf(kind: string, id: string): string {
  return `${kind}/${id}`
}

export class Confirmed {
  /** By `kind/id`; as text where it was stored and has not been looked at since, which is most of it for most of the time. */
  readonly #items = new Map<string, HeldItem | string>()
  /** SKU → product; null until the first one is asked for. */
  #sellers: Map<string, string> | null = null
  #place: SyncPlace = nowhere

  get place(): SyncPlace {
    return this.#place
  }

  get(kind: string, id: string): HeldItem | undefined {
    return this.#at(keyOf(kind, id))
  }

  /** A document that devices may change. */
  owned(kind: string, id: string): OwnedContent | null {
    const content = this.get(kind, id)?.content
    return content !== undefined && 'changes' in content ? content : null
  }

  ids(kind: string): readonly string[] {
    const prefix = `${kind}/`
    const ids: string[] = []
    for (const key of this.#items.keys()) if (key.startsWith(prefix)) ids.push(key.slice(prefix.length))
    return ids
  }

  sellerOf(sku: string): string | undefined {
    if (this.#sellers === null) {
      this.#sellers = new Map()
      for (const id of this.ids('product')) this.#sells(this.get('product', id))
    }
    return this.#sellers.get(sku)
  }

  /** What was stored. Throws StorageError where it cannot be read. */
  load(entries: readonly StoredEntry[]): void {
    for (const { key, value } of entries) {
      if (typeof value !== 'string') throw new StorageError('UNREADABLE', `not a stored item: ${key}`)
      if (key === placeKey) {
        const { at, ...place } = JSON.parse(value) as Omit<SyncPlace, 'at'> & { readonly at: string }
        this.#place = { ...place, at: decodeToken(at) }
      } else if (key.startsWith(itemPrefix)) this.#items.set(key.slice(itemPrefix.length), value)
    }
  }

  /** What was stored by another page, as a step from what is here. */
  planReload(entries: readonly StoredEntry[]): Step {
    const stored = new Confirmed()
    stored.load(entries)
    const items = new Map<string, HeldItem | null>()
    for (const key of this.#items.keys()) if (!stored.#items.has(key)) items.set(key, null)
    for (const key of stored.#items.keys()) items.set(key, stored.#at(key) ?? null)
    return { items, place: stored.#place }
  }

  plan(message: SyncMessage, nowMs: number): Step {
    const items = new Map<string, HeldItem | null>()
    const unreadable: string[] = []
    for (const span of message.spans) {
      const prefix = `${span.kind}/`
      for (const key of this.#items.keys()) {
        if (!key.startsWith(prefix)) continue
        const id = key.slice(prefix.length)
        if ((span.after !== null && id <= span.after) || (span.upTo !== null && id > span.upTo)) continue
        // Read only now: of a large replica a span concerns a part.
        const item = this.#at(key)
        if (item === undefined || !item.scopes.includes(span.scope)) continue
        const left = items.has(key) ? (items.get(key) ?? null) : item
        items.set(key, left && without(left, [span.scope]))
      }
    }
    for (const item of message.items) {
      const key = keyOf(item.kind, item.id)
      const content = this.#contentOf(item)
      if (content === undefined) unreadable.push(...item.scopes)
      else items.set(key, content === null || item.scopes.length === 0 ? null : { ...item, content })
    }
    const { region, regions, at, nowMs: regionMs } = message
    const held = message.held.filter((name) => !unreadable.includes(name))
    // A document that cannot be gone on with is loaded anew, with its scope.
    const cursor = unreadable.length === 0 ? message.cursor : encodeCursor({ ...decodeCursor(message.cursor), held })
    const place = { cursor, at: decodeToken(at), held, region, regions, offsetMs: regionMs - nowMs }
    return { items, place }
  }

  /** Everything that a scope held and no other one does, where the device no longer follows it. */
  planUnfollow(name: string): Step {
    const items = new Map<string, HeldItem | null>()
    for (const [key, item] of this.#all()) if (item.scopes.includes(name)) items.set(key, without(item, [name]))
    const held = this.#place.held.filter((one) => one !== name)
    return { items, place: { ...this.#place, held } }
  }

  /** Keys that it changes. */
  apply({ items, place }: Step): readonly string[] {
    this.#place = place
    for (const [key, item] of items) this.#put(key, item)
    return [...items.keys()]
  }

  /** True where everything up to a position is reflected (R8). */
  covers(position: VersionVector): boolean {
    return covers(this.#place.at, position)
  }

  clear(): readonly string[] {
    const keys = [...this.#items.keys()]
    this.#items.clear()
    this.#sellers = null
    this.#place = nowhere
    return keys
  }

  /** Undefined where the changes that came stand on something that is not here. */
  #contentOf({ kind, id, content }: SyncItem): HeldContent | null | undefined {
    if (content === null || !('since' in content)) return content
    return withChanges(kind, this.owned(kind, id), content.since) ?? undefined
  }

  #at(key: string): HeldItem | undefined {
    const held = this.#items.get(key)
    if (typeof held !== 'string') return held
    const item = JSON.parse(held) as HeldItem
    this.#items.set(key, item)
    return item
  }

  *#all(): Generator<readonly [string, HeldItem]> {
    for (const key of this.#items.keys()) {
      const item = this.#at(key)
      if (item !== undefined) yield [key, item]
    }
  }

  #put(key: string, item: HeldItem | null): void {
    if (this.#sellers !== null) {
      const before = this.#at(key)
      for (const { sku } of variantsOf(before)) if (this.#sellers.get(sku) === before?.id) this.#sellers.delete(sku)
    }
    if (item === null) this.#items.delete(key)
    else this.#items.set(key, item)
    this.#sells(item ?? undefined)
  }

  #sells(item: HeldItem | undefined): void {
    if (this.#sellers === null) return
    for (const { sku } of variantsOf(item)) if (item !== undefined) this.#sellers.set(sku, item.id)
  }
}

function variantsOf(item: HeldItem | undefined): ProductView['variants'] {
  if (item?.kind !== 'product' || !('state' in item.content)) return []
  return productKind.view(item.id, item.content.state)?.variants ?? []
}

function without(item: HeldItem, names: readonly string[]): HeldItem | null {
  const scopes = item.scopes.filter((name) => !names.includes(name))
  return scopes.length === 0 ? null : { ...item, scopes }
}

export function storedPlace(place: SyncPlace): string {
  return JSON.stringify({ ...place, at: encodeToken(place.at) })
}

export function writesOf({ items, place }: Step): readonly StorageWrite[] {
  const writes: StorageWrite[] = [{ put: placeKey, value: storedPlace(place) }]
  for (const [key, item] of items)
    writes.push(item === null ? { remove: itemPrefix + key } : { put: itemPrefix + key, value: JSON.stringify(item) })
  return writes
}
