// For tests of the transport: a peer at its far end, and links to it over real sockets.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SnapshotDescription } from '@causeway/db/snapshots/snapshots'
import { emptyVector, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { FenceLog } from '@causeway/schema/fence/fence-log'
import type { Ports } from '../ports.ts'
import { createReplicationEndpoint, type ReplicationEndpoint } from './graphql-endpoint.ts'
import { createGraphqlTransport } from './graphql-transport.ts'
import { createLinks, type Links } from './links.ts'
import type { CommitBatch, Line, PeerHello, PeerService, RightsRequest } from './peer.ts'
import type { SecondLines } from './receiving/second-line.ts'
import { protocolVersions, type Versions } from './versions.ts'

export const helloOf = (region: string, frontier: VersionVector = {}): PeerHello => ({
  region,
  origin: region,
  versions: protocolVersions,
  publicKeys: { [region]: ['a-key'] },
  frontier,
  holdsOfYou: null,
  claimKey: 'a1b2',
  operatorKeys: 'c3d4',
})

export const hash = 'ab'.repeat(32)
export const description: SnapshotDescription = {
  ...{ layout: 1, id: 's1', region: 'eu', madeMs: 1_700_000_000_000, pages: [hash, hash], bytes: 4 },
  head: {
    ...{ frontier: { eu: 2 }, time: { wallMs: 1_700_000_000_000, counter: 3 }, memberClocks: { us: { eu: 1 } } },
    ...{ chainHashes: { eu: hash }, significant: { eu: 2 }, fences: { retires: [], votes: [] } },
  },
}

const place = { by: 'eu', sequence: 2 }
export const fences: FenceLog = {
  retires: [
    {
      ...{ ...place, region: 'ap', before: null, overrides: false, known: ['ap'], members: ['ap', 'eu', 'us'] },
      time: { wallMs: 1_700_000_000_000, counter: 3 },
      order: {
        ...{ id: 'ab'.repeat(16), cluster: 'shop', region: 'ap', incarnation: 1, overrides: false, by: 'eu' },
        ...{ members: ['ap', 'eu', 'us'], signedMs: 1_700_000_000_000, untilMs: 1_700_000_600_000 },
        ...{ key: 'a-key', signature: 'cd'.repeat(64) },
      },
    },
  ],
  votes: [{ ...place, targets: ['ap'], held: { ap: 7 }, hashes: { ap: hash } }],
}

/** A peer that holds a log of one-byte commits and serves it, and remembers what it was told. */
export class Peer {
  readonly hellos: PeerHello[] = []
  readonly asked: RightsRequest[] = []
  readonly acknowledged: VersionVector[] = []
  readonly lines: Line[] = []
  readonly #wake = new Set<() => void>()
  length = 0
  /** Somebody here waits for acknowledgements. */
  asks = false

  readonly service: { -readonly [Name in keyof PeerService]: PeerService[Name] } = {
    hello: async (from) => {
      this.hellos.push(from)
      return { ...helloOf('eu', { eu: this.length }), holdsOfYou: { sequence: 7, hash: 'ab', proof: 'cd' } }
    },
    commits: (_from, after, _direct, line) => {
      this.lines.push(line)
      return this.#serve(after.eu ?? 0)
    },
    acknowledge: async (_, applied) => void this.acknowledged.push(applied),
    requestRights: async (from, request) => {
      this.asked.push(request)
      return {
        items: request.items.map(({ sku }) => ({ sku, units: from === 'us' ? 1 : 0 })),
        position: { origin: 'eu', sequence: 3 },
      }
    },
    snapshots: {
      offer: async (id) => (id === null ? { status: 'ready', description } : { status: 'gone' }),
      page: async (id, number) => (id === description.id ? Uint8Array.of(7, number) : null),
      check: async () => ({ status: 'ready', check: { touched: ['order/o1'], digests: [hash], chains: { eu: hash } } }),
    },
    digests: async ({ table, level, after }) => ({
      frontier: { eu: 1 },
      through: { eu: 2 },
      ranges: [
        { until: `${table} ${level} ${after}`, digest: 'ab' },
        { until: null, digest: 'cd' },
      ],
    }),
    commitsOf: async (from, { origin, first, last }) => [
      new TextEncoder().encode(`${from} ${origin} ${first} ${last}`),
    ],
    fences: async () => fences,
    standing: async () => ({ frontier: { eu: this.length }, time: { wallMs: 1_700_000_000_000, counter: 9 } }),
  }

  write(count: number): void {
    this.length += count
    for (const wake of this.#wake) wake()
  }

  async *#serve(from: number): AsyncGenerator<CommitBatch> {
    for (let sent = from; ; ) {
      const commits = Array.from({ length: this.length - sent }, (_, index) => Uint8Array.of(sent + index + 1))
      sent = this.length
      yield {
        commits,
        events: commits.length,
        behind: commits.length + 3,
        frontier: { eu: sent },
        time: { wallMs: Date.now(), counter: 3 },
        asks: this.asks,
      }
      if (this.length === sent) {
        await new Promise<void>((resolve) => {
          this.#wake.add(resolve)
        })
      }
    }
  }
}

interface LogLine {
  readonly level: string
  readonly message: string
}

export const log: LogLine[] = []
const logger = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (_: object, message: string) => log.push({ level, message }),
  ]),
) as unknown as Ports['logger']

export const ports: Ports = {
  clock: { now: () => Date.now() },
  timers: {
    after: (delayMs, call) => {
      const timer = setTimeout(call, delayMs)
      return () => clearTimeout(timer)
    },
  },
  random: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)), unit: () => 0.1 },
  logger,
}

const closers: (() => Promise<unknown>)[] = []
/** Ends what the functions below have begun, and forgets what was logged: after each test. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
  log.length = 0
}

export async function listen(peer: Peer, port = 0, clusterSecret = 'secret', versions: Versions = protocolVersions) {
  const options = { region: 'eu', clusterSecret, ports, versions }
  const endpoint: ReplicationEndpoint = createReplicationEndpoint(peer.service, options)
  const server: Server = createServer()
  server.on('upgrade', (request, socket, head) => endpoint.handleUpgrade(request, socket, head))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = async () => {
    await endpoint.close()
    await new Promise((resolve) => server.close(resolve))
  }
  closers.push(() => close().catch(() => {}))
  return { port: (server.address() as AddressInfo).port, close }
}

export const transportTo = (
  port: number,
  clusterSecret = 'secret',
  region = 'us',
  versions: Versions = protocolVersions,
) =>
  createGraphqlTransport({
    region,
    peers: { eu: `ws://127.0.0.1:${port}/replication` },
    clusterSecret,
    ports,
    versions,
  })

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

export function linksTo(port: number, take: (commit: number) => void, secondLines: SecondLines = 'never'): Links {
  let frontier: VersionVector = emptyVector
  const links = createLinks({
    region: 'us',
    peers: ['eu'],
    transport: transportTo(port),
    ports,
    hello: async () => helloOf('us', frontier),
    onHello: async () => {},
    sink: async (_, batch) => {
      for (const bytes of batch.commits) {
        const sequence = bytes[0] ?? 0
        take(sequence)
        frontier = { eu: sequence }
      }
    },
    frontier: () => frontier,
    secondLines,
  })
  closers.push(() => links.stop())
  return links
}
