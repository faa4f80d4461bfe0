// A node of a region: the write path, replication, rights and settling, put together from ports. It owns no socket and
// no timer of its own; cli/ binds the real ones, the simulator virtual ones.

import type { Head } from '@causeway/db/store'
import { observe } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import { isBranch } from '@causeway/schema/commit/branch'
import { type Durable, Writer } from './committer/writer.ts'
import { compose } from './composition.ts'
import { Digester } from './divergence/digester.ts'
import { defaultRoundMs } from './divergence/guard.ts'
import { ClockWatch } from './freshness/clock-watch.ts'
import { Greeter } from './greeter.ts'
import { defaultRetention } from './history/retention.ts'
import { AgreedKeys } from './integrity/agreed-keys.ts'
import { Keyring } from './keyring.ts'
import { lead } from './leadership.ts'
import type { NodeOptions } from './node-options.ts'
import type { Parts } from './parts.ts'
import type { Region } from './region.ts'
import type { PeerHello, PeerService } from './replication/peer.ts'
import { stableVector } from './settlement/stability.ts'
import { WriteWatch } from './write-watch.ts'

/** Until the head is asked for again, where the store could not tell it. */
const headRetryMs = 500

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
  readonly #writes: WriteWatch
  readonly #clockWatch: ClockWatch
  readonly #writer: Writer
  readonly #digester: Digester
  #parts: Parts | null = null
  /** Why this node is of no use any more. */
  #overFor: string | null = null
  #isStopping = false
  #isReading = false
  /** Since the head was last read. */
  #isRung = false

  constructor(options: NodeOptions) {
    this.#options = options
    this.#members = [...options.members].sort()
    this.#peers = this.#members.filter((member) => member !== options.region)
    const durable = (written: Durable) => this.#durable(written)
    this.#writes = new WriteWatch(options.store, options.ports)
    this.#clockWatch = new ClockWatch(options.ports)
    const setting = { ...options, members: this.#members, clock: this.#clockWatch.clock, durable }
    this.#writer = new Writer({ ...setting, store: this.#writes.watched() })
    this.#digester = new Digester(options.store, options.crypto.sha256)
    // What this node remembers, and the origin that it writes under, may be of another database: who starts anew looks at all of it.
    void options.store.over.then((reason) => {
      this.#overFor = reason
      const what = 'this node is of no use with its database any more, and has to be started anew'
      options.ports.logger.error({ reason }, what)
    })
  }

  async start(): Promise<void> {
    const { store, ports, crypto, pinnedKeys } = this.#options
    const learned = (of: RegionId, key: string) => crypto.addPublicKey(of, key)
    const keyring = await Keyring.open(store, ports.logger, pinnedKeys ?? {}, learned)
    const agreedKeys = new AgreedKeys(this.#options.claimHash, crypto.operators)
    const { chain } = this.#writer
    const greeter = new Greeter({ ...this.#options, keyring, peers: this.#peers, chain, agreedKeys })
    this.#parts = compose(
      {
        retention: defaultRetention,
        divergenceRoundMs: defaultRoundMs,
        secondLines: 'far',
        ...this.#options,
        members: this.#members,
        peers: this.#peers,
        writer: this.#writer,
        clockWatch: this.#clockWatch,
        digester: this.#digester,
        agreedKeys,
        heard: (hello) => this.#heard(hello, greeter),
        rung: () => void this.#readHead(),
        installed: (head) => this.#installed(head),
      },
      await greeter.begin(),
      greeter,
    )
    await this.#parts.custody.open()
    this.#parts.ingest.suspend()
    void this.#lead(this.#parts)
  }

  region(): Region {
    const { store, region, crypto } = this.#options
    const parts = this.#running()
    const { progress, hub, sender, links, executor, archivist, folder, freshness, guard, keeper, snapshots } = parts
    const { incidents, custody, ingest, broker, giver, demand } = parts
    return {
      id: region,
      get origin() {
        return progress.head.origin
      },
      ...{ members: this.#members, store, operators: crypto.operators },
      peerService: this.#peerService(parts),
      execute: (command, input, call) => parts.membership.writing(() => executor.execute(command, input, call)),
      applyUnits: (call) => parts.membership.writing(() => parts.units.take(call)),
      follow: (after, signal) => hub.follow(after, progress.head.frontier, signal),
      frontier: () => progress.head.frontier,
      stableFrontier: () => stableVector(progress.head, this.#members),
      reach: (vector, deadlineAt) => progress.reach(vector, deadlineAt),
      freshness,
      durability: async (vector, count, deadlineAt) => {
        const held = 1 + (await sender.peers.waitFor(vector, count - 1, deadlineAt))
        // The wait ends with enough of them or at its limit, which a timer may reach a millisecond before the clock does.
        return { requested: count, reached: held, timedOut: held < count }
      },
      digest: () => this.#digester.digest(progress.head.frontier),
      links: () => links.status(),
      divergence: () => guard.findings.status(),
      snapshot: () => snapshots.underWay,
      rights: () => {
        const { asked, waits, refused } = broker.counts
        const { given, held } = giver
        return { asked, given, waits, refused, waiting: broker.waiting, held, watched: demand.watched }
      },
      history: async () => {
        const counts = { ...(await store.history.size()), ...archivist.counts, ...snapshots.counts }
        return { ...counts, foldedDocuments: folder.folded, madeSnapshots: keeper.made }
      },
      refusesWrites: () => this.#writes.refusal ?? this.#clockWatch.refusal,
      clockLeads: () => this.#clockWatch.leads,
      resolveIncident: async (id, atMs, note) => {
        const incident = await incidents.resolve(id, atMs, note)
        const lifted = incident && (await custody.lifted(id))
        if (lifted !== null) ingest.lift(lifted)
        return incident
      },
      unready: () => (this.#isStopping ? 'the node is stopping' : (this.#overFor ?? parts.membership.unready)),
      over: store.over,
      fencing: () => parts.membership.fencing,
      putOff: () => parts.membership.limits.putOff,
      lostOf: (vector) => parts.membership.lostOf(vector),
      stop: () => this.#stop(),
    }
  }

  #peerService({ greeter, sender, links, giver, keeper, guard }: Parts): PeerService {
    const { store, ports } = this.#options
    return {
      hello: async (from) => {
        await this.#heard(from, greeter)
        sender.greeted(from)
        links.seen(from.region)
        return greeter.hello(from.region)
      },
      snapshots: keeper,
      commits: (from, after, direct, line) => sender.commits(from, after, direct, line),
      acknowledge: (from, applied, direct) => sender.acknowledge(from, applied, direct),
      digests: (request) => guard.answers.digests(request),
      commitsOf: (from, range) => guard.answers.commitsOf(from, range),
      requestRights: (_, request) => giver.answer(request),
      standing: async () => {
        const { frontier, time } = await store.head()
        return { frontier, time: observe(time, { wallMs: ports.clock.now(), counter: 0 }) }
      },
      fences: async () => (await store.head()).fences,
    }
  }

  #durable({ head, entries, isRemote, rows, owes }: Durable): void {
    const { hub, acknowledger, sender, settler, freshness, broker, isLeading } = this.#running()
    this.#moved(head)
    if (isRemote) for (const { sealed } of entries) freshness.applied(sealed.origin, sealed.time)
    // Of a log that was signed beside the one that stands, obligations may wait for what has long been stable.
    const isBeside = owes && entries.some(({ sealed }) => isBranch(sealed.origin))
    if (owes && isLeading) isBeside ? settler.begin() : settler.owed()
    sender.appended(entries.map(({ position, sealed }) => ({ position, commit: sealed })))
    hub.offer(entries)
    if (isRemote) acknowledger.applied(entries)
    else broker.wrote(rows)
  }

  /** The log has grown, by this node or another. */
  #moved(head: Head): void {
    const { progress, links, settler, acknowledger, isLeading, ingest, freshness, snapshots, fencer, recollection } =
      this.#running()
    progress.moved(head)
    acknowledger.moved(progress.head)
    freshness.moved()
    snapshots.moved(head.frontier)
    links.frontierChanged()
    if (!isLeading) return
    settler.moved()
    fencer.moved()
    recollection.moved()
    ingest.frontierChanged().catch((error: unknown) => {
      this.#options.ports.logger.warn({ error: String(error) }, 'commits that wait could not be applied')
    })
  }

  /** Whatever stood at a place of the log before begins anew from the head. */
  #installed(head: Head): void {
    const { hub, sender, settler, acknowledger, links } = this.#running()
    hub.jumped(head.position)
    this.#moved(head)
    sender.appended([])
    settler.begin()
    acknowledger.nudge()
    links.resume()
  }

  async #readHead(): Promise<void> {
    this.#isRung = true
    if (this.#isReading) return
    this.#isReading = true
    try {
      // A bell that rings meanwhile may tell of what the head that is being read does not hold.
      while (this.#isRung && !this.#isStopping) {
        this.#isRung = false
        const head = await this.#options.store.head()
        const parts = this.#running()
        if (!parts.progress.lacks(head)) continue
        this.#moved(head)
        if (parts.isLeading) parts.settler.owed()
        parts.acknowledger.nudge('later')
      }
    } catch {
      // The store is away, and nobody need ring again when it is back.
      this.#options.ports.timers.after(headRetryMs, () => void this.#readHead())
    } finally {
      this.#isReading = false
    }
  }

  /** A peer's hello may show that this log is not the one written last: then the node goes on under a new origin (W8). */
  async #heard(hello: PeerHello, greeter: Greeter): Promise<void> {
    const head = await this.#writer.between(() => greeter.heard(hello))
    if (head) this.#moved(head)
  }

  #lead(parts: Parts): Promise<void> {
    return lead({
      store: this.#options.store,
      ports: this.#options.ports,
      stopped: parts.stopped.promise,
      begin: () => {
        parts.isLeading = true
        // While another node led, the causal gate stood still: it would wait for what has long been applied.
        this.#moved(parts.progress.head)
        parts.links.start()
        parts.settler.begin()
        parts.acknowledger.nudge()
        parts.archivist.start()
        parts.snapshots.start()
        parts.guard.start()
        for (const duty of parts.duties) duty.start()
      },
      end: () => this.#leadNoMore(parts),
    })
  }

  async #leadNoMore(parts: Parts): Promise<void> {
    const { links, archivist, snapshots, guard } = parts
    parts.isLeading = false
    for (const duty of parts.duties) duty.stop()
    await Promise.all([links.stop(), archivist.stop(), snapshots.stop(), guard.stop()])
  }

  async #stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    const parts = this.#running()
    this.#writes.stop()
    parts.stopListening()
    parts.settler.stop()
    parts.acknowledger.stop()
    parts.ingest.stop()
    parts.beyondFence.stop()
    parts.stopped.resolve()
    await this.#leadNoMore(parts)
    parts.keeper.stop()
    parts.calls.stop()
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
