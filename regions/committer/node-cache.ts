// What a node remembers of documents and stock rows between transactions, coherent by log position: it holds for
// exactly the position it has seen, and forgets what other nodes touched since (W4: the table is the truth).

import type { HeadTransaction, Loaded, LoadRequest, StockWrite, StoredDocument } from '@causeway/db/store'
import type { DocumentKind, DocumentRef } from '@causeway/schema/documents/document'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { kindOf } from '@causeway/schema/documents/registry'
import { emptyCells, type StockRow } from '@causeway/schema/stock/row'

const maximumDocuments = 20_000
const maximumSkus = 50_000
/** Commits of others whose documents and rows are looked up to be forgotten, under the head's lock; behind more of them all is. */
export const maximumMissed = 2_000
/** Documents, names and SKUs that are looked up before a transaction begins. */
const maximumAhead = 64
/** As a commit's `touched` names the rows of a SKU. */
const stockPrefix = 'stock'

export function documentKey(reference: DocumentRef): string {
  return `${reference.kind}/${reference.id}`
}

/**
 * Two generations: what was used since the younger one began stays, the older one goes as a whole when the younger is
 * half of the limit. A strict order of use would cost a removal and an insertion at every look.
 */
class Bounded<Value> {
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value)
    if (this.#young.size * 2 <= this.#limit) return
    this.#old = this.#young
    this.#young = new Map()
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
  }
}

/** All rows of one SKU. Replaced within: to look a SKU up costs more than anything else that is done with it here. */
interface Shelf {
  rows: readonly StockRow[]
}

export class NodeCache {
  readonly #documents = new Bounded<StoredDocument>(maximumDocuments)
  readonly #aliases = new Bounded<DocumentRef>(maximumDocuments)
  readonly #stock = new Bounded<Shelf>(maximumSkus)
  #position = -1
  #repairs = 0

