// A virtual network between simulated regions, and from gateways to them: delays, cuts, stalls, resets, losses, repeats
// and changes of order, all from one seed and in virtual time. Like TCP, a connection delivers in order or not at all:
// what loses a message never delivers a later one, and dies when the network heals.

import type { Line, PeerService, Transport } from '@causeway/regions/replication/peer'
import type { RegionId } from '@causeway/schema/clock/origin'
import { type Endpoint, VirtualConnection } from './connection.ts'
import { Exchange } from './exchange.ts'
import type { SeededRandom } from './random.ts'
import { VirtualProcess } from './virtual-process.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Delay {
  readonly minimumMs: number
  readonly jitterMs: number
}

/** How a wire mistreats what it carries: chances per message. */
export interface Weather {
  readonly loses: number
  /** Comes `stallMs` late, and what is behind it on its connection no sooner: other connections go on. */
  readonly stalls: number
  readonly repeats: number
  readonly reorders: number
}

export const fairWeather: Weather = Object.freeze({ loses: 0, stalls: 0, repeats: 0, reorders: 0 })

/** As TCP stalls that sends again what was lost. */
const stallMs = 200

/** One direction between two regions. */
interface Wire {
  delay: Delay
  weather: Weather
  cut: boolean
  stalledUntilMs: number
  readonly carried: Record<Line, Traffic>
}

export interface Traffic {
  readonly batches: number
  readonly commits: number
  readonly bytes: number
}

const nothing: Traffic = Object.freeze({ batches: 0, commits: 0, bytes: 0 })

export interface NetworkOptions {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly delay?: Delay
}

export class VirtualNetwork {
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #delay: Delay
  readonly #endpoints = new Map<RegionId, Endpoint[]>()
  readonly #exchanges = new Set<Exchange>()
  /** By who sends and who receives. */
  readonly #wires = new Map<string, Map<string, Wire>>()
  readonly #connections = new Set<VirtualConnection>()

  constructor(options: NetworkOptions) {
    this.#time = options.time
    this.#random = options.random
    this.#delay = options.delay ?? { minimumMs: 20, jitterMs: 10 }
  }

  /** A node of the region answers from now on; again after `leave`, as after a restart. */
  join(region: RegionId, service: PeerService, process: VirtualProcess = new VirtualProcess(region)): void {
    this.#endpoints.set(region, [...(this.#endpoints.get(region) ?? []), { service, process }])
  }

  /** The region's nodes are gone: their connections break at once, nobody answers. */
  leave(region: RegionId): void {
    this.#endpoints.delete(region)
    this.#close((connection) => connection.client === region || connection.server === region, `${region} is gone`)
  }

  /** The same of one node. */
  leaveAs(process: VirtualProcess): void {
    for (const [region, endpoints] of this.#endpoints) {
      const rest = endpoints.filter((endpoint) => endpoint.process !== process)
      this.#endpoints.set(region, rest)
    }
    this.#close((connection) => connection.isOf(process), `${process.name} is gone`)
    for (const exchange of [...this.#exchanges]) if (exchange.process === process) exchange.break()
  }

  transportOf(region: RegionId, process: VirtualProcess = new VirtualProcess(region)): Transport {
    return {
      connect: async (peer, hello) => {
        const connection = new VirtualConnection({
          client: region,
          process,
          server: peer,
          time: this.#time,
          accept: () => this.#pick(peer),
          wire: {
            isCut: (from, to) => this.#wire(from, to).cut,
            arrivalMs: (from, to) =>
              this.#arrivalMs(from, to) + (this.#happens(this.#wire(from, to).weather.stalls) ? stallMs : 0),
            stalledUntilMs: (from, to) => this.#wire(from, to).stalledUntilMs,
            carried: (from, to, line, commits, bytes) => this.#count(from, to, line, commits, bytes),
            loses: (from, to) => this.#happens(this.#wire(from, to).weather.loses),
            repeats: (from, to) => this.#happens(this.#wire(from, to).weather.repeats),
            reorders: (from, to) => this.#happens(this.#wire(from, to).weather.reorders),
          },
          onClose: () => this.#connections.delete(connection),
        })
        this.#connections.add(connection)
        return connection.open(hello)
      },
    }
  }

  /**
   * One request from outside, a gateway's, to one node of a region, and its answer. Rejects with Unreached; never
   * settles where a message is lost. Where `isRepeatable` it may come twice, as behind a proxy that sends again what it
   * may: reads, and what has an idempotency key.
   */
  request<Answer>(
    from: string,
    to: RegionId,
    isRepeatable: boolean,
    serve: (process: VirtualProcess) => Promise<Answer>,
  ): Promise<Answer> {
    const wire = { out: this.#wire(from, to), back: this.#wire(to, from) }
    const passes = ({ cut, weather }: Wire) => !cut && !this.#happens(weather.loses)
    const exchange = new Exchange({
      accept: () => this.#pick(to)?.process,
      out: (arrive) => this.#carryOnce(wire.out, () => passes(wire.out), from, to, arrive),
      back: (arrive) => this.#carryOnce(wire.back, () => passes(wire.back), to, from, arrive),
      repeats: () => isRepeatable && this.#happens(wire.out.weather.repeats),
      onEnd: () => this.#exchanges.delete(exchange),
    })
    this.#exchanges.add(exchange)
    return exchange.run(serve)
  }

  #carryOnce(wire: Wire, passes: () => boolean, from: string, to: string, arrive: () => void): void {
    const atMs = Math.max(this.#arrivalMs(from, to), wire.stalledUntilMs)
    this.#time.after(atMs - this.#time.now(), () => {
      if (passes()) arrive()
    })
  }

  #pick(region: RegionId): Endpoint | undefined {
    const endpoints = this.#endpoints.get(region) ?? []
    return endpoints.length > 1 ? this.#random.pick(endpoints) : endpoints[0]
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.#random.chance(chance)
  }

