// Puts the parts of a node together: what each one is given, and nothing of when it runs. The node (node.ts) starts,
// stops and connects them to what happens.

import type { Head, Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import type { ClaimHash } from '@causeway/schema/documents/command'
import { salvageOrder } from '@causeway/schema/fence/salvage'
import { acknowledge } from '@causeway/schema/stock/acknowledge'
import { giveRights } from '@causeway/schema/stock/give-rights'
import { Executor } from './committer/executor.ts'
import { noReads } from './committer/flush.ts'
import type { Writer } from './committer/writer.ts'
import { UnitDesk } from './device-sync/unit-desk.ts'
import type { Digester } from './divergence/digester.ts'
import { DivergenceGuard } from './divergence/guard.ts'
import type { ClockWatch } from './freshness/clock-watch.ts'
import { Freshness } from './freshness/freshness.ts'
import type { Greeter } from './greeter.ts'
import { Archivist } from './history/archivist.ts'
import { Folder } from './history/folder.ts'
import type { HistoryRetention } from './history/retention.ts'
import type { AgreedKeys } from './integrity/agreed-keys.ts'
import { Custody } from './integrity/custody.ts'
import { IncidentBook } from './integrity/incident-book.ts'
import { LogHub } from './log/log-hub.ts'
import { Progress } from './log/progress.ts'
import type { Parts } from './parts.ts'
import type { Hasher, Ports } from './ports.ts'
import { BeyondFence } from './recovery/beyond-fence.ts'
import type { NamedBy } from './recovery/fence-limits.ts'
import { Fencer } from './recovery/fencer.ts'
import { LastWitness } from './recovery/last-witness.ts'
import { LostWords } from './recovery/lost-words.ts'
import { Membership } from './recovery/membership.ts'
import { Recollection } from './recovery/recollection.ts'
import { SuspensionWatch } from './recovery/suspension-watch.ts'
import { Ingest } from './replication/ingest.ts'
import { createSender } from './replication/link-sender.ts'
import { createLinks } from './replication/links.ts'
import type { PeerHello, Transport } from './replication/peer.ts'
import { PeerCalls } from './replication/peer-calls.ts'
import type { SecondLines } from './replication/receiving/second-line.ts'
import { SnapshotDriver } from './replication/snapshot/snapshot-driver.ts'
import { SnapshotKeeper } from './replication/snapshot/snapshot-keeper.ts'
import { Acknowledger } from './settlement/acknowledger.ts'
import { settleWith } from './settlement/settle.ts'
import { Settler } from './settlement/settler.ts'
import { DemandBook } from './stock/demand.ts'
import { RightsBroker } from './stock/rights-broker.ts'
import { RightsGiver } from './stock/rights-giver.ts'
import { UntoldSales } from './stock/untold-sales.ts'

export interface CompositionSetting {
  readonly region: RegionId
  readonly members: readonly RegionId[]
  readonly peers: readonly RegionId[]
  readonly store: Store
  readonly crypto: CommitCrypto
  readonly claimHash?: ClaimHash
  readonly agreedKeys: AgreedKeys
  readonly transport: Transport
  readonly ports: Ports
  readonly writer: Writer
  readonly clockWatch: Pick<ClockWatch, 'heard' | 'judgedBy'>
  readonly retention: HistoryRetention
  readonly hasher: () => Hasher
  readonly digester: Digester
  readonly divergenceRoundMs: number
  readonly secondLines: SecondLines
  readonly heard: (hello: PeerHello) => Promise<void>
  /** Another node of the region has committed. */
  readonly rung: () => void
  /** A snapshot has taken the place of the region's state. */
  readonly installed: (head: Head) => void
}

function signal(): Parts['stopped'] {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

export function compose(setting: CompositionSetting, head: Head, greeter: Greeter): Parts {
  const { store, ports, crypto, region, transport, members, peers, writer } = setting
  const progress = new Progress(head, members, ports)
  const membership = new Membership({
    ...{ region, members, head: () => progress.head },
    recalled: () => recollection.recalled,
  })
  // A clock of a peer names what another node here has committed as often as what this one has.
  const hub = new LogHub(store, head.position, (commit) => ingest.seen.note(commit))
  const frontier = () => progress.head.frontier
  const sender = createSender({
    ...{ store, region, ports, frontier },
    time: () => progress.head.time,
    position: () => progress.head.position,
    servedAfter: (vector) => membership.servedAfter(vector, () => store.history.floor()),
  })
  const links = createLinks({
    ...{ region, peers, transport, ports, frontier, secondLines: setting.secondLines },
    hello: (peer) => greeter.hello(peer),
    onHello: (hello) => setting.heard(hello),
    sink: (peer, batch) => ingest.take(peer, batch),
    hashOf: (origin, sequence) => ingest.seen.at(origin, sequence) ?? writer.chain.recall(origin, sequence)?.hash,
    heard: (peer, standing) => {
      setting.clockWatch.heard(peer, standing)
      freshness.heard(peer, standing)
      snapshots.heard(peer, standing.frontier, frontier())
    },
    dropped: (peer) => snapshots.refused(peer),
  })
  const calls = new PeerCalls({
    transport,
    timers: ports.timers,
    links,
    hello: (peer) => greeter.hello(peer),
    isLeading: () => parts.isLeading,
  })
  setting.clockWatch.judgedBy({ peers: () => membership.peers, ask: (peer) => calls.standing(peer) })
  const { hasher } = setting
  const keeper = new SnapshotKeeper({ store, ports, hasher, membership })
  const snapshots = new SnapshotDriver({
    ...{ region, ports, hasher, snapshots: store.snapshots, membership },
    ask: (peer, put) => calls.snapshots(peer, put),
    install: async (description) => {
      try {
        setting.installed(await writer.install(description, (lost) => beyondFence.leave(lost)))
      } catch (error) {
        // A database that went away while it committed may have it all the same, and one that tells of this region's end is kept of it.
        const head = await store.head().catch(() => null)
        if (head !== null && progress.lacks(head)) setting.installed(head)
        throw error
      }
    },
  })
  const reach = (vector: VersionVector, deadlineAt: number) => progress.reach(vector, deadlineAt)
  const freshness = new Freshness({
    ...ports,
    ...{ frontier, reach, ask: (peer: RegionId) => calls.standing(peer) },
    get peers() {
      return membership.awaited
    },
  })
  const applyCommits = (commits: readonly SealedCommit[], named: () => NamedBy) =>
    writer.apply(commits, custody.suspended, named, recollection.recalled)
  const incidents = new IncidentBook({ region, store, ports })
  const custody = new Custody({
    ...{ region, store, incidents, crypto, chain: writer.chain, branches: writer.branches, frontier, ports },
    ask: (peer, range) => calls.commitsOf(peer, range),
    head: () => store.head(),
    peers: () => membership.peers,
    applyBranch: (branch) => writer.applyBranch(branch),
  })
  const beyondFence = new BeyondFence({
    ...{ incidents, membership, ports },
    suspended: () => custody.suspended,
    salvage: (input) => executor.attempt(salvageOrder, input),
  })
  const ingest = new Ingest({
    beyondFence: (commits) => beyondFence.take(commits),
    fences: () => membership.limits,
    ...{ ports, crypto, frontier, custody },
    apply: applyCommits,
    resume: () => links.resume(),
  })
  const suspensions = new SuspensionWatch({ custody, ingest, ports, chain: writer.chain })
  const demand = new DemandBook()
  const origin = () => progress.head.origin
  const giver = new RightsGiver({
    ...{ region, ports, origin },
    need: (sku) => demand.need(sku, ports.clock.now()),
    give: (input) => executor.run(giveRights, input),
  })
  const broker = new RightsBroker({
    ...{ ports, peers, origin, demand, giver, present: () => membership.peers },
    hybridMs: () => Math.max(ports.clock.now(), progress.head.time.wallMs),
    requestRights: (peer, request) => calls.requestRights(peer, request),
    stock: async (skus) => (await store.load({ ...noReads, skus })).stock,
    reach: ({ origin, sequence }, deadlineAt) => reach({ [origin]: sequence }, deadlineAt),
  })
  const executor = new Executor({
    ports,
    crypto,
    store,
    progress,
    broker,
    ...(setting.claimHash !== undefined && { claimHash: setting.claimHash }),
    offlineMs: setting.retention.offlineMs,
    submit: (command) => writer.submit(command),
  })
  const units = new UnitDesk({
    ...{ ports, crypto, progress, offlineMs: setting.retention.offlineMs },
    write: (requests) => writer.units(requests),
  })
  const settle = settleWith({ region, executor, writer, store, incidents, origin, logger: ports.logger })
  const settler = new Settler({ store, members, ports, settle, head: () => progress.head })
  const untoldSales = new UntoldSales({ region, store, incidents, ports, estate: () => membership.fencing.estate })
  const acknowledger = new Acknowledger({
    ports,
    head: () => store.head(),
    acknowledge: async () => {
      await executor.run(acknowledge, {})
    },
  })
  const folder = new Folder({
    region,
    history: store.history,
    members,
    retention: setting.retention,
    head: () => progress.head,
    fold: (documents) => writer.fold(documents),
  })
  const archivist = new Archivist({
    folder,
    history: store.history,
    members,
    ports,
    retention: setting.retention,
    head: () => progress.head,
  })
  const guard = new DivergenceGuard({
    region,
    members,
    get peers() {
      return membership.peers
    },
    store,
    crypto,
    ports,
    digester: setting.digester,
    roundMs: setting.divergenceRoundMs,
    flaws: () => setting.agreedKeys.flaws(),
    beside: (origin) => writer.branches.of(origin),
    frontier,
    incidents,
    open: (peer) => links.open(peer),
    reach,
  })
  const fencer = new Fencer({
    ...{ region, store, ports, membership, custody, incidents },
    ...{ chain: writer.chain, branches: writer.branches, handOver: (handover) => writer.handOver(handover) },
    head: () => progress.head,
    run: (command, input) => executor.run(command, input),
    floor: () => store.history.floor(),
    resume: () => {
      links.resume()
      beyondFence.inherited()
    },
  })
  const recollection = new Recollection({
    ...{ ports, peers, head: () => progress.head, operators: crypto.operators },
    isNeeded: () => membership.isForgetful,
    unheard: () => membership.limits.unheard,
    ask: (peer) => calls.fences(peer),
    lostWords: new LostWords({ incidents, ports, fencing: () => membership.fencing }),
    told: () => {
      ingest.frontierChanged().catch((error: unknown) => {
        ports.logger.warn({ error: String(error) }, 'commits that wait could not be applied')
      })
    },
  })
  const lastWitness = new LastWitness({
    ...{ region, members, store, ports, incidents, head: () => progress.head },
    fences: (peer) => calls.fences(peer),
    standing: (peer) => calls.standing(peer),
    between: async (work) => {
      const head = await writer.between(work)
      if (head) setting.installed(head)
    },
  })
  const stopListening = store.onCommit((by) => {
    if (by === 'elsewhere') setting.rung()
  })
  const parts: Parts = {
    ...{ greeter, progress, hub, sender, links, calls, freshness, incidents },
    ...{ custody, ingest, suspensions },
    ...{ executor, demand, broker, giver, units },
    settler,
    untoldSales,
    acknowledger,
    archivist,
    folder,
    keeper,
    snapshots,
    guard,
    membership,
    fencer,
    recollection,
    duties: [fencer, untoldSales, suspensions, recollection, lastWitness],
    beyondFence,
    stopListening,
    isLeading: false,
    stopped: signal(),
  }
  return parts
}
