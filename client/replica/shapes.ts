// From what the replica holds to what an app reads: views of the shared vocabulary in the shape of the public API. Pure.

import { cartKind } from '@causeway/schema/documents/cart/kind'
import { contactKind } from '@causeway/schema/documents/contact/kind'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import type { DocumentState } from '@causeway/schema/documents/document'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { productKind } from '@causeway/schema/documents/product/kind'
import { formatMoney } from '@causeway/schema/money/money'
import type { SyncLevel } from '@causeway/schema/sync/items'
import type { CartView, CustomerView, OrderView, ProductView, StockView } from './views.ts'

export function instant(ms: number): string {
  return new Date(ms).toISOString()
}

export function showProduct(id: string, state: DocumentState | undefined): ProductView | undefined {
  const view = state && productKind.view(id, state)
  if (view === undefined) return undefined
  const { title, description, tags, archived, updatedAt } = view
  const variants = view.variants.map((one) => ({ sku: one.sku, title: one.title, price: formatMoney(one.price) }))
  return { id, title, description, tags, archived, variants, updatedAt: instant(updatedAt.wallMs) }
}

export function showOrder(id: string, state: DocumentState | undefined): OrderView | undefined {
  const view = state && orderKind.view(id, state)
  if (view === undefined) return undefined
  const { status, paymentState, fulfilmentState, cancelled, customerId, region } = view
  return {
    ...{ id, status, paymentState, fulfilmentState, cancelled, customerId, region, placedAt: instant(view.placedAt) },
    subtotal: formatMoney(view.subtotal),
    total: formatMoney(view.total),
    adjustments: view.adjustments.map((one) => ({ ...one, amount: formatMoney(one.amount) })),
    lines: view.lines.map((line) => ({
      ...{ id: line.id, sku: line.sku, quantity: line.quantity },
      ...{ returnedQuantity: line.returnedQuantity, announcedQuantity: line.announcedQuantity },
      unitPrice: formatMoney(line.unitPrice),
    })),
  }
}

export function showStock(sku: string, level: SyncLevel | undefined, updatedAt: number): StockView | undefined {
  return level && { sku, ...level, updatedAt: instant(updatedAt) }
}

export function showCart(id: string, state: DocumentState | undefined): CartView | undefined {
  const view = state && cartKind.view(id, state)
  return view && { id, customerId: view.customerId, lines: view.lines, updatedAt: instant(view.updatedAt.wallMs) }
}

/** What is personal is null where the device has no contact: its region is not the customer's home. */
export function showCustomer(
  id: string,
  state: DocumentState | undefined,
  contactState: DocumentState | undefined,
): CustomerView | undefined {
  const view = state && customerKind.view(id, state)
  const contact = contactState && contactKind.view(id, contactState)
  if (view === undefined) return undefined
  const { homeRegion, erased, updatedAt } = view
  const personal = erased ? undefined : contact
  return {
    ...{ id, homeRegion, erased, updatedAt: instant(Math.max(updatedAt.wallMs, personal?.updatedAt.wallMs ?? 0)) },
    name: personal?.name ?? null,
    email: personal?.email ?? null,
    tags: personal?.tags ?? null,
    addresses: personal?.addresses ?? null,
  }
}
