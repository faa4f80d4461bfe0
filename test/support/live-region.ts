// A region in this process on its own Postgres, linked to others by real WebSockets: what a test needs that cuts regions off,
// restores their databases and kills them in the middle. Knows no scenario.

import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPostgresStore } from '@causeway/db/postgres/store'
import type { Store } from '@causeway/db/store'
import { createCrypto, generateSigningKey } from '@causeway/regions/crypto'
import type { HistoryRetention } from '@causeway/regions/history/retention'
import { createRegionNode } from '@causeway/regions/node'
import type { Logger, Ports } from '@causeway/regions/ports'
import type { CommandAnswer, Region } from '@causeway/regions/region'
import { createReplicationEndpoint, type ReplicationEndpoint } from '@causeway/regions/replication/graphql-endpoint'
import { createGraphqlTransport } from '@causeway/regions/replication/graphql-transport'
import type { Transport } from '@causeway/regions/replication/peer'
import type { SecondLines } from '@causeway/regions/replication/receiving/second-line'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { realPorts } from './real-ports.ts'

export interface LiveRegionOptions {
  readonly id: RegionId
  readonly members: readonly RegionId[]
  readonly retention: HistoryRetention
  /** Replication URLs of all regions, filled in while they start to listen. */
  readonly urls: Record<RegionId, string>
  /** The same for all nodes of a region; one of its own where left out. */
  readonly key?: ReturnType<typeof generateSigningKey>
  readonly secondLines?: SecondLines
}

const clusterSecret = 'a secret of the test'
const principal = { subject: 'staff', roles: ['operator' as const], region: null }

export class LiveRegion {
  readonly #options: LiveRegionOptions
  readonly #key
  readonly #server: Server = createServer()
  readonly #sayings: string[] = []
  #endpoint: ReplicationEndpoint | null = null
  #running: { readonly region: Region; readonly store: Store } | null = null
  /** Opens no connection, nor is one opened to it; those that are open live on until it is killed. */
  isCut = false
  /** Called before each page is asked for; one that never resolves holds the snapshot there. */
  beforePage: (number: number) => Promise<void> = async () => {}

  constructor(options: LiveRegionOptions) {
    this.#options = options
    this.#key = options.key ?? generateSigningKey()
    this.#server.on('upgrade', (request, socket, head) => {
      if (this.isCut || this.#endpoint === null) socket.destroy()
      else this.#endpoint.handleUpgrade(request, socket, head)
    })
  }

  get region(): Region {
    if (this.#running === null) throw new Error(`${this.#options.id} is down`)
    return this.#running.region
  }

  /** What its log has said that is worth a warning or more. */
  get sayings(): readonly string[] {
    return this.#sayings
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    this.#options.urls[this.#options.id] = `ws://127.0.0.1:${port}/replication`
  }

  async start(databaseUrl: string): Promise<void> {
    const { id, members, retention, urls, secondLines = 'far' } = this.#options
    const ports = this.#ports()
    const store = await createPostgresStore({ url: databaseUrl, region: id })
    const crypto = createCrypto({
      region: id,
      privateKeyPem: this.#key.privateKeyPem,
      publicKeys: new Map(),
      random: ports.random,
    })
    const region = await createRegionNode({
      ...{ region: id, members, store, crypto, publicKey: this.#key.publicKey, ports, retention, secondLines },
      transport: this.#watched(createGraphqlTransport({ region: id, peers: urls, clusterSecret, ports })),
      hasher: () => {
        const hash = createHash('sha256')
        return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') }
      },
    })
    this.#running = { region, store }
    this.#endpoint = createReplicationEndpoint(region.peerService, { region: id, clusterSecret, ports })
  }

  async run<Input>(command: CommandDefinition<Input>, input: unknown, idempotencyKey?: string): Promise<CommandAnswer> {
    const call = { principal, resent: false, deadlineAt: Date.now() + 5_000 }
    return await this.region.execute(command, input as Input, {
      ...call,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    })
  }

  /** The database goes first, as for a process that is killed: nothing of it is written after that. */
  async kill(): Promise<void> {
    const running = this.#running
    this.#running = null
    await running?.store.close()
    await this.#endpoint?.close()
    this.#endpoint = null
    await running?.region.stop()
  }

  async close(): Promise<void> {
    await this.kill()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #watched(transport: Transport): Transport {
    return {
      connect: async (peer, hello) => {
        if (this.isCut) throw new Error('cut off')
        const connection = await transport.connect(peer, hello)
        const { snapshots } = connection
        return Object.assign(connection, {
          snapshots: {
            ...snapshots,
            page: async (snapshot: string, number: number) => {
              await this.beforePage(number)
              return await snapshots.page(snapshot, number)
            },
          },
        })
      },
    }
  }

  #ports(): Ports {
    const say = (_: object, message: string) => void this.#sayings.push(message)
    const logger: Logger = { debug: () => {}, info: say, warn: say, error: say }
    return realPorts(logger)
  }
}

/** Whether all of them stand at one frontier with one digest. */
export async function holdTheSame(regions: readonly LiveRegion[]): Promise<boolean> {
  const frontiers = regions.map(({ region }) => JSON.stringify(Object.entries(region.frontier()).sort()))
  if (new Set(frontiers).size > 1) return false
  return new Set(await Promise.all(regions.map(({ region }) => region.digest()))).size === 1
}
