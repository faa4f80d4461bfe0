// An order's view in the shape of the API. Pure; its customer is resolved elsewhere.

import type { OrderView } from '@causeway/schema/documents/order/kind'
import { formatMoney } from '@causeway/schema/money/money'

export function orderSource(view: OrderView) {
  const { id, status, paymentState, fulfilmentState, cancelled, customerId, region, placedAt } = view
  return {
    __typename: 'Order' as const,
    id,
    status,
    paymentState,
    fulfilmentState,
    cancelled,
    customerId,
    region,
    placedAt,
    lines: view.lines.map((line) => ({ ...line, unitPrice: formatMoney(line.unitPrice) })),
    subtotal: formatMoney(view.subtotal),
    adjustments: view.adjustments.map((adjustment) => ({ ...adjustment, amount: formatMoney(adjustment.amount) })),
    total: formatMoney(view.total),
    timeline: view.timeline.map((fact) => ({ ...fact, at: fact.at.wallMs })),
  }
}