  setWeather(from: string, to: string, weather: Weather): void {
    this.#wire(from, to).weather = weather
  }

  setDelay(from: RegionId, to: RegionId, delay: Delay): void {
    this.#wire(from, to).delay = delay
  }

  /** Nothing gets from `from` to `to`, silently: both ends learn of it by silence alone. What is in flight is lost. */
  cutOneWay(from: string, to: string): void {
    this.#wire(from, to).cut = true
  }

  cut(left: string, right: string): void {
    this.cutOneWay(left, right)
    this.cutOneWay(right, left)
  }

  /** Connections that lost something break now; others go on. */
  heal(left: string, right: string): void {
    this.#wire(left, right).cut = false
    this.#wire(right, left).cut = false
    this.#close((connection) => connection.lossy && connection.joins(left, right), 'reset after a loss')
  }

  healAll(): void {
    for (const wire of [...this.#wires.values()].flatMap((leaving) => [...leaving.values()])) {
      wire.cut = false
      wire.weather = fairWeather
      wire.stalledUntilMs = 0
    }
    this.#close((connection) => connection.lossy, 'reset after a loss')
  }

  /** Every connection between the two breaks, or every one that serves as that line, loudly; new ones may be opened. */
  reset(left: RegionId, right: RegionId, line?: Line): void {
    const isMeant = (connection: VirtualConnection) => line === undefined || connection.line === line
    this.#close((connection) => connection.joins(left, right) && isMeant(connection), 'connection reset')
  }

  /** Nothing arrives for a while; then all of it, in order. */
  stall(from: RegionId, to: RegionId, forMs: number): void {
    this.#wire(from, to).stalledUntilMs = this.#time.now() + forMs
  }

  /** What has been carried from one region to another: batches with commits, their commits, and the commits' bytes. */
  traffic(from: RegionId, to: RegionId, line: Line = 'main'): Traffic {
    return this.#wire(from, to).carried[line]
  }

  #count(from: RegionId, to: RegionId, line: Line, commits: number, bytes: number): void {
    const { carried } = this.#wire(from, to)
    const before = carried[line]
    carried[line] = { batches: before.batches + 1, commits: before.commits + commits, bytes: before.bytes + bytes }
  }

  #arrivalMs(from: string, to: string): number {
    const { delay } = this.#wire(from, to)
    return this.#time.now() + delay.minimumMs + this.#random.unit() * delay.jitterMs
  }

  #wire(from: string, to: string): Wire {
    const leaving = this.#wires.get(from) ?? new Map<string, Wire>()
    if (leaving.size === 0) this.#wires.set(from, leaving)
    const known = leaving.get(to)
    if (known !== undefined) return known
    const wire = {
      delay: this.#delay,
      weather: fairWeather,
      cut: false,
      stalledUntilMs: 0,
      carried: { main: nothing, second: nothing },
    }
    leaving.set(to, wire)
    return wire
  }

  #close(which: (connection: VirtualConnection) => boolean, reason: string): void {
    for (const connection of [...this.#connections]) if (which(connection)) connection.break(reason)
  }
}
