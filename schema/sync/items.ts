// What one message of a device's sync holds, as it travels. Documents that a device may change travel as Automerge bytes, the
// others as plain state: the same registers and facts from which a region makes its views. Types and readers, no behaviour.

import type { DocumentState } from '../documents/document.ts'

export const syncVersion = 1

/** Kinds that travel as plain state. */
export const plainKinds = ['product', 'order', 'customer'] as const
export type PlainKind = (typeof plainKinds)[number]

export type SyncKind = PlainKind | 'stock' | 'cart' | 'contact'

/** Units of a SKU, as the API's StockLevel. */
export interface SyncLevel {
  readonly available: number
  readonly reserved: number
  readonly leased: number
  readonly onHand: number
  readonly rights: readonly { readonly region: string; readonly units: number }[]
}

export type SyncContent =
  | { readonly state: DocumentState }
  | { readonly level: SyncLevel; readonly updatedAt: number }
  /** The whole document, Base64. Without a snapshot: from the genesis change of its kind on. */
  | { readonly snapshot: string | null; readonly changes: readonly string[] }
  /** What came to it since, Base64, for whoever holds what was there. */
  | { readonly since: readonly string[] }

export interface SyncItem {
  readonly kind: SyncKind
  /** Of a stock level: its SKU. */
  readonly id: string
  /** The scopes that it belongs to now; none: the device lets go of it. */
  readonly scopes: readonly string[]
  /** Null where there is none, or the caller may not see it. */
  readonly content: SyncContent | null
}

/** Items of `kind` in `scope` with `after` < id ≤ `upTo`: the message holds them all, so whatever else the device has there is gone. */
export interface SyncSpan {
  readonly scope: string
  readonly kind: SyncKind
  /** Null: from the first. */
  readonly after: string | null
  /** Null: to the last. */
  readonly upTo: string | null
}

export interface SyncMessage {
  readonly cursor: string
  /** A causal token: everything in scope up to here is held once this message is stored, but for scopes that still load. */
  readonly at: string
  /** `CATCHING_UP` until nothing is missing any more. */
  readonly phase: 'CATCHING_UP' | 'LIVE'
  /** Items of this stream's loads, sent and in all. */
  readonly loaded: number
  readonly total: number
  /** The region's time, milliseconds. */
  readonly nowMs: number
  readonly region: string
  /** Every region of the cluster. */
  readonly regions: readonly string[]
  readonly items: readonly SyncItem[]
  readonly spans: readonly SyncSpan[]
  /** Scopes that are held whole. */
  readonly held: readonly string[]
}
