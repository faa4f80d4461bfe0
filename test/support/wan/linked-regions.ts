// Regions in this process on memory, linked by real WebSockets over the userland WAN: what links carry can be counted
// there without a quiet machine, a database or a process of its own for each.

import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMemoryStore } from '@causeway/db/memory/store'
import { createCrypto, generateSigningKey } from '@causeway/regions/crypto'
import { createRegionNode } from '@causeway/regions/node'
import type { CommandAnswer, Region } from '@causeway/regions/region'
import { createReplicationEndpoint, type ReplicationEndpoint } from '@causeway/regions/replication/graphql-endpoint'
import { createGraphqlTransport } from '@causeway/regions/replication/graphql-transport'
import type { SecondLines } from '@causeway/regions/replication/receiving/second-line'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { realPorts } from '../real-ports.ts'
import type { Wan } from './wan.ts'

const clusterSecret = 'a secret of the test'
const principal = { subject: 'staff', roles: ['operator' as const], region: null }
const ports = realPorts({ debug: () => {}, info: () => {}, warn: () => {}, error: () => {} })

export interface LinkedOptions {
  readonly members: readonly RegionId[]
  readonly wan: Wan
  readonly secondLines: SecondLines
  readonly divergenceRoundMs: number
}

interface Linked {
  readonly id: RegionId
  readonly server: Server
  region: Region
  endpoint: ReplicationEndpoint
}

export class LinkedRegions {
  readonly #linked: Linked[] = []

  get all(): readonly Region[] {
    return this.#linked.map(({ region }) => region)
  }

  async start({ members, wan, secondLines, divergenceRoundMs }: LinkedOptions): Promise<void> {
    const servers = await Promise.all(members.map(async (id) => ({ id, server: await listen() })))
    const endpoints = new Map<RegionId, ReplicationEndpoint>()
    for (const { id, server } of servers) {
      server.on('upgrade', (request, socket, head) => {
        const endpoint = endpoints.get(id)
        if (endpoint === undefined) socket.destroy()
        else endpoint.handleUpgrade(request, socket, head)
      })
    }
    for (const { id, server } of servers) {
      const peers: Record<RegionId, string> = {}
      for (const peer of servers)
        if (peer.id !== id) peers[peer.id] = await wan.replicationUrl(id, peer.id, portOf(peer.server))
      const key = generateSigningKey()
      const region = await createRegionNode({
        ...{ region: id, members, ports, secondLines, divergenceRoundMs, store: createMemoryStore({ region: id }) },
        crypto: createCrypto({
          region: id,
          privateKeyPem: key.privateKeyPem,
          publicKeys: new Map(),
          random: ports.random,
        }),
        publicKey: key.publicKey,
        transport: createGraphqlTransport({ region: id, peers, clusterSecret, ports }),
        hasher: () => {
          const hash = createHash('sha256')
          return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') }
        },
      })
      const endpoint = createReplicationEndpoint(region.peerService, { region: id, clusterSecret, ports })
      endpoints.set(id, endpoint)
      this.#linked.push({ id, server, region, endpoint })
    }
  }

  at(id: RegionId): Region {
    const linked = this.#linked.find((each) => each.id === id)
    if (linked === undefined) throw new Error(`no region ${id}`)
    return linked.region
  }

  async run<Input>(id: RegionId, command: CommandDefinition<Input>, input: unknown): Promise<CommandAnswer> {
    return await this.at(id).execute(command, input as Input, {
      principal,
      resent: false,
      deadlineAt: Date.now() + 5_000,
    })
  }

  async stop(): Promise<void> {
    for (const { endpoint } of this.#linked) await endpoint.close()
    for (const { region } of this.#linked) await region.stop()
    for (const { server } of this.#linked) await new Promise((resolve) => server.close(resolve))
  }
}

async function listen(): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