  /** Call first in every transaction: forgets what changed at positions that this node has not seen. */
  async catchUp(transaction: Pick<HeadTransaction, 'head' | 'touchedSince'>): Promise<void> {
    const { position, repairs } = transaction.head
    if (repairs !== this.#repairs) this.clear()
    this.#repairs = repairs
    if (position === this.#position) return
    const missed = position - this.#position
    if (this.#position < 0 || missed < 0 || missed > maximumMissed) this.clear()
    else {
      const touched = await transaction.touchedSince(this.#position)
      if (touched === null) this.clear()
      else this.#forget(touched)
    }
    this.#position = position
  }

  /** With two nodes all that a flush has loaded would else be loaded again for the next one. */
  #forget(touched: readonly string[]): void {
    const kinds = new Set<string>()
    for (const key of touched) {
      const kind = key.slice(0, key.indexOf('/'))
      if (kind === stockPrefix) this.#stock.delete(key.slice(stockPrefix.length + 1))
      else {
        this.#documents.delete(key)
        kinds.add(kind)
      }
    }
    // A name may stand for another document now, and the row of a lease follows from its document.
    if ([...kinds].some((kind) => kindOf(kind)?.named !== false)) this.#aliases.clear()
    if (kinds.has(leaseKind.name)) this.#stock.clear()
  }

  clear(): void {
    this.#documents.clear()
    this.#aliases.clear()
    this.#stock.clear()
  }

  /**
   * What of `request` is not remembered, for who can ask for it before it is known what others have changed meanwhile. Undefined for a
   * large one: to look everything up twice takes longer than a round trip.
   */
  missing(request: LoadRequest): LoadRequest | undefined {
    const { documents, aliases, skus, ids, keys, bytes } = request
    if (documents.length + aliases.length + skus.length > maximumAhead) return undefined
    return {
      documents: documents.filter((reference) => this.#documents.get(documentKey(reference)) === undefined),
      aliases: aliases.filter((alias) => this.#byAlias(alias) === undefined),
      skus: skus.filter((sku) => this.#stock.get(sku) === undefined),
      ids,
      keys,
      bytes,
    }
  }

  #byAlias(alias: string): StoredDocument | undefined {
    const reference = this.#aliases.get(alias)
    return reference && this.#documents.get(documentKey(reference))
  }

  /** Answers `request` from memory where it can, from the transaction for the rest. Bytes are never remembered. */
  async load(transaction: Pick<HeadTransaction, 'load'>, request: LoadRequest): Promise<Loaded> {
    const documents = new Map<string, StoredDocument>()
    const aliases: { alias: string; document: StoredDocument }[] = []
    const stock: StockRow[] = []
    const missing = {
      documents: request.documents.filter((reference) => !this.#recall(reference, documents)),
      aliases: request.aliases.filter((alias) => {
        const document = this.#byAlias(alias)
        if (!document) return true
        aliases.push({ alias, document })
        return false
      }),
      skus: request.skus.filter((sku) => {
        const shelf = this.#stock.get(sku)
        if (shelf) stock.push(...shelf.rows)
        return shelf === undefined
      }),
    }
    const { ids, keys, bytes } = request
    const isEmpty = [ids, keys, bytes, ...Object.values(missing)].every((list) => list.length === 0)
    const loaded = isEmpty ? null : await transaction.load({ ids, keys, bytes, ...missing })
    for (const document of loaded?.documents ?? []) {
      documents.set(documentKey(document), document)
      this.#documents.set(documentKey(document), document)
    }
    for (const found of loaded?.aliases ?? []) {
      aliases.push(found)
      this.#aliases.set(found.alias, { kind: found.document.kind, id: found.document.id })
      this.#documents.set(documentKey(found.document), found.document)
    }
    for (const row of loaded?.stock ?? []) stock.push(row)
    this.#keepStock(missing.skus, loaded?.stock ?? [])
    return {
      documents: [...documents.values()],
      aliases,
      stock,
      ids: loaded?.ids ?? [],
      outcomes: loaded?.outcomes ?? [],
      bytes: loaded?.bytes ?? [],
    }
  }

  /** All rows of each SKU, as they stand in the transaction. */
  async stockBySku(transaction: HeadTransaction, skus: Iterable<string>): Promise<Map<string, readonly StockRow[]>> {
    const found = new Map<string, readonly StockRow[]>()
    const missing: string[] = []
    for (const sku of skus) {
      const shelf = this.#stock.get(sku)
      if (shelf === undefined) missing.push(sku)
      else found.set(sku, shelf.rows)
    }
    if (missing.length === 0) return found
    const request = { documents: [], ids: [], aliases: [], keys: [], bytes: [], skus: missing }
    const { stock } = await transaction.load(request)
    for (const [sku, rows] of this.#keepStock(missing, stock)) found.set(sku, rows)
    return found
  }

  #keepStock(skus: readonly string[], rows: readonly StockRow[]): ReadonlyMap<string, readonly StockRow[]> {
    const bySku = new Map<string, StockRow[]>(skus.map((sku) => [sku, []]))
    for (const row of rows) bySku.get(row.sku)?.push(row)
    for (const [sku, own] of bySku) this.#stock.set(sku, { rows: own })
    return bySku
  }

  #recall(reference: DocumentRef, into: Map<string, StoredDocument>): boolean {
    const document = this.#documents.get(documentKey(reference))
    if (document) into.set(documentKey(document), document)
    return document !== undefined
  }

  /** Takes in what a transaction of this node has made durable. */
  advance(position: number, documents: readonly StoredDocument[], stock: readonly StockWrite[]): void {
    this.#position = position
    for (const document of documents) {
      const before = this.#documents.get(documentKey(document))
      for (const alias of [...(before?.index.aliases ?? []), ...document.index.aliases])
        this.#aliases.delete(alias.name)
      this.#documents.set(documentKey(document), document)
    }
    for (const write of stock) {
      const shelf = this.#stock.get(write.sku)
      if (shelf) shelf.rows = mergeStock(shelf.rows, write)
    }
  }
}

/** `rows` of one SKU with one row's new cells, and what they give counted at the receivers. */
export function mergeStock(rows: readonly StockRow[], write: StockWrite): readonly StockRow[] {
  const { sku, location, cells } = write
  const place = rows.findIndex((row) => row.holder === write.holder && row.location === location)
  const before = rows[place]
  const next = rows.slice()
  const written = { sku, location, holder: write.holder, cells, givenIn: before?.givenIn ?? 0 }
  if (before) next[place] = written
  else next.push(written)
  if (before?.cells.given === cells.given) return next
  for (const holder in cells.given) {
    const more = (write.cells.given[holder] ?? 0) - (before?.cells.given[holder] ?? 0)
    if (more === 0) continue
    const index = next.findIndex((row) => row.holder === holder && row.location === write.location)
    const receiver = next[index]
    if (receiver) next[index] = { ...receiver, givenIn: receiver.givenIn + more }
    else next.push({ sku: write.sku, location: write.location, holder, cells: emptyCells, givenIn: more })
  }
  return next
}

const views = new WeakMap<object, unknown>()

/** A document's view, remembered with its state: states are never changed in place. */
export function viewOf<View>(kind: DocumentKind<View>, document: StoredDocument): View | undefined {
  const known = views.get(document.state)
  if (known !== undefined) return known as View
  const view = kind.view(document.id, document.state)
  views.set(document.state, view)
  return view
}
