// WebSocket connections to regions, shared by the subscriptions that come with the same rights and wishes. A connection
// that goes silent is cut, so that whoever listens on it learns that it is gone. Knows nothing of resuming.

import type { RegionId } from '@causeway/schema/clock/origin'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { Fleet } from '../routing/fleet.ts'

const pingEveryMs = 2_000
const pongWithinMs = 2_000
/** An unused connection stays this long, for the next subscription. */
const lingerMs = 5_000

export class RegionSockets {
  readonly #clients = new Map<string, { region: RegionId; client: Client }>()
  readonly #fleet: Fleet
  readonly #unlisten: () => void

  constructor(fleet: Fleet) {
    this.#fleet = fleet
    // A region that stopped answering keeps its sockets open: do not wait for them.
    this.#unlisten = fleet.listen((after, before) => {
      if (after.health.state === 'UNREACHABLE' && before.health.state !== 'UNREACHABLE') this.#cut(after.id)
    })
  }

  /** A client of `region` whose connection carries `headers`. */
  client(region: RegionId, headers: Readonly<Record<string, string>>): Client {
    const key = `${region} ${JSON.stringify(headers)}`
    const held = this.#clients.get(key)
    if (held !== undefined) return held.client
    const url = this.#fleet.get(region)?.url ?? ''
    let pong: NodeJS.Timeout | undefined
    const client = createClient({
      url: `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: headers,
      lazy: true,
      lazyCloseTimeout: lingerMs,
      retryAttempts: 0,
      keepAlive: pingEveryMs,
      connectionAckWaitTimeout: 5_000,
      on: {
        ping: (received) => {
          if (!received) pong = setTimeout(() => client.terminate(), pongWithinMs)
        },
        pong: (received) => {
          if (received) clearTimeout(pong)
        },
        closed: () => {
          clearTimeout(pong)
          if (this.#clients.get(key)?.client === client) this.#clients.delete(key)
        },
      },
    })
    this.#clients.set(key, { region, client })
    return client
  }

  async close(): Promise<void> {
    this.#unlisten()
    for (const { client } of this.#clients.values()) client.terminate()
    this.#clients.clear()
  }

  #cut(region: RegionId): void {
    for (const [key, held] of [...this.#clients]) {
      if (held.region !== region) continue
      this.#clients.delete(key)
      held.client.terminate()
    }
  }
}
