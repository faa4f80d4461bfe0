// The person's orders: those that the shop has, and those that wait on this device to be sent.

import type { OrderView } from '@causeway/client'
import { useCommands, useOrders } from '@causeway/client/react'
import type { Good } from '../goods.ts'
import { shown } from '../money.ts'

interface OrdersPageProps {
  readonly goods: ReadonlyMap<string, Good>
  readonly user: string
}

export function OrdersPage({ goods, user }: OrdersPageProps) {
  const orders = useOrders({ first: 50 }).filter(({ customerId }) => customerId === user)
  return (
    <>
      <div className="page-head">
        <h1>Your orders</h1>
      </div>
      {orders.length === 0 ? <p className="empty">None yet.</p> : <OrderList orders={orders} goods={goods} />}
    </>
  )
}

interface OrderListProps {
  readonly orders: readonly OrderView[]
  readonly goods: ReadonlyMap<string, Good>
}

export function OrderList({ orders, goods }: OrderListProps) {
  const commands = useCommands()
  // By order, the words for one that the shop has not heard of.
  const waiting = new Map(
    commands.flatMap(({ name, state, input }): [unknown, string][] =>
      name === 'placeOrder' && state !== 'settled' && 'id' in input
        ? [[input.id, 'leases' in input ? 'Sold, not sent yet' : 'Waits to be sent']]
        : [],
    ),
  )
  return (
    <ul className="orders">
      {orders.map((order) => (
        <li key={order.id} className="sheet">
          <p className="order-head">
            <span>
              Order <code>{order.id.slice(-8)}</code>
            </span>
            {waiting.has(order.id) ? (
              <span className="stage waits">{waiting.get(order.id)}</span>
            ) : (
              <span className="stage">{stages[order.status]}</span>
            )}
          </p>
          <ul className="order-lines">
            {order.lines.map(({ id, sku, quantity }) => (
              <li key={id}>
                {quantity} × {goods.get(sku)?.title ?? sku}
              </li>
            ))}
          </ul>
          <p className="total">
            <time dateTime={order.placedAt}>{new Date(order.placedAt).toLocaleString()}</time>
            <strong>{shown(order.total)}</strong>
          </p>
        </li>
      ))}
    </ul>
  )
}

const stages: Readonly<Record<OrderView['status'], string>> = {
  PLACED: 'Placed',
  PAID: 'Paid',
  SHIPPED: 'On its way',
  DELIVERED: 'Delivered',
  CANCELLED: 'Cancelled',
  REFUNDED: 'Refunded',
}
