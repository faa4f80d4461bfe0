// For tests: real nodes on memory stores, linked in one process, each served on a real port.

import { createHash, randomBytes } from 'node:crypto'
import { createMemoryStore } from '@causeway/db/memory/store'
import { makeOrigin, type RegionId } from '@causeway/schema/clock/origin'
import { type AuthSetting, createAuthenticator } from '../auth/authenticator.ts'
import { createCrypto, generateSigningKey } from '../crypto.ts'
import { createRegionNode } from '../node.ts'
import type { Logger, Ports } from '../ports.ts'
import type { Region } from '../region.ts'
import type { PeerService, Transport } from '../replication/peer.ts'
import { type RegionServer, startRegionServer } from './server.ts'

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export const ports: Ports = {
  clock: { now: () => Date.now() },
  timers: {
    after(delayMs, call) {
      const timer = setTimeout(call, delayMs)
      return () => clearTimeout(timer)
    },
  },
  random: { bytes: (length) => new Uint8Array(randomBytes(length)), unit: () => Math.random() },
  logger: quiet,
}

export interface ServedRegion {
  readonly region: Region
  readonly server: RegionServer
  /** The log of what the caller is not told. */
  readonly faults: string[]
}

export interface ServedCluster {
  at(id: RegionId): ServedRegion
  stop(): Promise<void>
}

export async function serveCluster(
  members: readonly RegionId[],
  auth: AuthSetting = { mode: 'development' },
): Promise<ServedCluster> {
  const services = new Map<RegionId, PeerService>()
  const served = new Map<RegionId, ServedRegion>()
  for (const id of members) {
    const region = await startNode(id, members, services)
    services.set(id, region.peerService)
    const faults: string[] = []
    const logger: Logger = { ...quiet, error: (fields) => faults.push(JSON.stringify(fields)) }
    const server = await startRegionServer({
      region,
      listen: { host: '127.0.0.1', port: 0 },
      authenticator: createAuthenticator(auth, ports.clock),
      replication: { handleUpgrade: (_, socket) => socket.destroy() },
      ports: { ...ports, logger },
    })
    served.set(id, { region, server, faults })
  }
  return {
    at(id) {
      const one = served.get(id)
      if (one === undefined) throw new Error(`no region ${id}`)
      return one
    },
    async stop() {
      for (const { server } of served.values()) await server.close()
      for (const { region } of served.values()) await region.stop()
    },
  }
}

async function startNode(
  id: RegionId,
  members: readonly RegionId[],
  services: ReadonlyMap<RegionId, PeerService>,
): Promise<Region> {
  const key = generateSigningKey()
  return await createRegionNode({
    region: id,
    members,
    store: createMemoryStore({ region: id }),
    crypto: createCrypto({
      origin: makeOrigin(id, 1),
      privateKeyPem: key.privateKeyPem,
      publicKeys: new Map(),
      random: ports.random,
    }),
    publicKey: key.publicKey,
    transport: directTransport(id, services),
    ports,
    hasher: () => {
      const hash = createHash('sha256')
      return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') }
    },
  })
}

function directTransport(from: RegionId, services: ReadonlyMap<RegionId, PeerService>): Transport {
  return {
    async connect(peer, hello) {
      const service = services.get(peer)
      if (service === undefined) throw new Error(`${peer} is not up`)
      return {
        hello: await service.hello(hello),
        commits: (after, direct) => service.commits(from, after, direct),
        acknowledge: (applied, direct) => service.acknowledge(from, applied, direct),
        requestRights: (request) => service.requestRights(from, request),
        close: () => {},
      }
    },
  }
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly data: Record<string, never>
  readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
  readonly extensions: { readonly causeway?: { readonly token: string; readonly region: string } }
}

/** Asks a server over real HTTP. */
export async function ask(
  { url }: { readonly url: string },
  query: string,
  variables: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const body = (await response.json()) as Partial<Reply>
  return {
    status: response.status,
    headers: response.headers,
    data: body.data ?? {},
    errors: body.errors ?? [],
    extensions: body.extensions ?? {},
  }
}
