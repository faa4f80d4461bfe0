// From rows to what is to be written: goods, customers, receipts of stock, orders, returns, and what is left out, with
// the reason. Pure, and the same for the same rows: every id and key is made from the file's own numbers, which is why
// a second run doubles nothing.

import type { RegionId } from '@causeway/schema/clock/origin'
import { classify, type GoodsRow, type SkipReason } from './classify.ts'
import { regionOfCountry } from './countries.ts'
import { matchReturns, type PlannedReturn, type UnmatchedReason } from './match-returns.ts'
import type { RetailRow } from './rows.ts'
import { addTo, type Tally } from './tally.ts'

export interface PlannedGood {
  readonly productId: string
  readonly sku: string
  readonly title: string
  readonly pricePence: number
}

export interface PlannedCustomer {
  readonly id: string
  readonly number: string
  readonly region: RegionId
  readonly country: string
}

export interface PlannedLine {
  readonly id: string
  readonly sku: string
  readonly quantity: number
  readonly pricePence: number
}

export interface PlannedOrder {
  readonly id: string
  readonly invoice: string
  readonly region: RegionId
  readonly customer: string | null
  readonly placedAt: string
  readonly lines: readonly PlannedLine[]
}

/** What one day's orders of one region take of each SKU; received there before anything is sold. */
export interface PlannedReceipts {
  readonly day: string
  readonly region: RegionId
  readonly units: ReadonlyMap<string, number>
}

export interface ImportPlan {
  readonly rows: number
  readonly invoices: number
  readonly goods: readonly PlannedGood[]
  readonly customers: readonly PlannedCustomer[]
  readonly receipts: readonly PlannedReceipts[]
  readonly orders: readonly PlannedOrder[]
  readonly returns: readonly PlannedReturn[]
  readonly skipped: ReadonlyMap<SkipReason, Tally>
  /** Stock codes that are no goods, with the number of their lines. */
  readonly otherCodes: ReadonlyMap<string, number>
  /** Invoices of sales of which nothing was left. */
  readonly emptyInvoices: number
  readonly unmatched: ReadonlyMap<UnmatchedReason, Tally>
}

export const idPrefix = 'online-retail'

export function orderIdOf(invoice: string): string {
  return `${idPrefix}-${invoice}`
}

export function makePlan(rows: readonly RetailRow[]): ImportPlan {
  const sales: GoodsRow[] = []
  const cancellations: GoodsRow[] = []
  const skipped = new Map<SkipReason, Tally>()
  const otherCodes = new Map<string, number>()
  for (const row of rows) {
    const classified = classify(row)
    if (classified.as === 'sale') sales.push(classified.row)
    else if (classified.as === 'cancellation') cancellations.push(classified.row)
    else {
      addTo(skipped, classified.reason, Math.abs(row.quantity))
      if (classified.reason === 'not-goods') otherCodes.set(row.sku, (otherCodes.get(row.sku) ?? 0) + 1)
    }
  }
  const orders = planOrders(rows, sales)
  const matched = matchReturns(orders, cancellations)
  const invoices = new Set(rows.filter((row) => row.kind === 'sale').map((row) => row.invoice))
  return {
    rows: rows.length,
    invoices: invoices.size,
    goods: planGoods([...sales, ...cancellations]),
    customers: planCustomers(sales),
    receipts: planReceipts(orders),
    orders,
    returns: matched.returns,
    skipped,
    otherCodes,
    emptyInvoices: invoices.size - orders.length,
    unmatched: matched.unmatched,
  }
}

function planOrders(rows: readonly RetailRow[], sales: readonly GoodsRow[]): PlannedOrder[] {
  // A line's id is its place in the invoice as the file has it, so it does not depend on what is left out.
  const place = new Map<number, string>()
  const linesOf = new Map<string, number>()
  for (const row of rows) {
    const next = (linesOf.get(row.invoice) ?? 0) + 1
    linesOf.set(row.invoice, next)
    place.set(row.line, String(next))
  }
  const byInvoice = new Map<string, GoodsRow[]>()
  for (const row of sales) {
    const lines = byInvoice.get(row.invoice)
    if (lines === undefined) byInvoice.set(row.invoice, [row])
    else lines.push(row)
  }
  const orders: PlannedOrder[] = []
  for (const [invoice, lines] of byInvoice) {
    const first = lines[0]
    if (first === undefined) continue
    orders.push({
      id: orderIdOf(invoice),
      invoice,
      region: regionOfCountry(first.country),
      customer: first.customer === null ? null : customerIdOf(first.customer),
      placedAt: first.at,
      lines: lines.map((row) => ({
        id: place.get(row.line) ?? String(row.line),
        sku: row.sku,
        quantity: row.quantity,
        pricePence: row.pricePence,
      })),
    })
  }
  return orders
}

function customerIdOf(number: string): string {
  return `${idPrefix}-customer-${number}`
}

// The description that most lines carry (clerks typed notes into some), and the price charged most often.
function planGoods(rows: readonly GoodsRow[]): PlannedGood[] {
  const bySku = new Map<string, { titles: Map<string, number>; prices: Map<number, number> }>()
  for (const row of rows) {
    const seen = bySku.get(row.sku) ?? { titles: new Map<string, number>(), prices: new Map<number, number>() }
    bySku.set(row.sku, seen)
    if (row.description !== '') seen.titles.set(row.description, (seen.titles.get(row.description) ?? 0) + 1)
    seen.prices.set(row.pricePence, (seen.prices.get(row.pricePence) ?? 0) + 1)
  }
  return [...bySku].map(([sku, seen]) => ({
    productId: `${idPrefix}-product-${sku}`,
    sku,
    title: mostFrequent(seen.titles) ?? sku,
    pricePence: mostFrequent(seen.prices) ?? 0,
  }))
}

function mostFrequent<Value>(counts: ReadonlyMap<Value, number>): Value | undefined {
  let best: { value: Value; count: number } | undefined
  for (const [value, count] of counts) if (best === undefined || count > best.count) best = { value, count }
  return best?.value
}

function planCustomers(sales: readonly GoodsRow[]): PlannedCustomer[] {
  const customers = new Map<string, PlannedCustomer>()
  for (const { customer, country } of sales) {
    if (customer === null || customers.has(customer)) continue
    customers.set(customer, { id: customerIdOf(customer), number: customer, region: regionOfCountry(country), country })
  }
  return [...customers.values()]
}

// By day and region rather than by file: two files that overlap receive the shared days once, and the units arrive in the
// region that sells them.
function planReceipts(orders: readonly PlannedOrder[]): PlannedReceipts[] {
  const byDay = new Map<string, { day: string; region: RegionId; units: Map<string, number> }>()
  for (const order of orders) {
    const day = order.placedAt.slice(0, 10)
    const key = `${day} ${order.region}`
    const receipts = byDay.get(key) ?? { day, region: order.region, units: new Map<string, number>() }
    byDay.set(key, receipts)
    for (const line of order.lines) receipts.units.set(line.sku, (receipts.units.get(line.sku) ?? 0) + line.quantity)
  }
  return [...byDay.values()]
}
