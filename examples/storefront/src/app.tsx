// The shell: where one is, how the device stands with the network, what was refused.

import { useCart, useProducts } from '@causeway/client/react'
import { useEffect, useMemo, useState } from 'react'
import type { Device } from './device.ts'
import { goodsOf } from './goods.ts'
import { Notices } from './notices.tsx'
import { CartPage } from './pages/cart-page.tsx'
import { OrdersPage } from './pages/orders-page.tsx'
import { ShopPage } from './pages/shop-page.tsx'
import { TillPage } from './pages/till-page.tsx'
import { SyncBar } from './sync-bar.tsx'
import { useFollow } from './use-follow.ts'

const pages = { shop: 'Shop', cart: 'Cart', orders: 'Orders', till: 'Till' } as const
type PageName = keyof typeof pages

function pageOf(hash: string): PageName {
  const name = hash.replace(/^#/, '')
  return name in pages ? (name as PageName) : 'shop'
}

export function App({ device }: { readonly device: Device }) {
  const [page, setPage] = useState<PageName>(pageOf(location.hash))
  const products = useProducts()
  const goods = useMemo(() => goodsOf(products), [products])
  const skus = useMemo(() => [...goods.keys()].slice(0, 500), [goods])
  const { user, cart } = device
  useFollow({ products: true, carts: [cart, device.sale], orders: { customerId: user }, customer: user })
  useFollow(skus.length === 0 ? null : { stock: skus })
  const inCart = useCart(cart)?.lines.reduce((sum, { quantity }) => sum + quantity, 0) ?? 0
  useEffect(() => {
    const follow = () => setPage(pageOf(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return (
    <div className="shell">
      <header className="masthead">
        <a className="brand" href="#shop">
          Harbour Goods
        </a>
        <nav aria-label="Pages">
          {Object.entries(pages).map(([name, title]) => (
            <a key={name} href={`#${name}`} aria-current={name === page ? 'page' : undefined}>
              {title}
              {name === 'cart' && inCart > 0 ? <span className="badge"> {inCart}</span> : null}
            </a>
          ))}
        </nav>
        <SyncBar />
      </header>
      <Notices goods={goods} cart={cart} />
      <main id="page">
        {page === 'shop' ? <ShopPage goods={goods} cart={cart} /> : null}
        {page === 'cart' ? <CartPage goods={goods} cart={cart} user={user} /> : null}
        {page === 'orders' ? <OrdersPage goods={goods} user={user} /> : null}
        {page === 'till' ? <TillPage goods={goods} sale={device.sale} /> : null}
      </main>
    </div>
  )
}
