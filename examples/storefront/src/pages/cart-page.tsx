// The cart: the same on all of the person's devices, changed on any of them, offline too.

import { useClient } from '@causeway/client/react'
import { useState } from 'react'
import { CartLines, Total, usePricedCart } from '../cart-lines.tsx'
import { type Good, placeOrder } from '../goods.ts'

interface CartPageProps {
  readonly goods: ReadonlyMap<string, Good>
  readonly cart: string
  readonly user: string
}

export function CartPage({ goods, cart, user }: CartPageProps) {
  const client = useClient()
  const { lines, priced, total } = usePricedCart(cart, goods)
  const [isPlacing, setPlacing] = useState(false)
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
          <CartLines cart={cart} priced={priced} hasPrices />
          <Total total={total} none="" />
          <button type="button" className="wide" disabled={isPlacing} onClick={() => void buy()}>
            Place order
          </button>
        </div>
      )}
    </>
  )
}
