// The till: goods by a tap, a sale that survives a reload, what is set aside for it, and the day's sales of this device.

import { useClient, useLeases, useOrders, useStatus, useStock } from '@causeway/client/react'
import { useState } from 'react'
import { CartLines, Total, usePricedCart } from '../cart-lines.tsx'
import { type CartLine, type Good, placeOrder, setQuantity } from '../goods.ts'
import { shown } from '../money.ts'
import { useFollow } from '../use-follow.ts'
import { OrderList } from './orders-page.tsx'
import { SetAside } from './set-aside.tsx'
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
          <Certainty lines={lines} goods={goods} />
          <button type="button" className="wide" disabled={priced.length === 0} onClick={() => void sell()}>
            Sell
          </button>
          {sold.length > 0 ? <h2>Sold here</h2> : null}
          <OrderList orders={sold} goods={goods} />
        </section>
        <SetAside goods={goods} />
      </div>
    </>
  )
}

/** Whether the sale stands whatever happens elsewhere: said before it is made. */
function Certainty({
  lines,
  goods,
}: {
  readonly lines: readonly CartLine[]
  readonly goods: ReadonlyMap<string, Good>
}) {
  const leases = useLeases()
  const isOnline = useStatus().connection === 'online'
  const open = lines.filter(
    ({ sku, quantity }) =>
      !leases.some((lease) => lease.sku === sku && lease.state === 'open' && lease.left >= quantity),
  )
  if (lines.length === 0 || (open.length > 0 && isOnline)) return null
  if (open.length === 0) return <p className="certain">All of this is set aside here: the sale stands.</p>
  const titles = open.map(({ sku }) => goods.get(sku)?.title ?? sku).join(', ')
  return <p className="uncertain">Not set aside here: {titles}. The shop may refuse it once it is reached.</p>
}

function Key({ good, onPress }: { readonly good: Good; readonly onPress: () => void }) {
  const stock = useStock(good.sku)
  const leases = useLeases().filter(({ sku, state }) => sku === good.sku && state === 'open')
  const left = leases.reduce((sum, lease) => sum + lease.left, 0)
  return (
    <button type="button" className="key" onClick={onPress}>
      <span className="key-title">{good.title}</span>
      <span className="key-line">
        <span>{shown(good.price)}</span>
        <Left available={stock?.available} />
      </span>
      {leases.length > 0 ? <span className="here">{left} set aside here</span> : null}
    </button>
  )
}
