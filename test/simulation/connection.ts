// One virtual connection: the client's view of it (PeerConnection) and the serving loop at its far end, which is one
// node of the region from the first message on. Delivers in order or, once something was lost, not at all; where the
// wire says so, messages come twice and batches change places. Knows nothing of what travels beyond its shape.

import { LogDropped } from '@causeway/regions/replication/link-fault'
import type { CommitBatch, Line, PeerConnection, PeerHello, PeerService } from '@causeway/regions/replication/peer'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { VirtualProcess } from './virtual-process.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Batches that the two sockets' buffers hold; past it the server is not asked for more. */
const socketBatches = 8

export interface WireView {
  isCut(from: RegionId, to: RegionId): boolean
  arrivalMs(from: RegionId, to: RegionId): number
  stalledUntilMs(from: RegionId, to: RegionId): number
  carried(from: RegionId, to: RegionId, line: Line, commits: number, bytes: number): void
  /** A message is lost on the way, and with it all that follows on its connection. */
  loses(from: RegionId, to: RegionId): boolean
  repeats(from: RegionId, to: RegionId): boolean
  reorders(from: RegionId, to: RegionId): boolean
}

/** A node that answers: what it serves, and the process that it runs in. */
export interface Endpoint {
  readonly service: PeerService
  readonly process: VirtualProcess
}

export interface ConnectionOptions {
  readonly client: RegionId
  /** Runs the client's end. */
  readonly process: VirtualProcess
  readonly server: RegionId
  readonly time: VirtualTime
  /** Which of the server's nodes takes the connection; undefined while none is there. */
  readonly accept: () => Endpoint | undefined
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
  #line: Line | null = null
  #endpoint: Endpoint | undefined
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

  /** Null where it serves as none. */
  get line(): Line | null {
    return this.#line
  }

  get lossy(): boolean {
    return this.#lost.size > 0
  }

  /** True where either end runs in `process`. */
  isOf(process: VirtualProcess): boolean {
    return this.#options.process === process || this.#endpoint?.process === process
  }

  joins(left: RegionId, right: RegionId): boolean {
    return (this.client === left && this.server === right) || (this.client === right && this.server === left)
  }

  async open(hello: PeerHello): Promise<PeerConnection> {
    const answer = await this.#ask((service) => service.hello(hello))
    return {
      hello: answer,
      commits: (after, direct, line) => this.#commits(after, direct, line),
      acknowledge: (applied, direct) => this.#ask((service) => service.acknowledge(this.client, applied, direct)),
      requestRights: (request) => this.#ask((service) => service.requestRights(this.client, request)),
      standing: () => this.#ask((service) => service.standing()),
      fences: () => this.#ask((service) => service.fences()),
      snapshots: {
        offer: (id) => this.#ask(({ snapshots }) => snapshots.offer(id)),
        page: (id, number) => this.#ask(({ snapshots }) => snapshots.page(id, number)),
        check: (frontier) => this.#ask(({ snapshots }) => snapshots.check(frontier)),
      },
      digests: (request) => this.#ask((service) => service.digests(request)),
      commitsOf: (range) => this.#ask((service) => service.commitsOf(this.client, range)),
      close: () => this.break('closed'),
    }
  }

  /** Both ends learn at once. */
  break(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    const ends = [...this.#ends]
    this.#endpoint?.process.do(() => {
      for (const end of ends) end()
    })
    const failures = [...this.#failures]
    this.#options.process.do(() => {
      for (const fail of failures) fail(new Error(`${this.client} to ${this.server}: ${reason}`))
    })
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
      this.#toServer(({ service }) => {
        // The answer to what came twice is told once; the service has been asked twice.
        if (this.#repeats('out')) call(service).catch(() => {})
        call(service).then(
          (answer) =>
            this.#send(
              'back',
              answered(() => this.#options.process.do(() => resolve(answer))),
            ),
          (error: unknown) =>
            this.#send(
              'back',
              answered(() => this.#options.process.do(() => reject(error))),
            ),
        )
      })
    })
  }

  /** Once the message is there, by the node that has the connection. */
  #toServer(arrive: (endpoint: Endpoint) => void): void {
    this.#send('out', () => {
      this.#endpoint ??= this.#options.accept()
      const endpoint = this.#endpoint
      if (endpoint?.process.isAlive !== true) this.break(`${this.server} does not answer`)
      else endpoint.process.do(() => arrive(endpoint))
    })
  }

  #commits(after: VersionVector, direct: readonly RegionId[], line: Line): AsyncIterable<CommitBatch> {
    this.#line = line
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
      if (this.#closed) return
      if (waiting === null) arrived.push(batch)
      else {
        waiting.resolve({ done: false, value: batch })
        waiting = null
        inSockets -= 1
        roomFreed?.()
      }
    }
    const serve = async (service: PeerService) => {
      const batches = service.commits(this.client, after, direct, line)[Symbol.asyncIterator]()
      const end = () => void batches.return?.()
      this.#ends.add(end)
      const put = (batch: CommitBatch) => {
        inSockets += 1
        this.#carry(line, batch)
        this.#send('back', () => this.#options.process.do(() => deliver(batch)))
      }
      let late: CommitBatch | null = null
      for (;;) {
        if (inSockets >= socketBatches && !this.#closed) {
          await new Promise<void>((resolve) => {
            roomFreed = resolve
          })
        }
        const next = this.#closed ? null : await batches.next()
        if (next === null || next.done === true) break
        if (late === null && this.#reorders()) {
          late = next.value
          continue
        }
        put(next.value)
        if (this.#repeats('back')) put(next.value)
        if (late !== null) put(late)
        late = null
      }
      this.#ends.delete(end)
      end()
      this.break(`${this.server} ended the stream`)
    }
    this.#toServer(({ service }) => {
      serve(service).catch((error: unknown) => {
        if (error instanceof LogDropped) this.#send('back', () => this.#options.process.do(() => fail(error)))
        else this.break(String(error))
      })
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

  #carry(line: Line, batch: CommitBatch): void {
    if (batch.commits.length === 0) return
    let bytes = 0
    for (const commit of batch.commits) bytes += commit.length
    this.#options.wire.carried(this.server, this.client, line, batch.commits.length, bytes)
  }

  #route(way: 'out' | 'back'): readonly [RegionId, RegionId] {
    return way === 'out' ? [this.client, this.server] : [this.server, this.client]
  }

  #repeats(way: 'out' | 'back'): boolean {
    return this.#options.wire.repeats(...this.#route(way))
  }

  #reorders(): boolean {
    return this.#options.wire.reorders(...this.#route('back'))
  }

  #send(way: 'out' | 'back', arrive: () => void): void {
    if (this.#closed) return
    const [from, to] = this.#route(way)
    const { wire } = this.#options
    if (wire.isCut(from, to) || wire.loses(from, to)) this.#lost.add(way)
    if (this.#lost.has(way)) return
    const queue = this.#queues[way]
    const atMs = Math.max(queue.at(-1)?.atMs ?? 0, wire.arrivalMs(from, to))
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
