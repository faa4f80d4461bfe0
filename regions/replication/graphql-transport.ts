// The opening end of replication over WebSocket: one connection per link, with graphql-ws and no silent retries:
// whether and when to try again, and from where, is the receiving link's to say.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { HashOf } from '@causeway/schema/commit/run/step'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { Ports } from '../ports.ts'
import { closeCodes } from './graphql-endpoint.ts'
import { LinkFault, LinkRefused, LogDropped, logDroppedCode } from './link-fault.ts'
import type { CommitBatch, PeerConnection, Transport } from './peer.ts'
import { protocolVersions, speaksSparingly, tellsFences, type Versions } from './versions.ts'
import { BatchUnpacker, maximumBatchBytes } from './wire/batch-codec.ts'
import { isAnswer, makeCredential } from './wire/cluster-auth.ts'
import { compressOnOwnThread, wireCompression } from './wire/compression.ts'
import { readFrame } from './wire/frame.ts'
import {
  batchFromWire,
  helloToWire,
  rightsRequestToWire,
  toDigestAnswer,
  toHello,
  toRightsReply,
  toStanding,
} from './wire/messages.ts'
import {
  acknowledgeOperation,
  checkOperation,
  commitsOfOperation,
  commitsOperation,
  digestsOperation,
  fencesOperation,
  helloOperation,
  pageOperation,
  rightsOperation,
  snapshotOperation,
  standingOperation,
} from './wire/operations.ts'
import { toCheckAnswer, toFences, toPage, toSnapshotAnswer } from './wire/snapshot-messages.ts'

/** How long a closing socket may take to say goodbye. */
const goodbyeMs = 1_000
/** What a peer may send in one message: batches, pages of snapshots, digests. */
const maximumMessageBytes = 2 * maximumBatchBytes

export interface GraphqlTransportOptions {
  readonly region: RegionId
  /** WebSocket URL of each peer's `/replication`. */
  readonly peers: Readonly<Record<RegionId, string>>
  readonly clusterSecret: string
  readonly ports: Ports
  readonly versions?: Versions
}

export function createGraphqlTransport(options: GraphqlTransportOptions): Transport {
  return {
    async connect(peer, hello) {
      const url = options.peers[peer]
      if (url === undefined) throw new LinkRefused(`no address of ${peer} is configured`)
      const socket = new PeerSocket(peer, url, options)
      try {
        const spoken = await socket.opened()
        const { hello: answer } = await socket.ask(helloOperation(spoken), { from: helloToWire(hello, spoken) })
        return connectionOver(socket, toHello(answer))
      } catch (error) {
        socket.close()
        throw error
      }
    },
  }
}

function connectionOver(socket: PeerSocket, hello: PeerConnection['hello']): PeerConnection {
  return {
    hello,
    commits: (after, direct, line, hashOf) =>
      socket.batches(commitsOperation(line, speaksSparingly(hello.versions)), { after, direct }, hashOf),
    async acknowledge(applied, direct) {
      await socket.ask(acknowledgeOperation, { applied, direct })
    },
    async requestRights(request) {
      return toRightsReply((await socket.ask(rightsOperation, { request: rightsRequestToWire(request) })).requestRights)
    },
    receivedBytes: () => socket.receivedBytes(),
    async standing() {
      return toStanding((await socket.ask(standingOperation, {})).standing)
    },
    async fences() {
      return tellsFences(hello.versions) ? toFences((await socket.ask(fencesOperation, {})).fences) : null
    },
    snapshots: {
      async offer(id) {
        return toSnapshotAnswer((await socket.ask(snapshotOperation, { id })).snapshot)
      },
      async page(id, number) {
        return toPage((await socket.ask(pageOperation, { id, number })).snapshotPage)
      },
      async check(frontier) {
        return toCheckAnswer((await socket.ask(checkOperation, { frontier })).stateCheck)
      },
    },
    async digests(request) {
      return toDigestAnswer((await socket.ask(digestsOperation, { ...request })).digests)
    },
    async commitsOf(range) {
      const { commitsOf } = await socket.ask(commitsOfOperation, { ...range })
      if (!(commitsOf instanceof Uint8Array)) throw new RangeError('not commits')
      return await new BatchUnpacker().unpack(commitsOf)
    },
    close: () => socket.close(),
  }
}

