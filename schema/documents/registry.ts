// The kinds of document there are, by name. Adding a kind adds a line here.

import { cartKind } from './cart/kind.ts'
import { contactKind } from './contact/kind.ts'
import { customerKind } from './customer/kind.ts'
import type { DocumentKind } from './document.ts'
import { leaseKind } from './lease/kind.ts'
import { orderKind } from './order/kind.ts'
import { productKind } from './product/kind.ts'

export const kinds: ReadonlyMap<string, DocumentKind<unknown>> = new Map<string, DocumentKind<unknown>>([
  [productKind.name, productKind],
  [orderKind.name, orderKind],
  [customerKind.name, customerKind],
  [contactKind.name, contactKind],
  [cartKind.name, cartKind],
  [leaseKind.name, leaseKind],
])

/** Undefined where no kind is called so. */
export function kindOf(name: string): DocumentKind<unknown> | undefined {
  return kinds.get(name)
}

/** The kind of facts-only document that an event's type is a fact of, e.g. `order.placed`; undefined for any other type. */
export function factKindOf(type: string): DocumentKind<unknown> | undefined {
  const dot = type.indexOf('.')
  const kind = dot < 0 ? undefined : kinds.get(type.slice(0, dot))
  return kind?.factsOnly === true ? kind : undefined
}
