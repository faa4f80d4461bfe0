// The shelves: what is on sale, how many are left, and the way into the cart.

import { useCart, useClient, useStock } from '@causeway/client/react'
import { useState } from 'react'
import { type Good, setQuantity } from '../goods.ts'
import { shown } from '../money.ts'
import { Picture } from '../picture.tsx'

interface ShopPageProps {
  readonly goods: ReadonlyMap<string, Good>
  readonly cart: string
}

export function ShopPage({ goods, cart }: ShopPageProps) {
  const [search, setSearch] = useState('')
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const found = [...goods.values()].filter(({ title, description, tags }) => {
    const text = `${title} ${description} ${tags.join(' ')}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  return (
    <>
      <div className="page-head">
        <h1>Things made to last</h1>
        <label className="search">
          <span className="label">Search</span>
          <input type="search" value={search} onChange={(event) => setSearch(event.target.value)} />
        </label>
      </div>
      {found.length === 0 ? (
        <p className="empty">{goods.size === 0 ? 'The shelves are being filled …' : 'Nothing here has these words.'}</p>
      ) : (
        <ul className="shelf">
          {found.slice(0, 200).map((good) => (
            <li key={good.sku}>
              <Shelf good={good} cart={cart} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function Shelf({ good, cart }: { readonly good: Good; readonly cart: string }) {
  const client = useClient()
  const stock = useStock(good.sku)
  const inCart = useCart(cart)?.lines.find(({ sku }) => sku === good.sku)?.quantity ?? 0
  return (
    <article className="card" aria-label={good.title}>
      <Picture name={good.sku} />
      <div className="card-words">
        <h2>{good.title}</h2>
        <p className="description">{good.description}</p>
        <p className="card-line">
          <span className="price">{shown(good.price)}</span>
          {inCart > 0 ? <span className="in-cart">{inCart} in cart</span> : null}
          <Left available={stock?.available} />
        </p>
      </div>
      <button
        type="button"
        aria-label={`Add to cart: ${good.title}`}
        onClick={() => void setQuantity(client, cart, good.sku, inCart + 1)}
      >
        Add to cart
      </button>
    </article>
  )
}

export function Left({ available }: { readonly available: number | undefined }) {
  if (available === undefined) return <span className="left">…</span>
  if (available <= 0) return <span className="left none">Sold out</span>
  return <span className={available <= 5 ? 'left few' : 'left'}>{available} left</span>
}
