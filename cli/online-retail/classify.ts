// What a line of the file is to a shop: a sale, a cancellation, or something that the import leaves out, and why.

import type { RetailRow } from './rows.ts'

export type SkipReason = 'adjustment' | 'not-goods' | 'write-off' | 'no-quantity' | 'no-price' | 'fraction-of-a-penny'

export const skipReasons: Readonly<Record<SkipReason, string>> = {
  adjustment: 'adjustments of the books (invoices with A)',
  'not-goods': 'not goods (postage, fees, discounts, samples, vouchers, manual entries)',
  'write-off': 'write-offs (negative quantity without a cancellation)',
  'no-quantity': 'a quantity that is none',
  'no-price': 'a price that is none (0 or negative)',
  'fraction-of-a-penny': 'a price that is no whole number of pence',
}

/** A line that names a quantity of goods and the price charged for each. */
export interface GoodsRow extends RetailRow {
  readonly pricePence: number
}

export type Classified =
  | { readonly as: 'sale'; readonly row: GoodsRow }
  | { readonly as: 'cancellation'; readonly row: GoodsRow }
  | { readonly as: 'skipped'; readonly reason: SkipReason }

// The shop numbers its goods with five digits and perhaps letters; DCGS… are goods of its second label (ashtrays, dog
// collars, party bags). Everything else is POST, DOT, D, M, S, C2, BANK CHARGES, AMAZONFEE, CRUK, PADS, gift_0001_20 …
const goodsPattern = /^(?:\d{5}|DCGS)/

export function isGoods(sku: string): boolean {
  return goodsPattern.test(sku)
}

/** The first reason that holds is the one reported, so that every line is counted once. */
export function classify(row: RetailRow): Classified {
  if (row.kind === 'adjustment') return { as: 'skipped', reason: 'adjustment' }
  if (!isGoods(row.sku)) return { as: 'skipped', reason: 'not-goods' }
  if (row.kind === 'sale' && row.quantity < 0) return { as: 'skipped', reason: 'write-off' }
  if (row.quantity === 0 || (row.kind === 'cancellation' && row.quantity > 0)) {
    return { as: 'skipped', reason: 'no-quantity' }
  }
  if (row.pricePence === null) return { as: 'skipped', reason: 'fraction-of-a-penny' }
  if (row.pricePence <= 0) return { as: 'skipped', reason: 'no-price' }
  return { as: row.kind, row: { ...row, pricePence: row.pricePence } }
}
