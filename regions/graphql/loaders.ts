// Collects everything that the fields of one request want to load at the same moment into one call of the store, so that
// a list of a hundred orders loads its customers once. Made anew per request; forgets after a command.

import type { Loaded, LoadRequest, StoredDocument } from '@causeway/db/store'
import type { DocumentKind, DocumentRef } from '@causeway/schema/documents/document'
import type { StockRow } from '@causeway/schema/stock/row'
import DataLoader from 'dataloader'

type Wish =
  | { readonly want: 'document'; readonly kind: string; readonly id: string }
  | { readonly want: 'alias'; readonly alias: string }
  | { readonly want: 'stock'; readonly sku: string }
  | { readonly want: 'kinds'; readonly id: string }

type Granted = StoredDocument | readonly StockRow[] | readonly string[] | undefined

const maximumBatch = 1_000

export class Loaders {
  readonly #loader: DataLoader<Wish, Granted, string>

  constructor(load: (request: LoadRequest) => Promise<Loaded>) {
    this.#loader = new DataLoader((wishes) => grant(load, wishes), {
      maxBatchSize: maximumBatch,
      cacheKeyFn: (wish) => JSON.stringify(wish),
    })
  }

  /** Undefined where there is none, or it is not yet one of its kind. */
  async document<View>(kind: DocumentKind<View>, id: string): Promise<View | undefined> {
    const stored = (await this.#loader.load({ want: 'document', kind: kind.name, id })) as StoredDocument | undefined
    return stored && kind.view(id, stored.state)
  }

  /** The state itself, for streams that go on from it. */
  async stored(kind: { readonly name: string }, id: string): Promise<StoredDocument | undefined> {
    return (await this.#loader.load({ want: 'document', kind: kind.name, id })) as StoredDocument | undefined
  }

  async byAlias<View>(kind: DocumentKind<View>, alias: string): Promise<View | undefined> {
    const stored = (await this.#loader.load({ want: 'alias', alias })) as StoredDocument | undefined
    return stored && stored.kind === kind.name ? kind.view(stored.id, stored.state) : undefined
  }

  /** Rows of every holder; empty where there are none. */
  async stock(sku: string): Promise<readonly StockRow[]> {
    return (await this.#loader.load({ want: 'stock', sku })) as readonly StockRow[]
  }

  /** The kinds that use an id. */
  async kindsOf(id: string): Promise<readonly string[]> {
    return (await this.#loader.load({ want: 'kinds', id })) as readonly string[]
  }

  /** What was loaded may have changed. */
  forget(): void {
    this.#loader.clearAll()
  }
}

async function grant(load: (request: LoadRequest) => Promise<Loaded>, wishes: readonly Wish[]): Promise<Granted[]> {
  const loaded = await load(requestOf(wishes))
  const documents = new Map(loaded.documents.map((document) => [keyOf(document), document]))
  const aliases = new Map(loaded.aliases.map(({ alias, document }) => [alias, document]))
  const kinds = groupBy(loaded.ids, (ref) => ref.id)
  const stock = groupBy(loaded.stock, (row) => row.sku)
  const one = (wish: Wish): Granted => {
    switch (wish.want) {
      case 'document':
        return documents.get(keyOf(wish))
      case 'alias':
        return aliases.get(wish.alias)
      case 'stock':
        return stock.get(wish.sku) ?? []
      case 'kinds':
        return (kinds.get(wish.id) ?? []).map((ref) => ref.kind)
    }
  }
  return wishes.map(one)
}

function requestOf(wishes: readonly Wish[]): LoadRequest {
  return {
    documents: wishes.filter((wish) => wish.want === 'document').map(({ kind, id }) => ({ kind, id })),
    aliases: wishes.filter((wish) => wish.want === 'alias').map(({ alias }) => alias),
    skus: wishes.filter((wish) => wish.want === 'stock').map(({ sku }) => sku),
    ids: wishes.filter((wish) => wish.want === 'kinds').map(({ id }) => id),
    keys: [],
    bytes: [],
  }
}

function keyOf(ref: DocumentRef): string {
  return `${ref.kind}/${ref.id}`
}

function groupBy<Item>(items: readonly Item[], by: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(by(item))
    if (group === undefined) groups.set(by(item), [item])
    else group.push(item)
  }
  return groups
}
