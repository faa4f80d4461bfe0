// When a region shows an order to those who follow its events: a subscriber that notes the time of each.

import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { BenchRegion } from '../cluster.ts'

const query = 'subscription { events(types: ["order.placed"]) { entityId } }'
const seenWithinMs = 30_000

export class OrderWatcher {
  readonly #region: BenchRegion
  readonly #client: Client
  readonly #seenAt = new Map<string, number>()
  readonly #waiting = new Map<string, () => void>()
  readonly #end: () => void
  #failure: Error | null = null

  constructor(region: BenchRegion) {
    this.#region = region
    const url = `${region.url.replace(/^http/, 'ws')}/graphql`
    this.#client = createClient({ url, webSocketImpl: WebSocket, lazy: false })
    this.#end = this.#client.subscribe<{ events: { entityId: string } }>(
      { query },
      {
        next: ({ data }) => {
          if (data !== null && data !== undefined) this.#saw(data.events.entityId)
        },
        error: (error) => {
          this.#failure = new Error(`${region.id} ended the subscription: ${JSON.stringify(error)}`)
        },
        complete: () => {},
      },
    )
  }

  /** When it was, by `performance.now()`. Throws where it does not come. */
  async seen(id: string): Promise<number> {
    if (!this.#seenAt.has(id)) {
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => {
          reject(this.#failure ?? new Error(`${this.#region.id} has not shown order ${id}`))
        }, seenWithinMs)
        this.#waiting.set(id, () => {
          clearTimeout(late)
          resolve()
        })
      })
    }
    return this.#seenAt.get(id) ?? Number.NaN
  }

  async close(): Promise<void> {
    this.#end()
    await this.#client.dispose()
  }

  #saw(id: string): void {
    this.#seenAt.set(id, performance.now())
    this.#waiting.get(id)?.()
    this.#waiting.delete(id)
  }
}
