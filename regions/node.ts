// A node of a region: the write path, replication, rights and settling, put together from ports. It owns no socket and
// no timer of its own; cli/ binds the real ones, the simulator virtual ones.

import type { Head, Obligation, Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { settleOrder } from '@causeway/schema/documents/order/settle'
import { acknowledge } from '@causeway/schema/stock/acknowledge'
import { giveRights } from '@causeway/schema/stock/give-rights'
import { settleKey } from '@causeway/schema/stock/settle-key'
import { Executor } from './committer/executor.ts'
import { type Durable, Writer } from './committer/writer.ts'
import { Digester, type Hasher } from './digest.ts'
import { Greeter } from './greeter.ts'
import { Keyring } from './keyring.ts'
import { lead } from './leadership.ts'
import { LogHub } from './log/log-hub.ts'
import { Progress } from './log/progress.ts'
import type { Ports } from './ports.ts'
import type { Region } from './region.ts'
import { Ingest } from './replication/ingest.ts'
import { createSender, type Sender } from './replication/link-sender.ts'
import { createLinks, type Links } from './replication/links.ts'
import type { PeerHello, PeerService, RightsReply, RightsRequest, Transport } from './replication/peer.ts'
import { Acknowledger } from './settlement/acknowledger.ts'
import { Settler } from './settlement/settler.ts'
import { RightsBroker } from './stock/rights-broker.ts'

/** Signs for this region and verifies for every origin whose key it was told. */
export interface NodeCrypto extends CommitCrypto {
  addPublicKey(origin: string, publicKey: string): void
}

export interface NodeOptions {
  readonly region: RegionId
  /** Every region of the cluster, this one included. */
  readonly members: readonly RegionId[]
  readonly store: Store
  readonly crypto: NodeCrypto
  /** This region's own public key, base64 SPKI. */
  readonly publicKey: string
  /** Keys that the configuration pins, by origin. */
  readonly pinnedKeys?: Readonly<Record<string, string>>
  readonly transport: Transport
  readonly ports: Ports
  readonly hasher: () => Hasher
}

/** What runs once the node has its head. */
interface Parts {
  readonly greeter: Greeter
  readonly progress: Progress
  readonly hub: LogHub
  readonly sender: Sender
  readonly links: Links
  readonly ingest: Ingest
  readonly executor: Executor
  readonly settler: Settler
  readonly acknowledger: Acknowledger
  readonly stopListening: () => void
  readonly stopped: { readonly promise: Promise<void>; readonly resolve: () => void }
  /** True on the one node of the region that receives, settles and acknowledges. */
  isLeading: boolean
}

const nothing = { documents: [], ids: [], aliases: [], skus: [], keys: [], bytes: [] }

function signal(): Parts['stopped'] {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Resolves when the node may serve: identity confirmed (W8), head read, links opening. */
export async function createRegionNode(options: NodeOptions): Promise<Region> {
  const node = new RegionNode(options)
  await node.start()
  return node.region()
}

class RegionNode {
  readonly #options: NodeOptions
  readonly #members: readonly RegionId[]
  readonly #peers: readonly RegionId[]
  readonly #writer: Writer
  readonly #digester: Digester
  #parts: Parts | null = null
  #isStopping = false
  #isReading = false

  constructor(options: NodeOptions) {
    this.#options = options
    this.#members = [...options.members].sort()
    this.#peers = this.#members.filter((member) => member !== options.region)
    const { store, ports, crypto } = options
    const durable = (written: Durable) => this.#durable(written)
    this.#writer = new Writer({ store, ports, crypto, members: this.#members, durable })
    this.#digester = new Digester(options.store, options.hasher)
  }

  async start(): Promise<void> {
    const { store, ports, crypto, pinnedKeys } = this.#options
    const learned = (origin: string, key: string) => crypto.addPublicKey(origin, key)
    const keyring = await Keyring.open(store, ports.logger, pinnedKeys ?? {}, learned)
    const greeter = new Greeter({ ...this.#options, keyring, peers: this.#peers })
    this.#parts = this.#compose(await greeter.begin(), greeter)
    void this.#lead(this.#parts)
  }

  #compose(head: Head, greeter: Greeter): Parts {
    const { store, ports, crypto, region, transport } = this.#options
    const progress = new Progress(head, this.#members, ports)
    const hub = new LogHub(store, head.position)
    const frontier = () => progress.head.frontier
    const sender = createSender({ store, region, ports, frontier, time: () => progress.head.time })
    const links = createLinks({
      region,
      peers: this.#peers,
      transport,
      ports,
      frontier,
      hello: (peer) => greeter.hello(peer),
      onHello: (hello) => this.#heard(hello, greeter),
      sink: (peer, batch) => ingest.take(peer, batch),
    })
    const applyCommits = (commits: readonly SealedCommit[]) => this.#writer.apply(commits)
    const ingest = new Ingest({ ports, crypto, frontier, apply: applyCommits, resume: () => links.resume() })
    const broker = new RightsBroker({
      ports,
      peers: this.#peers,
      origin: () => progress.head.origin,
      requestRights: (peer, request) => this.#requestRights(peer, request),
      stock: async (skus) => (await store.load({ ...nothing, skus })).stock,
      reach: ({ origin, sequence }, deadlineAt) => progress.reach({ [origin]: sequence }, deadlineAt),
    })
    const executor = new Executor({
      ports,
      crypto,
      store,
      progress,
      broker,
      submit: (command) => this.#writer.submit(command),
    })
    const settle = (obligation: Obligation) => this.#settle(obligation)
    const settler = new Settler({ store, members: this.#members, ports, settle })
    const acknowledger = new Acknowledger({
      timers: ports.timers,
      head: () => store.head(),
      acknowledge: async () => {
        await executor.run(acknowledge, {})
      },
    })
    const stopListening = store.onCommit(() => void this.#readHead())
    return {
      greeter,
      progress,
      hub,
      sender,
      links,
      ingest,
      executor,
      settler,
      acknowledger,
      stopListening,
      isLeading: false,
      stopped: signal(),
    }
  }

  region(): Region {
    const { store, region, ports } = this.#options
    const parts = this.#running()
    const { progress, hub, sender, links, executor } = parts
    return {
      id: region,
      get origin() {
        return progress.head.origin
      },
      members: this.#members,
      store,
      peerService: this.#peerService(parts),
      execute: (command, input, call) => executor.execute(command, input, call),
      follow: (after, signal) => hub.follow(after, progress.head.frontier, signal),
      frontier: () => progress.head.frontier,
      reach: (vector, deadlineAt) => progress.reach(vector, deadlineAt),
      durability: async (vector, count, deadlineAt) => {
        const held =
          1 +
          (count > 1 ? await sender.peers.waitFor(vector, count - 1, deadlineAt) : sender.peers.countHolding(vector))
        return { requested: count, reached: held, timedOut: held < count && ports.clock.now() >= deadlineAt }
      },
      digest: () => this.#digester.digest(progress.head.frontier),
      links: () => links.status(),
      unready: () => (this.#isStopping ? 'the node is stopping' : null),
      stop: () => this.#stop(),
    }
  }

  #peerService({ greeter, sender, executor, progress }: Parts): PeerService {
    return {
      hello: async (from) => {
        await this.#heard(from, greeter)
        sender.greeted(from)
        return greeter.hello(from.region)
      },
      commits: (from, after, direct) => sender.commits(from, after, direct),
      acknowledge: (from, applied, direct) => sender.acknowledge(from, applied, direct),
      requestRights: async (_, request): Promise<RightsReply> => {
        const given = await executor.run(giveRights, request)
        if (given.status !== 'accepted') return { items: [], position: null }
        const { origin } = progress.head
        const items = given.result.items as RightsReply['items']
        return { items, position: { origin, sequence: sequenceOf(given.token, origin) } }
      },
    }
  }

  #durable({ head, entries, isRemote }: Durable): void {
    const { hub, acknowledger } = this.#running()
    this.#moved(head)
    hub.offer(entries)
    if (isRemote) acknowledger.nudge()
  }

  /** The log has grown, by this node or another. */
  #moved(head: Head): void {
    const { progress, links, settler, isLeading, ingest } = this.#running()
    progress.moved(head)
    links.frontierChanged()
    if (!isLeading) return
    settler.nudge()
    ingest.frontierChanged().catch((error: unknown) => {
      this.#options.ports.logger.warn({ error: String(error) }, 'commits that wait could not be applied')
    })
  }

  async #readHead(): Promise<void> {
    if (this.#isReading || this.#isStopping) return
    this.#isReading = true
    try {
      const head = await this.#options.store.head()
      const parts = this.#running()
      if (head.position > parts.progress.head.position) {
        this.#moved(head)
        parts.acknowledger.nudge()
      }
    } catch {
      // The store is away; the next bell or commit brings the head.
    } finally {
      this.#isReading = false
    }
  }

  async #settle(obligation: Obligation): Promise<boolean> {
    const { executor } = this.#running()
    if (obligation.subject === 'key') return executor.settle(settleKey, { key: obligation.id }, obligation.number)
    return executor.settle(settleOrder, { id: obligation.id, item: obligation.item }, obligation.number)
  }

  /** A peer's hello may show that this log is not the one written last: then the node goes on under a new origin (W8). */
  async #heard(hello: PeerHello, greeter: Greeter): Promise<void> {
    const head = await this.#writer.between(() => greeter.heard(hello))
    if (head) this.#moved(head)
  }

  async #requestRights(peer: RegionId, request: RightsRequest): Promise<RightsReply> {
    const { links, isLeading, greeter } = this.#running()
    if (isLeading) return links.requestRights(peer, request)
    const connection = await this.#options.transport.connect(peer, await greeter.hello(peer))
    try {
      return await connection.requestRights(request)
    } finally {
      connection.close()
    }
  }

  #lead(parts: Parts): Promise<void> {
    return lead({
      store: this.#options.store,
      timers: this.#options.ports.timers,
      stopped: parts.stopped.promise,
      begin: () => {
        parts.isLeading = true
        parts.links.start()
        parts.settler.nudge()
        parts.acknowledger.nudge()
      },
      end: () => {
        parts.isLeading = false
        return parts.links.stop()
      },
    })
  }

  async #stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    const parts = this.#running()
    parts.stopListening()
    parts.settler.stop()
    parts.acknowledger.stop()
    parts.ingest.stop()
    parts.stopped.resolve()
    await parts.links.stop()
    parts.sender.stop()
    parts.hub.stop()
    parts.progress.stop()
    await this.#writer.idle()
  }

  #running(): Parts {
    if (!this.#parts) throw new Error('the node has not started')
    return this.#parts
  }
}
