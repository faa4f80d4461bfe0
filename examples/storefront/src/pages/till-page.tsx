// The till: goods by a tap, a sale that survives a reload, and the day's sales of this device.

import { useClient, useOrders, useStock } from '@causeway/client/react'
import { useState } from 'react'
import { CartLines, Total, usePricedCart } from '../cart-lines.tsx'
import { type Good, placeOrder, setQuantity } from '../goods.ts'
import { shown } from '../money.ts'
import { useFollow } from '../use-follow.ts'
import { OrderList } from './orders-page.tsx'
import { Left } from './shop-page.tsx'

interface TillPageProps {
  readonly goods: ReadonlyMap<string, Good>
  readonly sale: string
}

const maximumSales = 50

function salesOf(sale: string): readonly string[] {
  const stored = JSON.parse(localStorage.getItem(sale) ?? '[]') as unknown
  return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : []
}

export function TillPage({ goods, sale }: TillPageProps) {
  const client = useClient()
  const { lines, priced, total } = usePricedCart(sale, goods)
  const [sales, setSales] = useState(() => salesOf(sale))
  useFollow(sales.length === 0 ? null : { orders: sales })
  const sold = useOrders({ first: 200 }).filter(({ id }) => sales.includes(id))
  const quantityOf = (sku: string) => lines.find((line) => line.sku === sku)?.quantity ?? 0
  const sell = async () => {
    const id = await placeOrder(client, sale, lines, goods, null)
    const next = [id, ...sales].slice(0, maximumSales)
    localStorage.setItem(sale, JSON.stringify(next))
    setSales(next)
  }
  return (
    <>
      <div className="page-head">
        <h1>Till</h1>
      </div>
      <div className="till">
        <section aria-label="Goods">
          <ul className="keys">
            {[...goods.values()].slice(0, 60).map((good) => (
              <li key={good.sku}>
                <Key good={good} onPress={() => void setQuantity(client, sale, good.sku, quantityOf(good.sku) + 1)} />
              </li>
            ))}
          </ul>
        </section>
        <section className="sheet receipt" aria-label="This sale">
          <h2>This sale</h2>
          {priced.length === 0 ? <p className="empty">Tap what is sold.</p> : null}
          <CartLines cart={sale} priced={priced} />
          <Total total={total} none="–" />
          <button type="button" className="wide" disabled={priced.length === 0} onClick={() => void sell()}>
            Sell
          </button>
          {sold.length > 0 ? <h2>Sold here</h2> : null}
          <OrderList orders={sold} goods={goods} />
        </section>
      </div>
    </>
  )
}

function Key({ good, onPress }: { readonly good: Good; readonly onPress: () => void }) {
  const stock = useStock(good.sku)
  return (
    <button type="button" className="key" onClick={onPress}>
      <span className="key-title">{good.title}</span>
      <span className="key-line">
        <span>{shown(good.price)}</span>
        <Left available={stock?.available} />
      </span>
    </button>
  )
}
