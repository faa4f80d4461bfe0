// For tests: real nodes on memory stores, linked in one process, each served on a real port.

import { createHash, randomBytes } from 'node:crypto'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Operators } from '@causeway/schema/fence/order'
import { type AuthSetting, createAuthenticator } from '../auth/authenticator.ts'
import { createClaimHash, createCrypto, generateSigningKey } from '../crypto.ts'
import type { HistoryRetention } from '../history/retention.ts'
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
  /** Nothing gets through between the two any more, and neither is told; `heal` breaks what was cut, so that it is opened anew. */
  cut(left: RegionId, right: RegionId): void
  heal(left: RegionId, right: RegionId): void
  stop(): Promise<void>
}

export interface ClusterChoices {
  readonly auth?: AuthSetting
  readonly clusterSecret?: string
  /** Memory, left out. */
  readonly store?: (id: RegionId) => Promise<Store>
  readonly divergenceRoundMs?: number
  /** The same in every region, left out. */
  readonly claimKey?: (id: RegionId) => string
  readonly retention?: HistoryRetention
  /** Whose orders it takes to retire a region. */
  readonly operators?: (id: RegionId) => Operators | null
}

export async function serveCluster(members: readonly RegionId[], choices: ClusterChoices = {}): Promise<ServedCluster> {
  const services = new Map<RegionId, PeerService>()
  const served = new Map<RegionId, ServedRegion>()
  const wires = new Wires()
  for (const id of members) {
    const region = await startNode(id, members, services, wires, choices)
    services.set(id, region.peerService)
    const faults: string[] = []
    const logger: Logger = { ...quiet, error: (fields) => faults.push(JSON.stringify(fields)) }
    const server = await startRegionServer({
      region,
      listen: { host: '127.0.0.1', port: 0 },
      authenticator: createAuthenticator(choices.auth ?? { mode: 'development' }, ports.clock, choices.clusterSecret),
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
    cut: (left, right) => wires.cut(left, right),
    heal: (left, right) => wires.heal(left, right),
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
  wires: Wires,
  {
    store,
    divergenceRoundMs,
    retention,
    operators = () => null,
    claimKey = () => 'a key of these tests',
  }: ClusterChoices,
): Promise<Region> {
  const key = generateSigningKey()
  return await createRegionNode({
    region: id,
    members,
    store: store === undefined ? createMemoryStore({ region: id }) : await store(id),
    crypto: createCrypto({
      region: id,
      privateKeyPem: key.privateKeyPem,
      publicKeys: new Map(),
      operators: operators(id),
      random: ports.random,
    }),
    publicKey: key.publicKey,
    claimHash: createClaimHash(claimKey(id)),
    transport: directTransport(id, services, wires),
    ports,
    hasher: () => {
      const hash = createHash('sha256')
      return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') }
    },
    ...(divergenceRoundMs === undefined ? {} : { divergenceRoundMs }),
    ...(retention === undefined ? {} : { retention }),
  })
}

function directTransport(from: RegionId, services: ReadonlyMap<RegionId, PeerService>, wires: Wires): Transport {
  return {
    async connect(peer, hello) {
      const service = services.get(peer)
      if (service === undefined) throw new Error(`${peer} is not up`)
      const over = <Answer>(answer: Promise<Answer>) => wires.over(from, peer, answer)
      return {
        hello: await over(service.hello(hello)),
        async *commits(after, direct, line) {
          const batches = service.commits(from, after, direct, line)[Symbol.asyncIterator]()
          for (;;) {
            const next = await over(batches.next())
            if (next.done === true) return
            yield next.value
          }
        },
        acknowledge: (applied, direct) => over(service.acknowledge(from, applied, direct)),
        requestRights: (request) => over(service.requestRights(from, request)),
        standing: () => over(service.standing()),
        fences: () => over(service.fences()),
        snapshots: {
          offer: (id) => over(service.snapshots.offer(id)),
          page: (id, number) => over(service.snapshots.page(id, number)),
          check: (frontier) => over(service.snapshots.check(frontier)),
        },
        digests: (request) => over(service.digests(request)),
        commitsOf: (range) => over(service.commitsOf(from, range)),
        close: () => {},
      }
    },
  }
}

/** The wires between regions: what is on a cut one does not arrive, and fails once it is mended. */
class Wires {
  readonly #mended = new Map<string, { readonly failed: Promise<never>; readonly fail: (error: Error) => void }>()

  cut(left: RegionId, right: RegionId): void {
    let fail: (error: Error) => void = () => {}
    const failed = new Promise<never>((_, reject) => {
      fail = reject
    })
    failed.catch(() => undefined)
    this.#mended.set(nameOf(left, right), { failed, fail })
  }

  heal(left: RegionId, right: RegionId): void {
    this.#mended.get(nameOf(left, right))?.fail(new Error(`the wire between ${left} and ${right} was cut`))
    this.#mended.delete(nameOf(left, right))
  }

  async over<Answer>(from: RegionId, to: RegionId, answer: Promise<Answer>): Promise<Answer> {
    const arrived = await answer
    const cut = this.#mended.get(nameOf(from, to))
    return cut === undefined ? arrived : await cut.failed
  }
}

function nameOf(left: RegionId, right: RegionId): string {
  return [left, right].sort().join(' ')
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
