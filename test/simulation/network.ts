// A virtual network between simulated regions: the transport port over their peer services, with delays, cuts, stalls
// and resets, all from one seed and in virtual time. Like TCP, a connection delivers in order or not at all: what
// loses a message never delivers a later one, and dies when the network heals.

import type { PeerService, Transport } from '@causeway/regions/replication/peer'
import type { RegionId } from '@causeway/schema/clock/origin'
import { VirtualConnection } from './connection.ts'
import type { SeededRandom } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Delay {
  readonly minimumMs: number
  readonly jitterMs: number
}

/** One direction between two regions. */
interface Wire {
  delay: Delay
  cut: boolean
  stalledUntilMs: number
  batches: number
  commits: number
  bytes: number
}

export interface Traffic {
  readonly batches: number
  readonly commits: number
  readonly bytes: number
}

export interface NetworkOptions {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly delay?: Delay
}

export class VirtualNetwork {
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #delay: Delay
  readonly #services = new Map<RegionId, PeerService>()
  readonly #wires = new Map<string, Wire>()
  readonly #connections = new Set<VirtualConnection>()

  constructor(options: NetworkOptions) {
    this.#time = options.time
    this.#random = options.random
    this.#delay = options.delay ?? { minimumMs: 20, jitterMs: 10 }
  }

  /** The region answers from now on; again after `leave`, as after a restart. */
  join(region: RegionId, service: PeerService): void {
    this.#services.set(region, service)
  }

  /** The region's process is gone: its connections break at once, nobody answers. */
  leave(region: RegionId): void {
    this.#services.delete(region)
    this.#close((connection) => connection.client === region || connection.server === region, `${region} is gone`)
  }

  transportOf(region: RegionId): Transport {
    return {
      connect: async (peer, hello) => {
        const connection = new VirtualConnection({
          client: region,
          server: peer,
          time: this.#time,
          service: () => this.#services.get(peer),
          wire: {
            isCut: (from, to) => this.#wire(from, to).cut,
            arrivalMs: (from, to) => this.#arrivalMs(from, to),
            stalledUntilMs: (from, to) => this.#wire(from, to).stalledUntilMs,
            carried: (from, to, commits, bytes) => this.#count(from, to, commits, bytes),
          },
          onClose: () => this.#connections.delete(connection),
        })
        this.#connections.add(connection)
        return connection.open(hello)
      },
    }
  }

  setDelay(from: RegionId, to: RegionId, delay: Delay): void {
    this.#wire(from, to).delay = delay
  }

  /** Nothing gets from `from` to `to`, silently: both ends learn of it by silence alone. What is in flight is lost. */
  cutOneWay(from: RegionId, to: RegionId): void {
    this.#wire(from, to).cut = true
  }

  cut(left: RegionId, right: RegionId): void {
    this.cutOneWay(left, right)
    this.cutOneWay(right, left)
  }

  /** Connections that lost something break now; others go on. */
  heal(left: RegionId, right: RegionId): void {
    this.#wire(left, right).cut = false
    this.#wire(right, left).cut = false
    this.#close((connection) => connection.lossy && connection.joins(left, right), 'reset after a loss')
  }

  healAll(): void {
    for (const wire of this.#wires.values()) wire.cut = false
    this.#close((connection) => connection.lossy, 'reset after a loss')
  }

  /** Every connection between the two breaks, loudly; new ones may be opened. */
  reset(left: RegionId, right: RegionId): void {
    this.#close((connection) => connection.joins(left, right), 'connection reset')
  }

  /** Nothing arrives for a while; then all of it, in order. */
  stall(from: RegionId, to: RegionId, forMs: number): void {
    this.#wire(from, to).stalledUntilMs = this.#time.now() + forMs
  }

  /** What has been carried from one region to another: batches with commits, their commits, and the commits' bytes. */
  traffic(from: RegionId, to: RegionId): Traffic {
    const { batches, commits, bytes } = this.#wire(from, to)
    return { batches, commits, bytes }
  }

  #count(from: RegionId, to: RegionId, commits: number, bytes: number): void {
    const wire = this.#wire(from, to)
    wire.batches += 1
    wire.commits += commits
    wire.bytes += bytes
  }

  #arrivalMs(from: RegionId, to: RegionId): number {
    const { delay } = this.#wire(from, to)
    return this.#time.now() + delay.minimumMs + this.#random.unit() * delay.jitterMs
  }

  #wire(from: RegionId, to: RegionId): Wire {
    const key = `${from}>${to}`
    const known = this.#wires.get(key)
    if (known !== undefined) return known
    const wire = { delay: this.#delay, cut: false, stalledUntilMs: 0, batches: 0, commits: 0, bytes: 0 }
    this.#wires.set(key, wire)
    return wire
  }

  #close(which: (connection: VirtualConnection) => boolean, reason: string): void {
    for (const connection of [...this.#connections]) if (which(connection)) connection.break(reason)
  }
}
