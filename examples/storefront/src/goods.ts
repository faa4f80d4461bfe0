// What is on sale, by SKU, from the products on this device; and what the shop does with a cart.

import type { CausewayClient, ProductView } from '@causeway/client'
import type { Price } from './money.ts'

export interface Good {
  readonly sku: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly price: Price
}

export interface CartLine {
  readonly sku: string
  readonly quantity: number
}

export function goodsOf(products: readonly ProductView[]): ReadonlyMap<string, Good> {
  const goods = products.flatMap((product) =>
    product.variants.map(({ sku, title, price }): [string, Good] => [
      sku,
      {
        sku,
        title: product.variants.length === 1 ? product.title : `${product.title}, ${title}`,
        description: product.description,
        tags: product.tags,
        price,
      },
    ]),
  )
  return new Map(goods)
}

export async function setQuantity(client: CausewayClient, cart: string, sku: string, quantity: number): Promise<void> {
  await client.cart(cart).change((draft) => {
    if (quantity > 0) draft.lines[sku] = { quantity }
    else delete draft.lines[sku]
  })
}

/** Resolves with the order's id once it is queued on this device and the cart is empty. */
export async function placeOrder(
  client: CausewayClient,
  cart: string,
  lines: readonly CartLine[],
  goods: ReadonlyMap<string, Good>,
  customerId: string | null,
): Promise<string> {
  const id = crypto.randomUUID()
  await client.placeOrder({
    id,
    ...(customerId === null ? {} : { customerId }),
    lines: lines.map(({ sku, quantity }) => {
      const price = goods.get(sku)?.price
      return { sku, quantity, ...(price === undefined ? {} : { unitPrice: price }) }
    }),
  })
  await client.cart(cart).change((draft) => {
    for (const { sku } of lines) delete draft.lines[sku]
  })
  return id
}
