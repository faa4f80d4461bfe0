// For tests: the example shop, bundled from its sources as its own build does, behind a real gateway and two real regions in memory.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Gateway } from '@causeway/gateway/options'
import { startGateway } from '@causeway/gateway/server'
import { type ServedCluster, serveCluster } from '@causeway/regions/http/cluster.testing'
import { build } from 'vite'

const regions = ['us-east-1', 'eu-west-1'] as const
const goods = [
  { id: 'mug', title: 'Speckled mug', price: '12.50', stock: 100 },
  { id: 'pen', title: 'Brass pen', price: '24.00', stock: 100 },
  { id: 'print', title: 'Harbour print', price: '27.50', stock: 3 },
] as const

/** Each test takes one, whose cart is theirs alone. */
export const shoppers = Array.from({ length: 10 }, (_, index) => `shopper-${index + 1}`)

export class Storefront {
  readonly #cluster: ServedCluster
  readonly #folder: string
  #gateway: Gateway

  private constructor(cluster: ServedCluster, folder: string, gateway: Gateway) {
    this.#cluster = cluster
    this.#folder = folder
    this.#gateway = gateway
  }

  static async open(): Promise<Storefront> {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-storefront-'))
    const [cluster] = await Promise.all([serveCluster(regions), bundle(folder)])
    const shop = new Storefront(cluster, folder, await startFor(cluster, folder, 0))
    await shop.#fill()
    return shop
  }

  get url(): string {
    return `${this.#gateway.url}/storefront/`
  }

  /** The shop cannot be reached: neither its API nor its files. */
  async goDark(): Promise<void> {
    await this.#gateway.close()
  }

  async comeBack(): Promise<void> {
    this.#gateway = await startFor(this.#cluster, this.#folder, this.#gateway.port)
  }

  async ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.#gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data: Data; errors?: readonly { message: string }[] }
    if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '))
    return data
  }

  /** As the region that is asked first knows it. */
  async available(sku: string): Promise<number> {
    const query = 'query ($sku: ID!) { stock(sku: $sku) { available } }'
    return (await this.ask<{ stock: { available: number } }>(query, { sku })).stock.available
  }

  async close(): Promise<void> {
    await this.#gateway.close()
    await this.#cluster.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #fill(): Promise<void> {
    for (const { id, title, price, stock } of goods) {
      const variants = [{ sku: id, title, price: { amount: price, currencyCode: 'GBP' } }]
      await this.ask(
        'mutation ($input: UpsertProductInput!) { upsertProduct(input: $input) { userErrors { message } } }',
        {
          input: { id: `product-${id}`, title, description: `A ${title.toLowerCase()}.`, variants },
        },
      )
      await this.ask(
        'mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { userErrors { message } } }',
        {
          input: { sku: id, quantity: stock },
        },
      )
    }
    for (const id of shoppers) {
      await this.ask(
        'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { userErrors { message } } }',
        { input: { id, homeRegion: 'us-east-1', name: 'Ada Byrne' } },
      )
    }
  }
}

/** As its own build does, but from the sources of the SDK. */
async function bundle(folder: string): Promise<void> {
  const root = fileURLToPath(new URL('../../examples/storefront/', import.meta.url))
  const environment = process.env.NODE_ENV
  // A test's environment would make it a build for development.
  process.env.NODE_ENV = 'production'
  try {
    await build({
      root,
      configFile: join(root, 'vite.config.ts'),
      logLevel: 'error',
      resolve: { conditions: ['source', 'module', 'browser', 'production'] },
      build: { outDir: folder, emptyOutDir: true },
    })
  } finally {
    process.env.NODE_ENV = environment
  }
}

function startFor(cluster: ServedCluster, folder: string, port: number): Promise<Gateway> {
  return startGateway({
    listen: { host: '127.0.0.1', port },
    region: 'us-east-1',
    regions: regions.map((id) => ({ id, url: cluster.at(id).server.url })),
    auth: { mode: 'development' },
    apps: { '/storefront': folder },
    probeEveryMs: 200,
  })
}
