// The goods and operations that every bench uses: products with stock, orders, movements.

import { randomUUID } from 'node:crypto'
import type { Caller } from './caller.ts'

export const placeOrder = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id status } userErrors { code message } } }`
export const recordStockMovements = `mutation ($input: RecordStockMovementsInput!) {
  recordStockMovements(input: $input) { accepted userErrors { code message } } }`
export const readProduct = 'query ($id: ID!) { product(id: $id) { id title variants { sku price { amount } } } }'
const upsertProducts = `mutation ($input: UpsertProductsInput!) {
  upsertProducts(input: $input) { results { userErrors { code message } } userErrors { code message } } }`

export function skuOf(index: number): string {
  return `sku-${index}`
}

export function productIdOf(index: number): string {
  return `product-${index}`
}

/** `count` products of one variant each, with `units` of stock, or none yet. */
export async function stockShop(caller: Caller, count: number, units: number): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index)
  for (let start = 0; start < count; start += 100) {
    const products = indexes.slice(start, start + 100).map((index) => ({
      id: productIdOf(index),
      title: `Product ${index}`,
      variants: [{ sku: skuOf(index), title: 'one', price: { amount: '12.50', currencyCode: 'GBP' } }],
    }))
    await caller.call(upsertProducts, { input: { products } })
  }
  if (units > 0) await addStock(caller, count, units)
}

/** `units` more of each of `count` SKUs, which the asked region then may sell. */
export async function addStock(caller: Caller, count: number, units: number): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index)
  for (let start = 0; start < count; start += 1_000) {
    const movements = indexes
      .slice(start, start + 1_000)
      .map((index) => ({ id: `stock-${index}`, sku: skuOf(index), kind: 'RECEIPT', quantity: units }))
    const data = await caller.call(recordStockMovements, { input: { movements } })
    const accepted = (data.recordStockMovements as { accepted: number }).accepted
    if (accepted !== movements.length) throw new Error(`${accepted} of ${movements.length} receipts were accepted`)
  }
}

export function randomOrder(skus: number, lines: number): object {
  const start = Math.floor(Math.random() * skus)
  return {
    id: randomUUID(),
    lines: Array.from({ length: lines }, (_, index) => ({ sku: skuOf((start + index * 7) % skus), quantity: 1 })),
  }
}

/** Of `size` movements some two in five name a SKU that no other of them names. */
export function randomMovements(
  skus: number,
  size: number,
): { id: string; sku: string; kind: string; quantity: number }[] {
  return Array.from({ length: size }, (_, index) => ({
    id: `m-${index}`,
    sku: skuOf(Math.floor(Math.random() * skus)),
    kind: index % 10 === 0 ? 'RECEIPT' : 'SALE',
    quantity: index % 10 === 0 ? 9 : 1,
  }))
}
