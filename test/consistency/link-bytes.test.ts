// What an order costs between regions oceans apart, by every byte of every connection. As a plain JSON event, one per message,
// it has some 583 bytes (`npm run bench wan`).

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { countOrders } from '../support/wan/order-traffic.ts'

const newOrder = (skus: number) => {
  const start = Math.floor(Math.random() * skus)
  const lines = [start, (start + 7) % skus].map((index) => ({ sku: `sku-${index}`, quantity: 1 }))
  return { id: randomUUID(), lines }
}

describe('single orders between regions', () => {
  it('C5: cost a third of a JSON event over one line, and no acknowledgement while orders carry them', async () => {
    const { bytesPerEvent, carried } = await countOrders({ secondLines: 'never', orders: 20, seconds: 2, newOrder })
    expect(carried.get('Commits: order.placed')?.messages).toBeGreaterThan(200)
    // What the last orders left to be said.
    expect(carried.get('Commits: origin.acknowledged')?.messages ?? 0).toBeLessThanOrEqual(12)
    expect(bytesPerEvent).toBeLessThan(190)
  }, 60_000)

  it('C5: cost half of it over two', async () => {
    const { bytesPerEvent } = await countOrders({ secondLines: 'always', orders: 20, seconds: 2, newOrder })
    // Behind the last orders, acknowledgements come on top.
    expect(bytesPerEvent).toBeLessThan(315)
  }, 60_000)
})
