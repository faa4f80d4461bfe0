// A shipment whose answer did not come, asked for once more where less was known of the order.

import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { shipOrder } from '@causeway/schema/documents/order/transitions'
import { expect, it } from 'vitest'
import { accepted, levelIn, linesIn, order, shop } from './fences/shop.ts'
import { ap, ask, eu, us } from './steps.ts'

it('S8: what left with either answer has left, in every region, and a line cancelled in part meanwhile is not sold again', async () => {
  const cluster = await shop(41)
  // Reserved by who answers second; and by a third, who hears of the first answer before.
  for (const [id, reserving, apart] of [
    ['o1', ap, us],
    ['o2', eu, ap],
  ] as const) {
    await accepted(ask(cluster, reserving, placeOrder, order(id, 4)))
    await cluster.time.runFor(2_000)
    for (const other of [ap, eu, us]) if (other !== apart) cluster.network.cut(apart, other)
    const part = { id, lines: [{ lineId: '1', quantity: 1 }] }
    await accepted(ask(cluster, us, returnOrderLines, part))
    await accepted(ask(cluster, us, shipOrder, { id }, id))
    await cluster.time.runFor(500)
    await accepted(ask(cluster, ap, shipOrder, { id }, id))
    cluster.network.healAll()
    await cluster.time.runFor(15_000)
  }
  for (const region of [ap, eu, us]) {
    for (const id of ['o1', 'o2']) {
      expect(linesIn(cluster, region, id)).toMatchObject([{ shippedQuantity: 4, returnedQuantity: 0 }])
    }
    expect(levelIn(cluster, region)).toMatchObject({ onHand: 82, reserved: 0, available: 82 })
  }
})
