// One virtual connection: the client's view of it (PeerConnection) and the serving loop at its far end. Delivers in
// order or, once something was lost, not at all. Knows nothing of what travels beyond its shape.

import type { CommitBatch, PeerConnection, PeerHello, PeerService } from '@causeway/regions/replication/peer'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { VirtualTime } from './virtual-time.ts'

/** Batches that the two sockets' buffers hold; past it the server is not asked for more. */
const socketBatches = 8

export interface WireView {
  isCut(from: RegionId, to: RegionId): boolean
  arrivalMs(from: RegionId, to: RegionId): number
  stalledUntilMs(from: RegionId, to: RegionId): number
  carried(from: RegionId, to: RegionId, commits: number, bytes: number): void
}

export interface ConnectionOptions {
  readonly client: RegionId
  readonly server: RegionId
  readonly time: VirtualTime
  readonly service: () => PeerService | undefined
  readonly wire: WireView
  readonly onClose: () => void
}

type Message = { readonly atMs: number; readonly arrive: () => void }

export class VirtualConnection {
  readonly #options: ConnectionOptions
  readonly #queues = { out: [] as Message[], back: [] as Message[] }
  readonly #failures = new Set<(error: Error) => void>()
  readonly #ends = new Set<() => void>()
  /** Ways on which something was lost: nothing later may arrive there. */
  readonly #lost = new Set<'out' | 'back'>()
  #closed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get client(): RegionId {
    return this.#options.client
  }

  get server(): RegionId {
    return this.#options.server
  }

  get lossy(): boolean {
    return this.#lost.size > 0
  }

  joins(left: RegionId, right: RegionId): boolean {
    return (this.client === left && this.server === right) || (this.client === right && this.server === left)
  }

  async open(hello: PeerHello): Promise<PeerConnection> {
    const answer = await this.#ask((service) => service.hello(hello))
    return {
      hello: answer,
      commits: (after, direct) => this.#commits(after, direct),
      acknowledge: (applied, direct) => this.#ask((service) => service.acknowledge(this.client, applied, direct)),
      requestRights: (request) => this.#ask((service) => service.requestRights(this.client, request)),
      standing: () => this.#ask((service) => service.standing()),
      close: () => this.break('closed'),
    }
  }

  /** Both ends learn at once. */
  break(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    for (const end of this.#ends) end()
    for (const fail of [...this.#failures]) fail(new Error(`${this.client} to ${this.server}: ${reason}`))
    this.#failures.clear()
    this.#options.onClose()
  }

  /** A request and its answer, each over its own way. */
  #ask<Answer>(call: (service: PeerService) => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Error(`the connection from ${this.client} to ${this.server} is closed`))
        return
      }
      this.#failures.add(reject)
      const answered = (settle: () => void) => () => {
        this.#failures.delete(reject)
        settle()
      }
      this.#send('out', () => {
        const service = this.#options.service()
        if (service === undefined) {
          this.break(`${this.server} does not answer`)
          return
        }
        call(service).then(
          (answer) =>
            this.#send(
              'back',
              answered(() => resolve(answer)),
            ),
          (error: unknown) =>
            this.#send(
              'back',
              answered(() => reject(error)),
            ),
        )
      })
    })
  }

  #commits(after: VersionVector, direct: readonly RegionId[]): AsyncIterable<CommitBatch> {
    const arrived: CommitBatch[] = []
    let inSockets = 0
    let roomFreed: (() => void) | null = null
    let waiting: { resolve: (result: IteratorResult<CommitBatch>) => void; reject: (error: Error) => void } | null =
      null
    let failure: Error | null = null

    const fail = (error: Error) => {
      failure = error
      waiting?.reject(error)
      waiting = null
      roomFreed?.()
    }
    this.#failures.add(fail)
    const deliver = (batch: CommitBatch) => {
      if (waiting === null) arrived.push(batch)
      else {
        waiting.resolve({ done: false, value: batch })
        waiting = null
        inSockets -= 1
        roomFreed?.()
      }
    }
    const serve = async (service: PeerService) => {
      const batches = service.commits(this.client, after, direct)[Symbol.asyncIterator]()
      const end = () => void batches.return?.()
      this.#ends.add(end)
      for (;;) {
        if (inSockets >= socketBatches && !this.#closed) {
          await new Promise<void>((resolve) => {
            roomFreed = resolve
          })
        }
        const next = this.#closed ? null : await batches.next()
        if (next === null || next.done === true) break
        inSockets += 1
        this.#carry(next.value)
        this.#send('back', () => deliver(next.value))
      }
      this.#ends.delete(end)
      end()
      this.break(`${this.server} ended the stream`)
    }
    this.#send('out', () => {
      const service = this.#options.service()
      if (service === undefined) this.break(`${this.server} does not answer`)
      else serve(service).catch((error: unknown) => this.break(String(error)))
    })
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          const batch = arrived.shift()
          if (batch !== undefined) {
            inSockets -= 1
            roomFreed?.()
            return Promise.resolve({ done: false as const, value: batch })
          }
          if (failure !== null || this.#closed) return Promise.reject(failure ?? new Error('closed'))
          return new Promise((resolve, reject) => {
            waiting = { resolve, reject }
          })
        },
        return: () => Promise.resolve({ done: true as const, value: undefined }),
      }),
    }
  }

  #carry(batch: CommitBatch): void {
    if (batch.commits.length === 0) return
    let bytes = 0
    for (const commit of batch.commits) bytes += commit.length
    this.#options.wire.carried(this.server, this.client, batch.commits.length, bytes)
  }

  #route(way: 'out' | 'back'): readonly [RegionId, RegionId] {
    return way === 'out' ? [this.client, this.server] : [this.server, this.client]
  }

  #send(way: 'out' | 'back', arrive: () => void): void {
    if (this.#closed) return
    const [from, to] = this.#route(way)
    if (this.#options.wire.isCut(from, to)) this.#lost.add(way)
    if (this.#lost.has(way)) return
    const queue = this.#queues[way]
    const atMs = Math.max(queue.at(-1)?.atMs ?? 0, this.#options.wire.arrivalMs(from, to))
    queue.push({ atMs, arrive })
    if (queue.length === 1) this.#arm(way)
  }

  #arm(way: 'out' | 'back'): void {
    const head = this.#queues[way][0]
    if (head === undefined) return
    const [from, to] = this.#route(way)
    const { time, wire } = this.#options
    const atMs = Math.max(head.atMs, wire.stalledUntilMs(from, to))
    time.after(atMs - time.now(), () => {
      if (this.#closed) return
      if (wire.stalledUntilMs(from, to) > time.now()) {
        this.#arm(way)
        return
      }
      this.#queues[way].shift()
      if (wire.isCut(from, to)) this.#lost.add(way)
      if (!this.#lost.has(way)) head.arrive()
      this.#arm(way)
    })
  }
}
