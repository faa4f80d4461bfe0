// For tests: two regions, a gateway before each, and devices that use the SDK over real sockets.

import { type CausewayClient, type ClientOptions, createClient, memoryStorage } from '@causeway/client'
import type { Gateway } from '@causeway/gateway/options'
import { startGateway } from '@causeway/gateway/server'
import { ask, type ClusterChoices, type ServedCluster, serveCluster } from '@causeway/regions/http/cluster.testing'
import { stockMug } from '@causeway/regions/http/shop.testing'
import { covers } from '@causeway/schema/clock/version-vector'
import { expect } from 'vitest'
import { WebSocket } from 'ws'

export const us = 'us-east-1'
export const eu = 'eu-west-1'

export class DeviceShop {
  readonly cluster: ServedCluster
  readonly #gateways: ReadonlyMap<string, Gateway>
  readonly #clients = new Set<CausewayClient>()

  private constructor(cluster: ServedCluster, gateways: ReadonlyMap<string, Gateway>) {
    this.cluster = cluster
    this.#gateways = gateways
  }

  static async open(choices: ClusterChoices = {}): Promise<DeviceShop> {
    const cluster = await serveCluster([us, eu], choices)
    const gateways = new Map<string, Gateway>()
    for (const region of [us, eu]) {
      const gateway = await startGateway({
        ...{
          listen: { host: '127.0.0.1', port: 0 },
          region,
          auth: { mode: 'development' },
          probeEveryMs: 100,
          deadlineMs: 4_000,
        },
        // Its own region alone, so that a test knows which one answers.
        regions: [{ id: region, url: cluster.at(region).server.url }],
      })
      gateways.set(region, gateway)
    }
    await stockMug(cluster.at(us), 100, 'mug', 'cup')
    return new DeviceShop(cluster, gateways)
  }

  url(region: string): string {
    return `${this.#gateways.get(region)?.url}/graphql`
  }

  /** At the gateway of a region. */
  async device(region: string, options: Partial<ClientOptions> = {}): Promise<CausewayClient> {
    const client = await createClient({
      url: this.url(region),
      storage: memoryStorage(),
      webSocket: WebSocket,
      ...options,
    })
    this.#clients.add(client)
    return client
  }

  /** Until both regions hold the same. */
  async converge(): Promise<void> {
    const [left, right] = [us, eu].map((id) => this.cluster.at(id).region)
    if (left === undefined || right === undefined) return
    await expect
      .poll(() => covers(left.frontier(), right.frontier()) && covers(right.frontier(), left.frontier()))
      .toBe(true)
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) await client.close()
    for (const gateway of this.#gateways.values()) await gateway.close()
    await this.cluster.stop()
  }
}

export function linesOf(client: CausewayClient, cart: string): Readonly<Record<string, number>> | undefined {
  return quantitiesOf(client.cart(cart).get())
}

/** As a region holds it. */
export async function linesAt({ server }: { readonly server: { readonly url: string } }, cart: string) {
  const { data } = await ask(server, 'query ($id: ID!) { cart(id: $id) { lines { sku quantity } } }', { id: cart })
  return quantitiesOf(data.cart as CartLines | null | undefined)
}

interface CartLines {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

function quantitiesOf(cart: CartLines | null | undefined): Readonly<Record<string, number>> | undefined {
  return cart ? Object.fromEntries(cart.lines.map(({ sku, quantity }) => [sku, quantity])) : undefined
}
