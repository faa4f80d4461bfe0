// One line of the Online Retail file, checked and typed. A line that cannot be what its columns promise is corrupt; a
// line that is merely odd (no customer, price 0, negative quantity) is not: what to do with it is classify.ts's matter.

import { counted } from '@causeway/schema/counted'

export const columns = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const

export type InvoiceKind = 'sale' | 'cancellation' | 'adjustment'

export interface RetailRow {
  /** In the file, from 1; the header is line 1. */
  readonly line: number
  readonly kind: InvoiceKind
  /** As in the file: `536365`, `C536379`. */
  readonly invoice: string
  /** Upper case: the file has `85123a` beside `85123A` for one and the same thing. */
  readonly sku: string
  readonly description: string
  readonly quantity: number
  /** The file has no zone: taken as UTC. */
  readonly at: string
  /** In pence; null where it is no whole number of pence. */
  readonly pricePence: number | null
  /** Digits alone; null where the file has none. */
  readonly customer: string | null
  readonly country: string
}

export type ReadRow = { readonly row: RetailRow } | { readonly corrupt: string }

const invoicePattern = /^([CA]?)\d{1,12}$/
const skuPattern = /^[A-Z0-9][A-Z0-9 ._-]{0,63}$/
const datePattern = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}(?::\d{2})?)$/
const pricePattern = /^-?\d{1,9}(\.\d{1,6})?$/
const customerPattern = /^(\d{1,12})(\.0)?$/
const largestQuantity = 2 ** 31 - 1

export function readRow(fields: readonly string[], line: number): ReadRow {
  if (fields.length !== columns.length)
    return { corrupt: `${counted(fields.length, 'column')} instead of ${columns.length}` }
  const [invoice = '', code = '', description = '', quantity = '', date = '', price = '', customer = '', country = ''] =
    fields.map((field) => field.trim())

  const invoiceMatch = invoicePattern.exec(invoice)
  if (invoiceMatch === null) return { corrupt: `InvoiceNo "${shorten(invoice)}" is no invoice number` }
  const sku = code.toUpperCase()
  if (!skuPattern.test(sku)) return { corrupt: `StockCode "${shorten(code)}" is no stock code` }
  if (!/^-?\d+$/.test(quantity) || Math.abs(Number(quantity)) > largestQuantity) {
    return { corrupt: `Quantity "${shorten(quantity)}" is no whole number` }
  }
  const at = readDate(date)
  if (at === null) return { corrupt: `InvoiceDate "${shorten(date)}" is no date` }
  if (!pricePattern.test(price)) return { corrupt: `UnitPrice "${shorten(price)}" is no amount` }
  const customerMatch = customerPattern.exec(customer)
  if (customer !== '' && customerMatch === null) {
    return { corrupt: `CustomerID "${shorten(customer)}" is no customer number` }
  }
  return {
    row: {
      line,
      kind: invoiceMatch[1] === 'C' ? 'cancellation' : invoiceMatch[1] === 'A' ? 'adjustment' : 'sale',
      invoice,
      sku,
      description,
      quantity: Number(quantity),
      at,
      pricePence: readPence(price),
      customer: customerMatch?.[1] ?? null,
      country,
    },
  }
}

function readDate(text: string): string | null {
  const match = datePattern.exec(text)
  if (match === null) return null
  const instant = new Date(`${match[1]}T${match[2]}Z`)
  // Date would take 30 February for 2 March.
  return Number.isNaN(instant.getTime()) || !instant.toISOString().startsWith(match[1] ?? '')
    ? null
    : instant.toISOString()
}

/** By its digits, never as a fraction: 0.29 × 100 is not 29 in binary. */
function readPence(text: string): number | null {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
  const digits = fraction.padEnd(2, '0')
  if (/[^0]/.test(digits.slice(2))) return null
  const pence = Number(whole) * 100 + Number(digits.slice(0, 2))
  return text.startsWith('-') ? -pence : pence
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
