// The receiving side of replication: one link per peer, kept open for as long as the region runs.
// Knows nothing of commits' bytes, of the database or of the network: those are the sink and the transport.
//
// How a node composes replication:
//
//   const sender = createSender({ store, region, ports, frontier, time })              // link-sender.ts
//   const peerService: PeerService = {
//     hello: async (from) => { addPublicKeys(from); sender.greeted(from); links.seen(from.region); return myHello(from.region) },
//     commits: sender.commits, acknowledge: sender.acknowledge,
//     requestRights: …,
//   }
//   const links = createLinks({ region, peers, transport, ports, hello, onHello, sink, frontier })
//   links.start()
//   …
//   after every durable commit, own or applied:  links.frontierChanged()
//   durability of an answer:                     sender.peers.waitFor(vector, count, deadlineAt)
//   await links.stop(); sender.stop()
//
// The sink opens and verifies the batch's commits, offers them to the causal gate and applies what is ready. It throws
// LinkFault where a hash, a signature or the bytes are wrong; any other error is this side's own (a database that is
// away): the link is reopened later from the frontier and nobody is blamed. Heartbeats do not reach the sink. Give the
// gate's `missing` to a gap watch (gap-watch.ts) whose `resume` is `() => links.resume()`: what stays missing is asked
// for again from the frontier.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { HashOf } from '@causeway/schema/commit/run/step'
import type { Ports } from '../ports.ts'
import type { LinkStatus } from '../region.ts'
import type { CommitBatch, PeerConnection, PeerHello, RightsReply, RightsRequest, Standing, Transport } from './peer.ts'
import { LinkDriver } from './receiving/link-driver.ts'
import { createOwnStalls } from './receiving/own-stalls.ts'
import type { SecondLines } from './receiving/second-line.ts'

export interface LinksOptions {
  /** This region; never among `peers`. */
  readonly region: RegionId
  readonly peers: readonly RegionId[]
  readonly transport: Transport
  readonly ports: Ports
  /** What this region says of itself to `peer` when a link opens. */
  readonly hello: (peer: RegionId) => Promise<PeerHello>
  /** Takes the peer's public keys and frontier before anything is asked of it. A throw closes the link. */
  readonly onHello: (hello: PeerHello) => Promise<void>
  /** Resolves when the batch is applied or safely buffered; the next batch is handed over only then. */
  readonly sink: (peer: RegionId, batch: CommitBatch) => Promise<void>
  /** What is durably applied here. */
  readonly frontier: () => VersionVector
  /** Told of the peer's own word with each batch and heartbeat. For reads, never for stability. */
  readonly heard?: (peer: RegionId, standing: Standing) => void
  /** The hashes of commits that have come here, applied or not, where remembered. */
  readonly hashOf?: HashOf
  /** Which links have a second line; `far` where left out. */
  readonly secondLines?: SecondLines
  /** The peer's log no longer reaches back to what this region lacks. Said at every try. */
  readonly dropped?: (peer: RegionId) => void
}

export interface Links {
  /** Opens every link; they stay open until `stop`. */
  start(): void
  /** To be called after every durable commit, own or applied: acknowledges it to the peers, within 20 ms. */
  frontierChanged(): void
  /** Asks a peer, or every peer, again for all that the frontier does not hold. */
  resume(peer?: RegionId): void
  /** The peer has just said hello to this region: a link to it that waits for its next try is opened at once. */
  seen(peer: RegionId): void
  status(): readonly LinkStatus[]
  /** Asked over both lines. Rejects where the link is not open. */
  requestRights(peer: RegionId, request: RightsRequest): Promise<RightsReply>
  /** Asked over both lines. Rejects where the link is not open. */
  standing(peer: RegionId): Promise<Standing>
  /** The connection of a link that is open, for questions; throws where it is not. */
  open(peer: RegionId): PeerConnection
  /** Resolves when every link is closed and no sink call is running. */
  stop(): Promise<void>
}

/** One link per peer. */
export function createLinks(options: LinksOptions): Links {
  const drivers: LinkDriver[] = []
  const ownStalls = createOwnStalls(options.ports)
  const acknowledge = () => {
    for (const driver of drivers) driver.acknowledge()
  }
  /** By peer; the same list until it changes, for it is asked for with every commit. */
  const direct = new Map<RegionId, readonly RegionId[]>()
  const directBut = (peer: RegionId): readonly RegionId[] => {
    const before = direct.get(peer) ?? []
    let count = 0
    let isSame = true
    for (const driver of drivers) {
      if (driver.peer === peer || !driver.expected) continue
      isSame &&= before[count] === driver.peer
      count += 1
    }
    if (isSame && count === before.length) return before
    const now = drivers.filter((driver) => driver.peer !== peer && driver.expected).map((driver) => driver.peer)
    direct.set(peer, now)
    return now
  }
  const find = (peer: RegionId) => drivers.find((driver) => driver.peer === peer)
  const openTo = (peer: RegionId): readonly [PeerConnection, ...PeerConnection[]] => {
    const [first, ...others] = find(peer)?.connections() ?? []
    if (first === undefined) throw new Error(`the link to ${peer} is not open`)
    return [first, ...others]
  }

  for (const peer of [...options.peers].sort()) {
    if (peer === options.region) throw new RangeError(`${peer} cannot replicate from itself`)
    drivers.push(new LinkDriver({ ...options, peer, ownStalls, direct: () => directBut(peer), onPhase: acknowledge }))
  }
  return {
    start() {
      ownStalls.start()
      for (const driver of drivers) driver.start()
    },
    frontierChanged: acknowledge,
    resume(peer) {
      for (const driver of drivers) if (peer === undefined || driver.peer === peer) driver.resume()
    },
    seen: (peer) => find(peer)?.seen(),
    status: () => drivers.map((driver) => driver.status()),
    requestRights: async (peer, request) => firstAnswer(openTo(peer), (line) => line.requestRights(request)),
    standing: async (peer) => firstAnswer(openTo(peer), (line) => line.standing()),
    open: (peer) => openTo(peer)[0],
    async stop() {
      ownStalls.stop()
      await Promise.all(drivers.map((driver) => driver.stop()))
    },
  }
}

/** A short question goes over every line, so that a stall of one does not hold up who waits for the answer. */
async function firstAnswer<Answer>(
  lines: readonly [PeerConnection, ...PeerConnection[]],
  ask: (line: PeerConnection) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await Promise.any(lines.map(ask))
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error
  }
}
