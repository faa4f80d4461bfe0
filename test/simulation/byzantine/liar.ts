// A member that does not keep to the rules: it holds a region's true signing key and says to each peer what it pleases.
// It runs no node; what it tells is scripted. Knows no rule and no checker.

import { LogDropped } from '@causeway/regions/replication/link-fault'
import type { CommitBatch, PeerHello, PeerService } from '@causeway/regions/replication/peer'
import type { SnapshotCalls } from '@causeway/regions/replication/snapshot/snapshot-calls'
import { protocolVersions } from '@causeway/regions/replication/versions'
import { type HybridTime, originOfTime, tick } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { sealCommit } from '@causeway/schema/commit/codec'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import { type FenceLog, noFences } from '@causeway/schema/fence/fence-log'
import type { SimulatedCluster } from '../cluster.ts'
import { noSnapshots } from '../no-snapshots.ts'
import { createVirtualCrypto, virtualKeyOf } from '../virtual-crypto.ts'

/** Where a log of the liar stands: it may write several. */
export interface Branch {
  readonly sequence: number
  readonly hash: Uint8Array
}

export const beginning: Branch = Object.freeze({ sequence: 0, hash: new Uint8Array(32) })

const heartbeatMs = 500

interface Ear {
  readonly told: Uint8Array[]
  readonly wakes: Set<() => void>
  streams: number
}

export class Liar {
  readonly id: RegionId
  readonly crypto
  readonly #cluster: SimulatedCluster
  readonly #ears = new Map<RegionId, Ear>()
  #last = originOfTime
  /** What it says of itself in every hello and heartbeat. */
  frontier: VersionVector = {}
  /** What it claims to hold of whoever greets it. */
  holdsOfYou: PeerHello['holdsOfYou'] = null
  /** What it offers as its state, and says of the state of others. */
  snapshots: SnapshotCalls = noSnapshots
  /** What it says that it knows of fences. */
  fences: FenceLog = noFences
  /** Says to whoever asks that its log no longer reaches back to what they lack. */
  hasDropped = false

  constructor(cluster: SimulatedCluster, id: RegionId) {
    this.#cluster = cluster
    this.id = id
    this.crypto = createVirtualCrypto(id, cluster.random.fork('liar'))
    cluster.network.join(id, this.#service())
  }

  /** The time of what it writes next. */
  now(): HybridTime {
    return tick(this.#last, Math.floor(this.#cluster.time.now()))
  }

  /** A commit that is signed as it should be, whatever it holds, and the branch after it. */
  write(
    branch: Branch,
    parts: Partial<Commit>,
    hashes: Readonly<Record<string, Uint8Array>> = {},
  ): [SealedCommit, Branch] {
    const events = parts.events ?? [
      { type: 'origin.acknowledged', entityId: this.id, data: {}, placement: 'everywhere' as const },
    ]
    const firstSequence = branch.sequence + 1
    const lastSequence = branch.sequence + events.length
    const own = branch.sequence === 0 ? {} : { [this.id]: branch.sequence }
    const commit: Commit = {
      origin: this.id,
      firstSequence,
      lastSequence,
      time: this.now(),
      documents: [],
      stock: [],
      outcomes: [],
      ...parts,
      clock: { ...own, ...parts.clock },
      events,
    }
    this.#last = commit.time
    const sealed = sealCommit(commit, branch.hash, { ...hashes, [this.id]: branch.hash }, this.crypto)
    return [sealed, { sequence: lastSequence, hash: sealed.hash }]
  }

  /** From now on `peer` hears these bytes, after what it was told before; again on every new stream. */
  tell(peer: RegionId, ...bytes: readonly Uint8Array[]): void {
    const ear = this.#ear(peer)
    ear.told.push(...bytes)
    for (const wake of ear.wakes) wake()
  }

  /** No new stream begins with these bytes. */
  forget(bytes: Uint8Array): void {
    for (const { told } of this.#ears.values()) {
      const place = told.indexOf(bytes)
      if (place >= 0) told.splice(place, 1)
    }
  }

  /** How often `peer` has asked for the liar's commits: a link in a loop asks again and again. */
  streams(peer: RegionId): number {
    return this.#ear(peer).streams
  }

  #ear(peer: RegionId): Ear {
    const ear = this.#ears.get(peer) ?? { told: [], wakes: new Set(), streams: 0 }
    this.#ears.set(peer, ear)
    return ear
  }

  #service(): PeerService {
    const liar = this
    return {
      hello: async (): Promise<PeerHello> => ({
        region: this.id,
        origin: this.id,
        versions: protocolVersions,
        publicKeys: { [this.id]: [virtualKeyOf(this.id)] },
        frontier: this.frontier,
        holdsOfYou: this.holdsOfYou,
        claimKey: null,
        operatorKeys: null,
      }),
      commits: (from) => this.#stream(this.#ear(from)),
      acknowledge: async () => {},
      requestRights: async () => ({ items: [], position: null }),
      digests: async () => ({ frontier: {}, through: {}, ranges: [{ until: null, digest: 'a lie' }] }),
      commitsOf: async () => [],
      standing: async () => ({ frontier: this.frontier, time: this.now() }),
      fences: async () => this.fences,
      get snapshots() {
        return liar.snapshots
      },
    }
  }

  async *#stream(ear: Ear): AsyncGenerator<CommitBatch, void, void> {
    ear.streams += 1
    for (let next = 0; ; ) {
      if (this.hasDropped) throw new LogDropped(`the log of ${this.id} begins later`)
      const commits = ear.told.slice(next)
      next = ear.told.length
      yield { commits, behind: 0, events: commits.length, frontier: this.frontier, time: this.now() }
      if (ear.told.length > next) continue
      await new Promise<void>((resolve) => {
        const wake = () => {
          ear.wakes.delete(wake)
          cancel()
          resolve()
        }
        const cancel = this.#cluster.time.after(heartbeatMs, wake)
        ear.wakes.add(wake)
      })
    }
  }
}
