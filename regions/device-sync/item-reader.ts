// Reads things from the store as items of a sync: plain state of what devices only read, bytes of what they may change. Hides
// what the caller may not see. Knows no cursor and no stream.

import type { DocumentBytes, Loaded, Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import type { DocumentState } from '@causeway/schema/documents/document'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { ownedKinds } from '@causeway/schema/documents/units/unit'
import type { StockRow } from '@causeway/schema/stock/row'
import type { SyncContent, SyncItem } from '@causeway/schema/sync/items'
import { stockSource } from '../graphql/stock-level.ts'
import { keyOfWanted, type Wanted } from './wanted.ts'
import type { WatchList } from './watch-list.ts'

export interface ReadSetting {
  readonly store: Store
  /** Whose store it is. */
  readonly here: RegionId
  readonly members: readonly RegionId[]
  /** Whether the caller may see what belongs to a customer. */
  readonly sees: (owner: string | null) => boolean
  readonly watch: WatchList
}

/** Changes of a document since the device's cursor, as the log brought them; null where only the whole tells. */
export type SinceLog = ReadonlyMap<string, readonly Uint8Array[] | null>

export interface ReadItems {
  readonly items: readonly SyncItem[]
  /** Holds all that the items reflect. */
  readonly frontier: VersionVector
}

export async function readItems(
  { store, here, members, sees, watch }: ReadSetting,
  wanted: readonly Wanted[],
  since: SinceLog = new Map(),
): Promise<ReadItems> {
  const documents = wanted.filter(({ kind }) => kind !== 'stock')
  const bytes = documents.filter(({ kind }) => isOwned(kind))
  const skus = wanted.filter(({ kind }) => kind === 'stock').map(({ id }) => id)
  const customers = documents
    .filter(({ kind }) => kind === 'contact')
    .map(({ id }) => ({ kind: customerKind.name, id }))
  const loaded = await store.load({
    ...{ documents: [...documents, ...customers], bytes, skus, ids: [], aliases: [], keys: [] },
  })
  // Read after the data, so that it holds whatever they reflect.
  const { frontier, time } = await store.head()
  const found = new Found(loaded)
  // What is at home elsewhere is not gone: a device that was there before keeps it.
  const answered = wanted.filter((one) => one.kind !== 'contact' || !isElsewhere(found, one.id, here))
  const items = answered.map((one): SyncItem => {
    if (one.kind === 'stock') {
      const { available, reserved, leased, onHand, rights } = stockSource(one.id, found.rows(one.id), members)
      const level = { available, reserved, leased, onHand, rights }
      const content = found.rows(one.id).length === 0 ? null : { level, updatedAt: time.wallMs }
      return { ...one, scopes: watch.scopesOf(one, null), content }
    }
    const state = found.state(one)
    const visible = state !== null && isVisible(one, state, sees) ? state : null
    return { ...one, scopes: watch.scopesOf(one, visible), content: visible && contentOf(one, visible, found, since) }
  })
  return { items, frontier }
}

class Found {
  readonly #states: ReadonlyMap<string, DocumentState>
  readonly #bytes: ReadonlyMap<string, DocumentBytes>
  readonly #rows = new Map<string, StockRow[]>()

  constructor({ documents, bytes, stock }: Loaded) {
    this.#states = new Map(documents.map((document) => [keyOfWanted(document), document.state]))
    this.#bytes = new Map(bytes.map((one) => [keyOfWanted(one), one]))
    for (const row of stock) this.#rows.set(row.sku, [...(this.#rows.get(row.sku) ?? []), row])
  }

  state(wanted: Wanted): DocumentState | null {
    return this.#states.get(keyOfWanted(wanted)) ?? null
  }

  bytes(wanted: Wanted): DocumentBytes | null {
    return this.#bytes.get(keyOfWanted(wanted)) ?? null
  }

  rows(sku: string): readonly StockRow[] {
    return this.#rows.get(sku) ?? []
  }
}

function isElsewhere(found: Found, id: string, here: RegionId): boolean {
  const state = found.state({ kind: 'customer', id })
  const customer = state === null ? undefined : customerKind.view(id, state)
  return customer !== undefined && !customer.erased && customer.homeRegion !== here
}

function isOwned(kind: string): boolean {
  return ownedKinds.some((name) => name === kind)
}

function isVisible({ kind, id }: Wanted, state: DocumentState, sees: ReadSetting['sees']): boolean {
  switch (kind) {
    case 'order': {
      const view = orderKind.view(id, state)
      return view !== undefined && sees(view.customerId)
    }
    case 'cart': {
      // One that names no customer belongs to whoever knows its id.
      const owner = cartKind.view(id, state)?.customerId ?? null
      return owner === null || sees(owner)
    }
    case 'contact':
      return sees(id)
    case 'customer':
      return sees(id) && customerKind.view(id, state) !== undefined
    case 'product':
    case 'stock':
      return true
    default:
      return kind satisfies never
  }
}

function contentOf(wanted: Wanted, state: DocumentState, found: Found, since: SinceLog): SyncContent | null {
  if (!isOwned(wanted.kind)) return { state }
  const bytes = found.bytes(wanted)
  if (bytes === null) return null
  const changes = since.get(keyOfWanted(wanted))
  // After a fold, what the log brought is not what the document is made of.
  if (changes && bytes.marks.length === 0) return { since: changes.map(toBase64) }
  return { snapshot: bytes.snapshot && toBase64(bytes.snapshot), changes: bytes.changes.map(toBase64) }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
