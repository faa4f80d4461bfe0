// What is in a cart, with its prices and sum: the same for a shopper's cart and a till's sale. Knows no page.

import { useCart, useClient } from '@causeway/client/react'
import { type Good, setQuantity } from './goods.ts'
import { shown, sumOf } from './money.ts'
import { Quantity } from './quantity.tsx'

/** The lines of a cart whose goods are known, and what they come to; null for an empty one. */
export function usePricedCart(cart: string, goods: ReadonlyMap<string, Good>) {
  const lines = useCart(cart)?.lines ?? []
  const priced = lines.flatMap(({ sku, quantity }) => {
    const good = goods.get(sku)
    return good === undefined ? [] : [{ good, price: good.price, quantity }]
  })
  return { lines, priced, total: sumOf(priced) }
}

interface CartLinesProps {
  readonly cart: string
  readonly priced: ReturnType<typeof usePricedCart>['priced']
  /** Whether each line tells what it comes to. */
  readonly hasPrices?: boolean
}

export function CartLines({ cart, priced, hasPrices = false }: CartLinesProps) {
  const client = useClient()
  return (
    <ul className="lines">
      {priced.map(({ good, price, quantity }) => (
        <li key={good.sku}>
          <span className="line-title">{good.title}</span>
          <Quantity
            title={good.title}
            quantity={quantity}
            onChange={(next) => void setQuantity(client, cart, good.sku, next)}
          />
          {hasPrices ? <span className="price">{shown(sumOf([{ price, quantity }]) ?? price)}</span> : null}
        </li>
      ))}
    </ul>
  )
}

export function Total({ total, none }: { readonly total: ReturnType<typeof sumOf>; readonly none: string }) {
  return (
    <p className="total">
      <span>Total</span>
      <strong>{total === null ? none : shown(total)}</strong>
    </p>
  )
}
