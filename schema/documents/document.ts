// The one shape that every kind of document shares: named maps, fixed by the genesis change, of keys to registers.
// A register is replaced whole, never edited inside (M1), so a pure view over all concurrent values decides what
// stands, the same in projection, API and SDK. Knows no kind and no Automerge (automerge.ts).

import type { HybridTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import type { PlacementClass } from '../commit/commit.ts'
import type { Json } from '../json.ts'
import type { Touch } from './conflicts/policies.ts'

/** One written value and where and when it was written. */
export interface Register {
  readonly value: Json
  readonly time: HybridTime
  readonly region: RegionId
  /** Name of the custom policy under which it was written; absent where its kind's own policy holds. */
  readonly policy?: string
}

/** Map name → key → every value that no other value has replaced: one, or several where writes were concurrent. */
export type DocumentState = Readonly<Record<string, Readonly<Record<string, readonly Register[]>>>>

/**
 * Puts a whole register, or removes what the writer sees at the key (a concurrent put survives: add wins), or makes the
 * text of a field read so: of what others change in it meanwhile, everything stays.
 */
export type Edit =
  | { readonly map: string; readonly key: string; readonly value: Json }
  | { readonly map: string; readonly key: string; readonly remove: true }
  | { readonly map: string; readonly key: string; readonly text: string }

export interface DocumentRef {
  readonly kind: string
  readonly id: string
}

/** The edits of one document in one command. Placement is fixed when the document is created. */
export interface DocumentEdits extends DocumentRef {
  readonly placement: PlacementClass
  readonly edits: readonly Edit[]
}

/** A name besides the id under which a document is found, e.g. `sku:85123A`; of two claims the earliest stands. */
export interface Alias {
  readonly name: string
  readonly time: HybridTime
  readonly region: RegionId
}

/** What the store indexes of a view. */
export interface DocumentIndex {
  /** Lists come in this order, then by id; empty where lists go by id alone. */
  readonly sortKey: string
  /** The customer it belongs to. */
  readonly owner: string | null
  readonly status: string | null
  readonly tags: readonly string[]
  readonly aliases: readonly Alias[]
  /** Words for full-text search, most important first. */
  readonly searchText: readonly string[]
}

export interface DocumentKind<View> {
  readonly name: string
  /** Names of its maps; the genesis change creates exactly these. */
  readonly maps: readonly string[]
  /** Of the map `fields`: those that merge as text, not as registers. */
  readonly texts: readonly string[]
  /**
   * True where every edit puts a new key of the map `facts` and the event carries that very value with its key in
   * `data.id`: the state then follows from the events alone, and no document is built to apply a remote commit.
   */
  readonly factsOnly: boolean
  /** False where `index` gives no aliases, ever: what is remembered of names then outlives its documents. */
  readonly named: boolean
  /** True where its documents are placed in a home region, not everywhere. */
  readonly home: boolean
  /**
   * What of a document a change of one register touches, and by which policy concurrent touches are settled; `value` is
   * undefined where it was removed. Must agree with `view`.
   */
  touches(map: string, key: string, value: Json | undefined): readonly Touch[]
  /** Undefined until the document holds what its kind needs to be one. */
  view(id: string, state: DocumentState): View | undefined
  index(view: View): DocumentIndex
}

export const emptyState: DocumentState = Object.freeze({})
