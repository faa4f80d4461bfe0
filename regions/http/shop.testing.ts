// For tests: what a shop asks of a region, over real HTTP.

import { expect } from 'vitest'
import { ask } from './cluster.testing.ts'

export const upsertProduct = `mutation ($input: UpsertProductInput!) {
  upsertProduct(input: $input) { product { id title variants { id sku price { amount currencyCode } stock { available } } } causalToken userErrors { code field message } }
}`
export const receiveStock = `mutation ($input: ReceiveStockInput!) {
  receiveStock(input: $input) { stock { id available onHand rights { region units } updatedAt } userErrors { code field } }
}`
export const placeOrder = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    order { id status total { amount currencyCode } lines { id sku quantity } customer { id } placedAt timeline { kind accepted region } }
    durability { requested reached timedOut } causalToken userErrors { code field sku available }
  }
}`

export const pounds = (amount: string) => ({ amount, currencyCode: 'GBP' })

interface At {
  readonly server: { readonly url: string }
}

/** A product for each SKU, at 12.50, with as many units. */
export async function stockMug({ server }: At, quantity: number, ...skus: readonly string[]): Promise<void> {
  for (const sku of skus) {
    const input = { id: `product-${sku}`, title: 'Mug', variants: [{ sku, price: pounds('12.50') }] }
    expect((await ask(server, upsertProduct, { input })).errors).toEqual([])
    expect((await ask(server, receiveStock, { input: { sku, quantity } })).errors).toEqual([])
  }
}

export async function sell({ server }: At, id: string, ...skus: readonly string[]): Promise<void> {
  const input = { id, lines: skus.map((sku) => ({ sku, quantity: 1 })) }
  expect((await ask(server, placeOrder, { input })).data).toMatchObject({ placeOrder: { userErrors: [] } })
}
