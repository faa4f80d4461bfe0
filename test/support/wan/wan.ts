// A wide-area network between regions, in userland: one TCP proxy for each region that another one reaches, with the
// distance of the pair, stalls, and cuts on demand, both ways or one. Bandwidth is left free. Regions find it in `peers`
// of their configuration and know nothing of it.

import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Distance } from './delay-line.ts'
import { OneWay } from './one-way.ts'

export interface WanOptions {
  /** Of each pair of regions, in either order of the names. */
  readonly roundTripsMs: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly stallShare?: number
  readonly stallMs?: number
  readonly random?: () => number
  /** Reads along what is delivered on each connection: what was asked, and what was answered. */
  readonly tap?: {
    connection(): { readonly asked: (bytes: Buffer) => void; readonly answered: (bytes: Buffer) => void }
  }
}

interface Connection {
  readonly from: string
  readonly to: string
  readonly inner: Socket
  /** Null until the peer is reached: a connection that is opened during a cut waits for its end. */
  outer: Socket | null
  readonly ways: OneWay[]
}

/** The distances that figures are measured at. */
export const oceans: Required<Pick<WanOptions, 'roundTripsMs' | 'stallShare' | 'stallMs'>> = {
  roundTripsMs: {
    'us-east-1': { 'eu-west-1': 80, 'ap-south-1': 220 },
    'eu-west-1': { 'ap-south-1': 140 },
  },
  stallShare: 0.01,
  stallMs: 200,
}

export class Wan {
  readonly #options: WanOptions
  readonly #servers: Server[] = []
  readonly #connections = new Set<Connection>()
  /** `from>to`: what `from` sends does not arrive at `to`, whoever opened the connection. */
  readonly #cuts = new Set<string>()
  /** Opens the connections that were begun during a cut. */
  readonly #waiting = new Set<() => void>()
  #bytes = 0

  constructor(options: WanOptions) {
    this.#options = options
  }

  /** Delivered so far, both ways of all connections. */
  get bytes(): number {
    return this.#bytes
  }

  /** Connections that were begun during a cut and wait for its end. */
  get waiting(): number {
    return this.#waiting.size
  }

  oneWayMs(from: string, to: string): number {
    const { roundTripsMs } = this.#options
    const roundTripMs = roundTripsMs[from]?.[to] ?? roundTripsMs[to]?.[from]
    if (roundTripMs === undefined) throw new RangeError(`how far is ${from} from ${to}?`)
    return roundTripMs / 2
  }

  /** The port, on the loopback, at which `from` reaches what listens on `port` in `to`. */
  async port(from: string, to: string, port: number): Promise<number> {
    const { stallShare = 0, stallMs = 0 } = this.#options
    const distance = { oneWayMs: this.oneWayMs(from, to), stallShare, stallMs }
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (inner) =>
      this.#accept({ from, to, inner, outer: null, ways: [] }, port, distance),
    )
    this.#servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    return address.port
  }

  /** The same, as a region's configuration says it. */
  async replicationUrl(from: string, to: string, port: number): Promise<string> {
    return `ws://127.0.0.1:${await this.port(from, to, port)}/replication`
  }

  /** Nothing passes between the two until it is healed. Nobody is told: connections stay open and silent. */
  cut(one: string, other: string): void {
    this.cutOneWay(one, other)
    this.cutOneWay(other, one)
  }

  /** What `from` sends does not arrive at `to`; what `to` sends does arrive. No new connection comes about. */
  cutOneWay(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
  }

  /** Ends every cut: what waited arrives, in order, on connections that both ends have kept. */
  heal(): void {
    this.#cuts.clear()
    for (const connection of this.#connections) {
      for (const way of connection.ways) way.move()
    }
    for (const open of this.#waiting) open()
    this.#waiting.clear()
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const { inner, outer } of this.#connections) {
      inner.destroy()
      outer?.destroy()
    }
  }

  #accept(connection: Connection, port: number, distance: Distance): void {
    const { from, to, inner } = connection
    this.#connections.add(connection)
    inner.on('error', () => inner.destroy())
    inner.on('close', () => this.#forget(connection))
    const open = () => this.#open(connection, port, distance)
    if (!this.#isCut(from, to) && !this.#isCut(to, from)) {
      open()
      return
    }
    const openLate = holdBack(inner, open)
    this.#waiting.add(openLate)
    inner.on('close', () => this.#waiting.delete(openLate))
  }

  #open(connection: Connection, port: number, distance: Distance): void {
    const { from, to, inner, ways } = connection
    const outer = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    connection.outer = outer
    outer.on('error', () => outer.destroy())
    outer.on('close', () => this.#forget(connection))
    const tap = this.#options.tap?.connection()
    const delivered = (read?: (bytes: Buffer) => void) => (bytes: Buffer) => {
      this.#bytes += bytes.length
      read?.(bytes)
    }
    const random = this.#options.random ?? Math.random
    // A connection carries nothing before its greeting has gone there and come back.
    const openAtMs = performance.now() + 2 * distance.oneWayMs
    const both = { distance, random, openAtMs }
    ways.push(
      new OneWay({
        ...both,
        delivered: delivered(tap?.asked),
        from: inner,
        to: outer,
        isCut: () => this.#isCut(from, to),
      }),
      new OneWay({
        ...both,
        delivered: delivered(tap?.answered),
        from: outer,
        to: inner,
        isCut: () => this.#isCut(to, from),
      }),
    )
    inner.resume()
  }

  #isCut(from: string, to: string): boolean {
    return this.#cuts.has(`${from}>${to}`)
  }

  #forget(connection: Connection): void {
    if (connection.inner.destroyed && (connection.outer?.destroyed ?? true)) this.#connections.delete(connection)
  }
}

/** Keeps what comes on a connection that cannot be opened yet; who gives up before it is, never reaches the other side. */
function holdBack(inner: Socket, open: () => void): () => void {
  const early: Buffer[] = []
  const keep = (bytes: Buffer) => void early.push(bytes)
  const giveUp = () => inner.destroy()
  inner.on('data', keep).on('end', giveUp)
  inner.resume()
  return () => {
    inner.off('data', keep).off('end', giveUp)
    inner.pause()
    if (early.length > 0) inner.unshift(Buffer.concat(early))
    open()
  }
}
