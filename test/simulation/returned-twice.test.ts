// A return whose answer did not come, asked for once more where the shipment is known.

import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { shipOrder } from '@causeway/schema/documents/order/transitions'
import { expect, it } from 'vitest'
import { accepted, levelIn, linesIn, order, shop } from './fences/shop.ts'
import { ap, ask, eu, us } from './steps.ts'

it('I2: what came back is credited once, whether the region that answered the return first knew of the shipment or not', async () => {
  const cluster = await shop(42)
  for (const [id, first, second] of [
    ['o1', ap, us],
    ['o2', us, ap],
  ] as const) {
    await accepted(ask(cluster, eu, placeOrder, order(id, 4)))
    await cluster.time.runFor(2_000)
    // Only us hears of the shipment.
    cluster.network.cut(ap, eu)
    cluster.network.cut(ap, us)
    await accepted(ask(cluster, eu, shipOrder, { id }))
    await cluster.time.runFor(500)
    const part = { id, lines: [{ lineId: '1', quantity: 3 }] }
    await accepted(ask(cluster, first, returnOrderLines, part, id))
    await cluster.time.runFor(500)
    await accepted(ask(cluster, second, returnOrderLines, part, id))
    cluster.network.healAll()
    await cluster.time.runFor(15_000)
  }
  for (const region of [ap, eu, us]) {
    for (const id of ['o1', 'o2']) {
      expect(linesIn(cluster, region, id)).toMatchObject([{ shippedQuantity: 4, returnedQuantity: 3 }])
    }
    expect(levelIn(cluster, region)).toMatchObject({ onHand: 88, reserved: 0, available: 88 })
  }
})
