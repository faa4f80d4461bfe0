// What a device follows: its scopes, their bounds, and what belongs to them. The region and the device judge by the same
// functions, so that both agree what is in a scope. Pure.

import * as z from 'zod'
import { idInput, isId } from '../documents/parsing.ts'
import type { ProductView } from '../documents/product/kind.ts'

export interface ScopeRequest {
  /** Given by the device, and never again to another scope: a cursor names by it what is held. */
  readonly name: string
  /** Absent: none. Without a filter: all. */
  readonly products?: ProductScope
  /** SKUs. */
  readonly stock: readonly string[]
  /** Order ids. */
  readonly orders: readonly string[]
  /** All orders of a customer. */
  readonly ordersOf?: string
  readonly carts: readonly string[]
  /** A customer and, where the region is their home, their contact. */
  readonly customer?: string
}

export interface ProductScope {
  readonly search?: string
  readonly tag?: string
}

export const maximumScopes = 64
/** Ids that one scope names, of all kinds together. */
export const maximumNamed = 5_000
export const maximumSearchCharacters = 200

const tooMany = `Name up to ${maximumNamed} ids in one scope.`
const ids = z.array(idInput).max(maximumNamed, tooMany).nullish()

const scopeInput = z
  .object({
    name: z
      .string('Name the scope.')
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Name the scope by 1 to 64 letters, digits, dots, underscores and dashes.'),
    products: z
      .object({
        search: z
          .string()
          .max(maximumSearchCharacters, `Search by up to ${maximumSearchCharacters} characters.`)
          .nullish(),
        tag: z.string().max(256, 'A tag has up to 256 characters.').nullish(),
      })
      .nullish(),
    stock: ids,
    orders: ids,
    ordersOf: idInput.nullish(),
    carts: ids,
    customer: idInput.nullish(),
  })
  .transform(({ name, products, stock, orders, ordersOf, carts, customer }): ScopeRequest => {
    const { search, tag } = products ?? {}
    return {
      name,
      ...(products != null && { products: { ...(search != null && { search }), ...(tag != null && { tag }) } }),
      stock: stock ?? [],
      orders: orders ?? [],
      ...(ordersOf != null && { ordersOf }),
      carts: carts ?? [],
      ...(customer != null && { customer }),
    }
  })
  .refine(({ stock, orders, carts }) => stock.length + orders.length + carts.length <= maximumNamed, tooMany)

const scopesInput = z
  .array(scopeInput)
  .min(1, 'Follow at least one scope.')
  .max(maximumScopes, `Follow up to ${maximumScopes} scopes.`)

/** A text says what is wrong. */
export function readScopes(input: unknown): readonly ScopeRequest[] | string {
  const parsed = scopesInput.safeParse(input)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return issue === undefined ? 'scopes' : `${['scopes', ...issue.path].join('.')}: ${issue.message}`
  }
  const names = new Set(parsed.data.map(({ name }) => name))
  return names.size === parsed.data.length ? parsed.data : 'scopes: Give each scope a name of its own.'
}

/** True where a product belongs to a scope: it has the tag, and every word of the search somewhere in its texts. */
export function matchesProduct(
  product: Pick<ProductView, 'title' | 'description' | 'tags'> & Variants,
  scope: ProductScope,
): boolean {
  if (scope.tag !== undefined && !product.tags.includes(scope.tag)) return false
  const words = wordsOf(scope.search)
  if (words.length === 0) return true
  const variants = product.variants.flatMap(({ sku, title }) => [sku, title])
  const text = [product.title, product.description, ...product.tags, ...variants].join(' ').toLowerCase()
  return words.every((word) => text.includes(word))
}

interface Variants {
  readonly variants: readonly { readonly sku: string; readonly title: string }[]
}

function wordsOf(search: string | undefined): string[] {
  return (search ?? '').toLowerCase().split(/\s+/).filter(Boolean)
}

/** Throws RangeError where an id that an app gives is none. */
export function requireIds(ids: readonly string[]): readonly string[] {
  for (const id of ids) if (!isId(id)) throw new RangeError(`not an id: ${id}`)
  return ids
}
