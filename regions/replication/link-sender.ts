// The serving side of replication: what a region's peers subscribe to. Any origin's commits are served, in local order,
// which is causal (C4). Knows no network: the transport pulls batches at the pace of its socket, so a slow peer slows
// its own stream and nothing else (C5).

import { type Store, StoreError } from '@causeway/db/store'
import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { withoutSections } from '@causeway/schema/commit/codec'
import { mayHold } from '@causeway/schema/commit/placement'
import type { Ports } from '../ports.ts'
import { LogDropped } from './link-fault.ts'
import type { CommitBatch, Line, PeerHello } from './peer.ts'
import { PeerFrontiers } from './peer-frontiers.ts'
import { LogReader } from './sending/log-reader.ts'
import { LogTail, type TailCommit } from './sending/log-tail.ts'
import { defaultOutboxLimits, Outbox, type OutboxLimits } from './sending/outbox.ts'
import { SecondOutbox } from './sending/second-outbox.ts'
import { SendStream } from './sending/send-stream.ts'
import { TailReader } from './sending/tail-reader.ts'

/** Streams of one line of a peer at a time: a broken one may linger beside its successor. At the bound the oldest is ended. */
export const maximumStreamsPerLine = 4

export interface SenderOptions {
  readonly region: RegionId
  readonly store: Pick<Store, 'head' | 'commitsAfterVector' | 'commitsAfterPosition' | 'onCommit'>
  readonly ports: Ports
  /** What is durably applied here, and the hybrid clock now: what batches and heartbeats carry. */
  readonly frontier: () => VersionVector
  readonly time: () => HybridTime
  /** Of the last commit in the log. */
  readonly position: () => number
  readonly limits?: OutboxLimits
  /** After what a peer is served that asks for all after `vector`; null or left out: after that. */
  readonly servedAfter?: (vector: VersionVector) => Promise<VersionVector> | null
}

export interface Sender {
  /** What the peers have acknowledged. */
  readonly peers: PeerFrontiers
  /** A peer has said hello: its frontier, and the origin of which it lacks nothing. */
  greeted(hello: PeerHello): void
  commits(from: RegionId, after: VersionVector, direct: readonly RegionId[], line: Line): AsyncIterable<CommitBatch>
  acknowledge(from: RegionId, applied: VersionVector, direct: readonly RegionId[]): Promise<void>
  /** To be called with the commits that this node has just made durable, in order: nothing else wakes the streams for them. */
  appended(commits: readonly TailCommit[]): void
  /** Ends every stream and every wait for durability. */
  stop(): void
}

interface Open {
  readonly line: Line
  readonly stream: SendStream
}

export function createSender(options: SenderOptions): Sender {
  const { region, store, ports, frontier, time, position, limits = defaultOutboxLimits } = options
  const tail = new LogTail(store)
  const origins = new Map<RegionId, Origin>()
  const streams = new Map<RegionId, readonly Open[]>()
  let stopped = false

  const peers = new PeerFrontiers(ports.clock, ports.timers, () => {
    for (const list of streams.values()) for (const { stream } of list) stream.ask()
  })

  const wakeAll = () => {
    for (const list of streams.values()) for (const { stream } of list) stream.wake()
  }
  // What was committed here comes by `appended`, before anybody would have read it back.
  const unlisten = store.onCommit((by) => {
    if (by !== 'elsewhere') return
    tail.rang()
    wakeAll()
  })

  const end = (from: RegionId, ended: Open) => {
    ended.stream.end()
    const rest = (streams.get(from) ?? []).filter((other) => other !== ended)
    if (rest.length === 0) streams.delete(from)
    else streams.set(from, rest)
  }

  async function* commits(
    from: RegionId,
    asked: VersionVector,
    direct: readonly RegionId[],
    line: Line,
  ): AsyncGenerator<CommitBatch, void, void> {
    const passing = options.servedAfter?.(asked) ?? null
    const after = passing === null ? asked : await passing
    if (stopped) return
    const peerOrigin = origins.get(from) ?? null
    const setting = { self: region, peerOrigin, after, direct }
    const stream = new SendStream({
      ...(line === 'main'
        ? { outbox: new Outbox({ ...setting, limits }), reader: new LogReader(store, tail, after, peerOrigin) }
        : { outbox: new SecondOutbox(setting), reader: new TailReader(tail, position) }),
      tellsStanding: line === 'main',
      readBytes: limits.batchBytes,
      ports,
      frontier,
      time,
      position,
      strip: (bytes) => withoutSections(bytes, (placement) => mayHold(placement, from)),
    })
    const open: Open = { line, stream }
    const list = [...(streams.get(from) ?? []), open]
    const [oldest, ...others] = list.filter((each) => each.line === line)
    streams.set(from, list)
    if (others.length >= maximumStreamsPerLine && oldest !== undefined) end(from, oldest)
    peers.observe(from, asked)
    try {
      yield* stream.batches()
    } catch (error) {
      throw error instanceof StoreError && error.code === 'LOG_DROPPED' ? new LogDropped(error.message) : error
    } finally {
      end(from, open)
    }
  }

  return {
    peers,
    greeted(hello) {
      origins.set(hello.region, hello.origin)
      peers.observe(hello.region, hello.frontier)
    },
    commits,
    async acknowledge(from, applied, direct) {
      peers.observe(from, applied)
      for (const { stream } of streams.get(from) ?? []) stream.acknowledged(applied, direct)
    },
    appended(fresh) {
      tail.append(fresh)
      wakeAll()
    },
    stop() {
      stopped = true
      unlisten()
      for (const [from, list] of streams) for (const stream of list) end(from, stream)
      peers.stop()
    },
  }
}
