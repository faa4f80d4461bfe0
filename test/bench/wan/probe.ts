// How long a fact needs from region to region: orders placed in every region at a steady rate, each timed from its answer
// to its showing in each other region; and over the same distances what a bare byte needs.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Wan } from '../../support/wan/wan.ts'
import { atRate, Caller } from '../caller.ts'
import type { BenchCluster } from '../cluster.ts'
import { OrderWatcher } from '../measure/order-watcher.ts'
import { placeOrder, randomOrder } from '../shop.ts'

export interface Passage {
  readonly from: string
  readonly to: string
  /** 0 where the other region showed it before the answer had come. */
  readonly ms: number
}

export class Probe {
  readonly #wan: Wan
  readonly #places: readonly { readonly id: string; readonly caller: Caller; readonly watcher: OrderWatcher }[]

  constructor(cluster: BenchCluster, wan: Wan) {
    this.#wan = wan
    this.#places = cluster.regions.map((region) => ({
      id: region.id,
      caller: new Caller(region.url, 8),
      watcher: new OrderWatcher(region),
    }))
  }

  /** Places `perSecond` orders a second in each region; answers each order's way to each other region. */
  async orders(perSecond: number, forMs: number, skus: number): Promise<readonly Passage[]> {
    const placed = await Promise.all(
      this.#places.map(async ({ id, caller }) => {
        const answeredAt = new Map<string, number>()
        await atRate(perSecond, forMs, async () => {
          const order = randomOrder(skus, 2) as { readonly id: string }
          await caller.call(placeOrder, { input: order })
          answeredAt.set(order.id, performance.now())
        })
        return { id, answeredAt }
      }),
    )
    const passages: Passage[] = []
    for (const { id: from, answeredAt } of placed) {
      for (const { id: to, watcher } of this.#places) {
        if (to === from) continue
        for (const [id, at] of answeredAt) passages.push({ from, to, ms: Math.max(0, (await watcher.seen(id)) - at) })
      }
    }
    return passages
  }

  /** Sends `perSecond` single bytes a second from each region to each other. */
  async bytes(perSecond: number, forMs: number): Promise<readonly Passage[]> {
    const ways = this.#places.flatMap(({ id: from }) =>
      this.#places.flatMap(({ id: to }) => (to === from ? [] : [{ from, to }])),
    )
    const all = await Promise.all(
      ways.map(async (way) => (await bareDelays(this.#wan, way, perSecond, forMs)).map((ms) => ({ ...way, ms }))),
    )
    return all.flat()
  }

  async close(): Promise<void> {
    for (const { caller, watcher } of this.#places) {
      await watcher.close()
      await caller.close()
    }
  }
}

async function bareDelays(
  wan: Wan,
  { from, to }: { readonly from: string; readonly to: string },
  perSecond: number,
  forMs: number,
): Promise<readonly number[]> {
  const arrivedAt: number[] = []
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      for (const _ of bytes) arrivedAt.push(performance.now())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const socket = connect(await wan.port(from, to, typeof address === 'object' && address !== null ? address.port : 0))
  try {
    await once(socket, 'connect')
    socket.setNoDelay(true)
    const sentAt: number[] = []
    await atRate(perSecond, forMs, async () => {
      sentAt.push(performance.now())
      await written(socket)
    })
    const ended = once(server, 'close')
    socket.end()
    server.close()
    await ended
    return sentAt.map((at, index) => (arrivedAt[index] ?? Number.POSITIVE_INFINITY) - at)
  } finally {
    socket.destroy()
  }
}

function written(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => socket.write('.', (error) => (error ? reject(error) : resolve())))
}
