// A region reduced to its log: it writes events that mean nothing, replicates them through the real links, gate and
// sender over the virtual network, and remembers in which order it applied what. For tests of replication alone.

import { createHash } from 'node:crypto'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { Head, Store, StoredCommit } from '@causeway/db/store'
import type { Logger, Ports } from '@causeway/regions/ports'
import { noLimits } from '@causeway/regions/recovery/fence-limits'
import { Ingest } from '@causeway/regions/replication/ingest'
import { createSender, type Sender } from '@causeway/regions/replication/link-sender'
import { createLinks, type Links } from '@causeway/regions/replication/links'
import type { CommitBatch, PeerConnection, PeerHello, PeerService, Transport } from '@causeway/regions/replication/peer'
import type { SecondLines } from '@causeway/regions/replication/receiving/second-line'
import { defaultOutboxLimits, type OutboxLimits } from '@causeway/regions/replication/sending/outbox'
import { protocolVersions, type Versions } from '@causeway/regions/replication/versions'
import { BatchPacker, BatchUnpacker } from '@causeway/regions/replication/wire/batch-codec'
import { tick } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import { advance, type VersionVector } from '@causeway/schema/clock/version-vector'
import { sealCommit } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import type { HashOf } from '@causeway/schema/commit/run/step'
import { noFences } from '@causeway/schema/fence/fence-log'
import type { VirtualNetwork } from './network.ts'
import { noSnapshots } from './no-snapshots.ts'
import type { SeededRandom } from './random.ts'
import { VirtualProcess } from './virtual-process.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface LogRegionOptions {
  readonly id: RegionId
  readonly peers: readonly RegionId[]
  readonly time: VirtualTime
  readonly network: VirtualNetwork
  readonly random: SeededRandom
  readonly limits?: Partial<OutboxLimits>
  /** How long it takes to apply a batch. */
  readonly applyMs?: number
  readonly secondLines?: SecondLines
  readonly versions?: Versions
  /** In which it runs; one that never stands still where left out. */
  readonly process?: VirtualProcess
}

const digest = (...parts: (string | Uint8Array)[]) =>
  new Uint8Array(parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest())

export class LogRegion {
  readonly id: RegionId
  readonly store: Store
  readonly links: Links
  readonly sender: Sender
  /** `origin:first..last`, in the order in which it was applied. */
  readonly applied: string[] = []
  readonly log: string[] = []
  frontier: VersionVector = {}
  #position = 0
  applyMs: number
  /** So many of the next transactions of others' commits fail, as when the database is away. */
  failNext = 0
  /** Called with every batch before it is taken; a throw is the sink's. */
  onBatch: (peer: RegionId) => void = () => {}
  /** Called with each commit that has become durable here. */
  onDurable: (commit: SealedCommit) => void = () => {}
  readonly #versions: Versions
  readonly #crypto: CommitCrypto
  readonly #ports: Ports
  readonly #ingest: Ingest
  #lane: Promise<unknown> = Promise.resolve()

