// What must hold in a quiet system, as pure checks over what each region answered. Each says how much it looked at and
// names what breaks it.

import { counted } from '@causeway/schema/counted'
import type { OrderState, ProductState, StockState } from './region-state.ts'

export interface Check {
  readonly name: string
  /** How many things it looked at. */
  readonly checked: number
  /** What breaks it, as `kind id: how`. */
  readonly broken: readonly string[]
}

export interface RegionContent {
  readonly region: string
  readonly products: ReadonlyMap<string, ProductState>
  readonly orders: ReadonlyMap<string, OrderState>
}

export function runChecks(contents: readonly RegionContent[]): readonly Check[] {
  return [
    compare('products and their stock are equal', 'product', contents, ({ products }) => products),
    compare('orders are equal', 'order', contents, ({ orders }) => orders),
    ...contents.slice(0, 1).flatMap((content) => [checkStock(content), checkReserved(content)]),
  ]
}

/** Every document is in every region, and the same there. */
function compare<Document>(
  name: string,
  kind: string,
  contents: readonly RegionContent[],
  documents: (content: RegionContent) => ReadonlyMap<string, Document>,
): Check {
  const ids = new Set(contents.flatMap((content) => [...documents(content).keys()]))
  const broken: string[] = []
  for (const id of ids) {
    const lacking = contents.filter((content) => !documents(content).has(id)).map(({ region }) => region)
    if (lacking.length > 0) {
      broken.push(`${kind} ${id}: not in ${lacking.join(', ')}`)
      continue
    }
    const [first, ...others] = contents.map((content) => ({
      region: content.region,
      document: documents(content).get(id),
    }))
    const text = JSON.stringify(first?.document)
    const differing = others.filter(({ document }) => JSON.stringify(document) !== text).map(({ region }) => region)
    if (differing.length > 0) broken.push(`${kind} ${id}: ${differing.join(' and ')} differ from ${first?.region}`)
  }
  return { name, checked: ids.size, broken }
}

function* stockOf(content: RegionContent): Generator<StockState> {
  for (const product of content.products.values()) {
    for (const { stock } of product.variants) if (stock !== null) yield stock
  }
}

function checkStock(content: RegionContent): Check {
  const broken: string[] = []
  let checked = 0
  for (const stock of stockOf(content)) {
    checked += 1
    const shares = stock.rights.reduce((sum, { units }) => sum + units, 0)
    if (stock.available < 0) broken.push(`stock ${stock.sku}: ${stock.available} available`)
    for (const { region, units } of stock.rights) {
      if (units < 0) broken.push(`stock ${stock.sku}: ${region} may sell ${units}`)
    }
    if (shares !== stock.available) {
      broken.push(`stock ${stock.sku}: the regions' shares are ${shares}, and ${stock.available} are available`)
    }
    if (stock.onHand - stock.reserved - stock.leased !== stock.available) {
      broken.push(`stock ${stock.sku}: ${stock.available} available is not on hand less reserved and leased`)
    }
  }
  return { name: 'stock is never below zero and the shares add up', checked, broken }
}

/** A unit reserved by no order, or ordered without a reservation, shows a command that was done twice or by half. */
function checkReserved(content: RegionContent): Check {
  const ordered = new Map<string, number>()
  for (const order of content.orders.values()) {
    if (order.cancelled || order.fulfilmentState !== 'UNFULFILLED') continue
    for (const { sku, quantity, returnedQuantity } of order.lines) {
      ordered.set(sku, (ordered.get(sku) ?? 0) + quantity - returnedQuantity)
    }
  }
  const broken: string[] = []
  let checked = 0
  for (const stock of stockOf(content)) {
    checked += 1
    const units = ordered.get(stock.sku) ?? 0
    if (units !== stock.reserved) {
      const till = stock.reserved > units ? ' (or a till has signed a sale whose order has not come: leases(sku:))' : ''
      broken.push(
        `stock ${stock.sku}: ${counted(stock.reserved, 'unit')} reserved, and open orders hold ${units}${till}`,
      )
    }
  }
  return { name: 'reserved units are those of the open orders', checked, broken }
}

/** Digests of regions whose frontiers are equal. */
export function checkDigests(statuses: readonly { readonly id: string; readonly digest: string }[]): Check {
  const [first, ...others] = statuses
  const broken = others
    .filter(({ digest }) => digest !== first?.digest)
    .map(
      ({ id, digest }) => `digest of ${id}: ${digest.slice(0, 12)}, and ${first?.id} has ${first?.digest.slice(0, 12)}`,
    )
  return { name: 'digests are equal', checked: statuses.length, broken }
}
