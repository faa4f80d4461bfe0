// Loads a scope page by page, from any place in it on: what a device does not hold yet. Each page says which span of the scope
// it holds whole. Knows no stream.

import type { DocumentQuery, Store } from '@causeway/db/store'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { productKind } from '@causeway/schema/documents/product/kind'
import type { LoadPlace } from '@causeway/schema/sync/cursor'
import type { SyncSpan } from '@causeway/schema/sync/items'
import { matchesProduct, type ScopeRequest } from '@causeway/schema/sync/scope'
import type { Wanted } from './wanted.ts'
import { type Segment, segmentsOf } from './watch-list.ts'

export interface ScopePage {
  readonly wanted: readonly Wanted[]
  readonly spans: readonly SyncSpan[]
  /** Null: the scope is loaded. */
  readonly next: LoadPlace | null
}

/** Items of one page; of a search, rows looked at for one. */
const pageItems = 250
const searchRows = 2_000

export async function loadPage(store: Store, scope: ScopeRequest, place: LoadPlace | null): Promise<ScopePage> {
  const segments = segmentsOf(scope)
  const index = place?.segment ?? 0
  const segment = segments[index]
  if (segment === undefined) return { wanted: [], spans: [], next: null }
  const { key, ...page } = await readSegment(store, scope, segment, place?.key ?? '')
  if (key !== null) return { ...page, next: { scope: scope.name, segment: index, key } }
  const isLast = index + 1 >= segments.length
  return { ...page, next: isLast ? null : { scope: scope.name, segment: index + 1, key: '' } }
}

/** Whether the load of a scope can go on from there: a place that no region gave might be read as another one, or not at all. */
export function isPlaceIn(scope: ScopeRequest, { segment: index, key }: LoadPlace): boolean {
  const segment = segmentsOf(scope)[index]
  if (segment === undefined) return false
  if (key === '') return true
  return segment.by === 'name' ? /^\d{1,9}$/.test(key) : partsOf(key) !== null
}

/** How many items a scope has, as counted now; of a search, how many it may have. */
export async function countScope(store: Store, scope: ScopeRequest): Promise<number> {
  let count = 0
  for (const segment of segmentsOf(scope)) {
    if (segment.by === 'name') count += segment.wanted.length
    else if (segment.by === 'owner') count += await store.count({ kind: orderKind.name, owner: segment.owner })
    else count += await store.count({ kind: productKind.name, ...(segment.tag !== undefined && { tag: segment.tag }) })
  }
  return count
}

type SegmentPage = Omit<ScopePage, 'next'> & { readonly key: string | null }

async function readSegment(store: Store, scope: ScopeRequest, segment: Segment, key: string): Promise<SegmentPage> {
  switch (segment.by) {
    case 'name': {
      const start = Number(key)
      const wanted = segment.wanted.slice(start, start + pageItems)
      const end = start + wanted.length
      return { wanted, spans: [], key: end < segment.wanted.length ? String(end) : null }
    }
    case 'owner': {
      const rows = await find(store, { kind: orderKind.name, owner: segment.owner }, key, pageItems)
      // Orders neither end nor change their customer: there is nothing to let go of, and so no span.
      return { wanted: rows.wanted, spans: [], key: rows.key }
    }
    case 'product': {
      const { products } = scope
      const tag = segment.tag === undefined ? {} : { tag: segment.tag }
      const limit = products?.search === undefined ? pageItems : searchRows
      const rows = await find(store, { kind: productKind.name, ...tag }, key, limit)
      const wanted = rows.views.filter(({ view }) => products !== undefined && matchesProduct(view, products))
      const after = key === '' ? null : keyParts(key).id
      const upTo = rows.key === null ? null : keyParts(rows.key).id
      return {
        wanted: wanted.map(({ id }) => ({ kind: 'product', id })),
        spans: [{ scope: scope.name, kind: 'product', after, upTo }],
        key: rows.key,
      }
    }
    default:
      return segment satisfies never
  }
}

async function find(store: Store, query: Pick<DocumentQuery, 'kind' | 'owner' | 'tag'>, key: string, limit: number) {
  const after = key === '' ? {} : { after: { ...keyParts(key), rank: 0 } }
  const found = await store.find({ ...query, ...after, first: limit, descending: false })
  const last = found.at(-1)?.document
  const views = found.flatMap(({ document: { id, state, kind } }) => {
    const view = kind === productKind.name ? productKind.view(id, state) : undefined
    return view === undefined ? [] : [{ id, view }]
  })
  return {
    views,
    wanted: found.map(({ document: { id } }): Wanted => ({ kind: 'order', id })),
    key: last === undefined || found.length < limit ? null : JSON.stringify([last.index.sortKey, last.id]),
  }
}

interface KeyParts {
  readonly sortKey: string
  readonly id: string
}

function keyParts(key: string): KeyParts {
  const parts = partsOf(key)
  if (parts === null) throw new RangeError('not a place in a list')
  return parts
}

function partsOf(key: string): KeyParts | null {
  try {
    const parts: unknown = JSON.parse(key)
    const [sortKey, id] = Array.isArray(parts) ? parts : []
    return typeof sortKey === 'string' && typeof id === 'string' ? { sortKey, id } : null
  } catch {
    return null
  }
}