  constructor(options: LogRegionOptions) {
    const { id, peers, time, network, random } = options
    this.id = id
    this.#versions = options.versions ?? protocolVersions
    this.applyMs = options.applyMs ?? 0
    this.store = createMemoryStore({ region: id })
    const say = (_: object, message: string) => void this.log.push(message)
    const logger: Logger = { debug: () => {}, info: say, warn: say, error: say }
    const process = options.process ?? new VirtualProcess(id)
    this.#ports = { clock: time.clockOf(id), timers: process.timersOn(time), random: random.fork(id), logger }
    this.#crypto = {
      sha256: (bytes) => digest(bytes),
      salt: () => this.#ports.random.bytes(16),
      sign: (bytes) => digestPair(id, bytes),
      verify: (origin, bytes, signature) => Buffer.compare(digestPair(origin, bytes), signature) === 0,
      verifyDevice: () => false,
      operators: null,
    }
    const frontier = () => this.frontier
    this.sender = createSender({
      region: id,
      store: this.store,
      ports: this.#ports,
      frontier,
      time: () => ({ wallMs: this.#ports.clock.now(), counter: 0 }),
      position: () => this.#position,
      limits: { ...defaultOutboxLimits, ...options.limits },
    })
    this.links = createLinks({
      region: id,
      peers,
      transport: bare(network.transportOf(id, process), (...place) => this.#ingest.seen.at(...place)),
      ports: this.#ports,
      hello: async () => this.#hello(),
      onHello: async () => {},
      sink: async (peer, batch) => {
        this.onBatch(peer)
        await this.#ingest.take(peer, batch)
      },
      frontier,
      secondLines: options.secondLines ?? 'always',
    })
    this.#ingest = new Ingest({
      ports: this.#ports,
      crypto: this.#crypto,
      frontier,
      fences: () => noLimits,
      beyondFence: async () => {},
      apply: async (commits) => {
        await this.#apply(commits)
        return { refused: [], stripped: [] }
      },
      custody: {
        take: async () => {},
        applied: async () => {},
        inquire: async () => false,
        sift: (commits) => ({ fresh: commits, news: [] }),
        suspended: new Set(),
      },
      resume: () => this.links.resume(),
    })
    const service: PeerService = {
      hello: async (from) => {
        this.sender.greeted(from)
        this.links.seen(from.region)
        return this.#hello()
      },
      snapshots: noSnapshots,
      commits: this.sender.commits,
      acknowledge: this.sender.acknowledge,
      requestRights: async (_, request) => ({ items: request.items, position: null }),
      digests: async () => ({ frontier: this.frontier, through: this.frontier, ranges: [] }),
      commitsOf: async () => [],
      standing: async () => ({ frontier: this.frontier, time: { wallMs: this.#ports.clock.now(), counter: 0 } }),
      fences: async () => noFences,
    }
    network.join(id, service, process)
  }

  /** One commit of `events` events of about `bytes` bytes each. */
  async write(events = 1, bytes = 20): Promise<void> {
    await this.#transact((head) => {
      const { origin, sequence } = head
      const commit = {
        origin,
        firstSequence: sequence + 1,
        lastSequence: sequence + events,
        clock: head.frontier,
        time: tick(head.time, this.#ports.clock.now()),
        events: Array.from({ length: events }, (_, index) => ({
          type: 'note.written',
          entityId: `note-${sequence + 1 + index}`,
          data: { text: Buffer.from(this.#ports.random.bytes(bytes)).toString('hex') },
          placement: 'everywhere' as const,
        })),
        documents: [],
        stock: [],
        outcomes: [],
      }
      return [sealCommit(commit, head.hash, head.chainHashes, this.#crypto)]
    })
  }

  async stop(): Promise<void> {
    this.#ingest.stop()
    this.sender.stop()
    await this.links.stop()
  }

  async #apply(commits: readonly SealedCommit[]): Promise<void> {
    if (this.applyMs > 0) await new Promise<void>((resolve) => this.#ports.timers.after(this.applyMs, resolve))
    if (this.failNext > 0) {
      this.failNext -= 1
      throw new Error('the database is away')
    }
    await this.#transact(() => commits)
  }

  /** Own and applied commits go through one lane, as in a node. */
  #transact(make: (head: Head) => readonly SealedCommit[]): Promise<void> {
    const run = () =>
      this.store.transact(async (transaction) => {
        let { head } = transaction
        const stored: StoredCommit[] = []
        for (const commit of make(head)) {
          stored.push({ position: head.position + 1, commit, touched: [] })
          head = after(head, commit)
        }
        const nothing = {
          documents: [],
          conflicts: [],
          stock: [],
          outcomes: [],
          newObligations: [],
          settledObligations: [],
        }
        await transaction.write({ head, commits: stored, ...nothing })
        return { head, stored }
      })
    const done = this.#lane.then(run).then(async ({ head, stored }) => {
      this.frontier = head.frontier
      this.#position = head.position
      for (const { commit } of stored) {
        this.#ingest.seen.note(commit)
        this.applied.push(`${commit.origin}:${commit.firstSequence}..${commit.lastSequence}`)
        this.onDurable(commit)
      }
      this.sender.appended(stored)
      this.links.frontierChanged()
      await this.#ingest.frontierChanged()
    })
    this.#lane = done.catch(() => {})
    return done
  }

  #hello(): PeerHello {
    return {
      region: this.id,
      origin: this.id,
      versions: this.#versions,
      publicKeys: {},
      frontier: this.frontier,
      holdsOfYou: null,
      claimKey: null,
      operatorKeys: null,
    }
  }
}

/** As it is on the wire: the second line leaves out what a region mostly knows, and what this one cannot put back it does not get there. */
function bare(transport: Transport, hashOf: HashOf): Transport {
  return {
    connect: async (peer, hello) => {
      const connection = await transport.connect(peer, hello)
      const commits: PeerConnection['commits'] = (after, direct, line) => {
        const batches = connection.commits(after, direct, line)
        return line === 'main' ? batches : putBack(batches, hashOf)
      }
      return { ...connection, commits }
    },
  }
}

async function* putBack(batches: AsyncIterable<CommitBatch>, hashOf: HashOf): AsyncGenerator<CommitBatch> {
  const [packer, unpacker] = [new BatchPacker('bare'), new BatchUnpacker(hashOf)]
  for await (const batch of batches)
    yield { ...batch, commits: await unpacker.unpack(await packer.pack(batch.commits)) }
}

function after(head: Head, commit: SealedCommit): Head {
  const own = commit.origin === head.origin
  return {
    ...head,
    position: head.position + 1,
    sequence: own ? commit.lastSequence : head.sequence,
    hash: own ? commit.hash : head.hash,
    time: commit.time,
    frontier: advance(head.frontier, commit.origin, commit.lastSequence),
    chainHashes: { ...head.chainHashes, [commit.origin]: commit.hash },
  }
}

function digestPair(origin: string, bytes: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64)
  signature.set(digest(origin, bytes), 0)
  signature.set(digest(bytes, origin), 32)
  return signature
}
