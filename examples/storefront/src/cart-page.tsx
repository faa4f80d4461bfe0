// The cart: the same on all of the person's devices, changed on any of them, offline too.

import { useCart, useClient } from '@causeway/client/react'
import { useState } from 'react'
import { type Good, placeOrder, setQuantity } from './goods.ts'
import { shown, sumOf } from './money.ts'
import { Quantity } from './quantity.tsx'

interface CartPageProps {
  readonly goods: ReadonlyMap<string, Good>
  readonly cart: string
  readonly user: string
}

export function CartPage({ goods, cart, user }: CartPageProps) {
  const client = useClient()
  const lines = useCart(cart)?.lines ?? []
  const [isPlacing, setPlacing] = useState(false)
  const priced = lines.flatMap(({ sku, quantity }) => {
    const good = goods.get(sku)
    return good === undefined ? [] : [{ good, price: good.price, quantity }]
  })
  const total = sumOf(priced)
  const buy = async () => {
    setPlacing(true)
    try {
      await placeOrder(client, cart, lines, goods, user)
      location.hash = 'orders'
    } finally {
      setPlacing(false)
    }
  }
  return (
    <>
      <div className="page-head">
        <h1>Your cart</h1>
      </div>
      {priced.length === 0 ? (
        <p className="empty">
          Nothing in it yet. <a href="#shop">Look around the shop</a>
        </p>
      ) : (
        <div className="sheet">
          <ul className="lines">
            {priced.map(({ good, quantity }) => (
              <li key={good.sku}>
                <span className="line-title">{good.title}</span>
                <Quantity
                  title={good.title}
                  quantity={quantity}
                  onChange={(next) => void setQuantity(client, cart, good.sku, next)}
                />
                <span className="price">{shown(sumOf([{ price: good.price, quantity }]) ?? good.price)}</span>
              </li>
            ))}
          </ul>
          <p className="total">
            <span>Total</span>
            <strong>{total === null ? '' : shown(total)}</strong>
          </p>
          <button type="button" className="wide" disabled={isPlacing} onClick={() => void buy()}>
            Place order
          </button>
        </div>
      )}
    </>
  )
}