/** One WebSocket and the operations on it. Once closed it stays closed. */
class PeerSocket {
  readonly #peer: RegionId
  readonly #client: Client
  readonly #ports: Ports
  #raw: WebSocket | null = null
  #failure: Error | null = null
  /** Bytes on the wire that were counted to a batch. */
  #countedBytes = 0
  #spoken: number | null = null
  /** It is open, or of no use. */
  #settled: () => void = () => {}
  readonly #isSettled = new Promise<void>((resolve) => {
    this.#settled = resolve
  })
  receivedBytes: () => number = () => 0

  constructor(peer: RegionId, url: string, options: GraphqlTransportOptions) {
    const { region, clusterSecret, ports } = options
    this.#peer = peer
    this.#ports = ports
    let operations = 0
    const { versions = protocolVersions } = options
    const credential = makeCredential({ secret: clusterSecret, region, peer, versions, ports })
    const adopt = (socket: WebSocket) => this.#adopt(socket)
    const unreadable = (error: unknown) => this.#unreadable(error)
    class Socket extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols, { maxPayload: maximumMessageBytes, perMessageDeflate: wireCompression })
        adopt(this)
      }

      /** What listens for messages gets those with bytes as objects, others as they came. */
      override emit(event: string | symbol, ...values: unknown[]): boolean {
        if (event !== 'message' || values[1] !== true) return super.emit(event, ...values)
        try {
          return super.emit(event, readFrame(values[0] as Buffer), true)
        } catch (error) {
          return unreadable(error)
        }
      }
    }
    this.#client = createClient({
      url,
      webSocketImpl: Socket,
      // One connection, one count: an id names its operation there and nowhere else.
      generateID: () => String(++operations),
      connectionParams: { credential },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: (error) => this.#fail(error),
      on: {
        closed: (event) => this.#fail(event),
        error: (error) => this.#fail(error),
        connected: (_, payload) => {
          if (!isAnswer(clusterSecret, credential, payload)) throw new LinkRefused(`${peer} has another cluster secret`)
          this.#spoken = Number(payload?.protocolVersion)
          this.#settled()
        },
      },
    })
  }

  /** The version that is spoken. Rejects with what broke the connection before. */
  async opened(): Promise<number> {
    await this.#isSettled
    if (this.#spoken === null) throw this.#failure ?? new Error(`${this.#peer} did not say which version is spoken`)
    return this.#spoken
  }

  /** Runs one query or mutation; rejects with what broke the connection, or with the peer's error. */
  ask(query: string, variables: Record<string, unknown>): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure)
        return
      }
      let answer: Record<string, unknown> | null | undefined
      let failure: unknown = 'the connection was closed before the answer'
      this.#client.subscribe<Record<string, unknown>>(
        { query, variables },
        {
          next: ({ data, errors }) => {
            answer = data
            failure = errors
          },
          error: (error) => reject(this.#toError(error)),
          complete: () => {
            if (answer != null && failure === undefined) resolve(answer)
            else reject(this.#toError(failure))
          },
        },
      )
    })
  }

  async *batches(query: string, variables: object, hashOf?: HashOf): AsyncGenerator<CommitBatch, void, void> {
    if (this.#failure !== null) throw this.#failure
    const results = this.#client.iterate<Record<string, unknown>>({ query, variables: { ...variables } })
    const unpacker = new BatchUnpacker(hashOf)
    try {
      for await (const { data, errors } of results) {
        if (errors !== undefined || data == null) throw this.#toError(errors)
        yield await this.#read(data.commits, unpacker)
      }
    } catch (error) {
      throw this.#toError(error)
    }
  }

  async #read(value: unknown, unpacker: BatchUnpacker): Promise<CommitBatch> {
    try {
      return await batchFromWire(value, unpacker, this.#count())
    } catch (error) {
      throw this.#toFault(error)
    }
  }

  #toFault(error: unknown): LinkFault {
    return new LinkFault(this.#peer, `sent what is no batch: ${error instanceof Error ? error.message : String(error)}`)
  }

  #unreadable(error: unknown): boolean {
    this.#fail(this.#toFault(error))
    this.#raw?.terminate()
    return false
  }

  close(): void {
    this.#failure ??= new Error(`the connection to ${this.#peer} is closed`)
    this.#settled()
    void this.#client.dispose()
    const raw = this.#raw
    if (raw === null || raw.readyState === WebSocket.CLOSED) return
    if (raw.readyState === WebSocket.CONNECTING) {
      raw.terminate()
      return
    }
    raw.close(1000)
    const cancel = this.#ports.timers.after(goodbyeMs, () => raw.terminate())
    raw.once('close', cancel)
  }

  #adopt(raw: WebSocket): void {
    this.#raw = raw
    raw.once('open', () => compressOnOwnThread(raw, maximumMessageBytes))
    raw.once('upgrade', ({ socket }) => {
      this.receivedBytes = () => socket.bytesRead
    })
  }

  /** Everything that came since the last batch, answers and frames included: what the link really costs. */
  #count(): number {
    const read = this.receivedBytes()
    const bytes = read - this.#countedBytes
    this.#countedBytes = read
    return bytes
  }

  #fail(error: unknown): void {
    this.#failure ??= this.#toError(error)
    this.#settled()
  }

  #toError(error: unknown): Error {
    if (error instanceof LinkRefused || error instanceof LinkFault || error instanceof LogDropped) return error
    if (this.#failure instanceof LinkRefused) return this.#failure
    if (Array.isArray(error) && error.some((each) => each?.extensions?.code === logDroppedCode))
      return new LogDropped(`${this.#peer} says: ${error[0]?.message}`)
    if (Array.isArray(error))
      return new Error(`${this.#peer} answered: ${error.map((each) => each?.message).join('; ')}`)
    const { code, reason, message } = (error ?? {}) as { code?: unknown; reason?: unknown; message?: unknown }
    if (code === closeCodes.forbidden) {
      return new LinkRefused(
        `${this.#peer} refuses this region: another cluster secret, another peer, or a clock that is more than five minutes off; its log says which`,
      )
    }
    if (code === closeCodes.version) return new LinkRefused(String(reason))
    if (error instanceof Error) return error
    if (typeof code === 'number')
      return new Error(`${this.#peer} closed the connection (${code} ${String(reason ?? '')})`)
    return new Error(String(message ?? error))
  }
}
