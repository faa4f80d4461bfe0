// The serving end of replication over WebSocket: checks who connects, then runs the replication schema for them.
// The region's HTTP server hands it the upgrades of `/replication`. Decides nothing about commits.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RegionId } from '@causeway/schema/clock/origin'
import { type DocumentNode, type ExecutionArgs, parse, validate } from 'graphql'
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Ports } from '../ports.ts'
import type { PeerService } from './peer.ts'
import { protocolVersions, type Versions } from './versions.ts'
import { isCompressed } from './wire/batch-codec.ts'
import { CredentialChecker, makeAnswer } from './wire/cluster-auth.ts'
import { compressOnOwnThread, wireCompression } from './wire/compression.ts'
import { FrameWriter } from './wire/frame.ts'
import { createReplicationSchema, type ReplicationContext } from './wire/graphql-schema.ts'

/** Close codes beside those of graphql-transport-ws. 4403: another cluster secret, or not this region's peer. */
export const closeCodes = Object.freeze({ forbidden: CloseCode.Forbidden, version: 4409 })

/** What a peer may send in one message: a hello with keys, acknowledgements. Commits travel the other way. */
const maximumMessageBytes = 4 * 1024 * 1024
/** A socket that does not answer pings is closed; streams end with it. */
const pingMs = 10_000
/** Distinct operations that are kept parsed; peers send the same few. */
const maximumDocuments = 16

export interface ReplicationEndpointOptions {
  readonly region: RegionId
  readonly clusterSecret: string
  readonly ports: Ports
  readonly versions?: Versions
}

export interface ReplicationEndpoint {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Closes every connection; the peers reconnect when there is somebody to connect to. */
  close(): Promise<void>
}

interface Extra {
  readonly socket: WebSocket
  peer: RegionId | null
  version: number
}

export function createReplicationEndpoint(
  service: PeerService,
  options: ReplicationEndpointOptions,
): ReplicationEndpoint {
  const { region, clusterSecret, ports } = options
  const schema = createReplicationSchema(service)
  const { versions = protocolVersions } = options
  const checker = new CredentialChecker({ secret: clusterSecret, region, versions, clock: ports.clock })
  const documents = new Map<string, DocumentNode>()

  const prepare = (query: string): DocumentNode | readonly Error[] => {
    const known = documents.get(query)
    if (known !== undefined) return known
    const document = parse(query)
    const errors = validate(schema, document)
    if (errors.length > 0) return errors
    if (documents.size < maximumDocuments) documents.set(query, document)
    return document
  }

  const frames = new FrameWriter()
  const server = makeServer<Record<string, unknown>, Extra>({
    jsonMessageReplacer: frames.replacer,
    onConnect: ({ connectionParams, extra }) => {
      const check = checker.check(connectionParams?.credential)
      if (!check.ok) {
        ports.logger.error({ region, reason: check.reason }, `refused a replication link: ${check.reason}`)
        if (check.code === 'VERSION') extra.socket.close(closeCodes.version, check.reason.slice(0, 120))
        return false
      }
      extra.peer = check.credential.region
      extra.version = check.version
      return makeAnswer(clusterSecret, check.credential, check.version)
    },
    onSubscribe: ({ extra }, _id, payload): ExecutionArgs | readonly never[] => {
      const document = prepare(payload.query)
      if (!('kind' in document)) return document as readonly never[]
      const contextValue: ReplicationContext = { peer: extra.peer ?? '', version: extra.version }
      return { schema, document, variableValues: payload.variables ?? {}, contextValue }
    },
  })

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumMessageBytes,
    perMessageDeflate: wireCompression,
    handleProtocols,
  })

  const serve = (socket: WebSocket, wire: Duplex) => {
    compressOnOwnThread(socket, maximumMessageBytes)
    const together = inOnePiece(wire)
    const failed = (error: unknown) => {
      ports.logger.warn({ region, error: String(error) }, 'a replication connection failed')
      socket.terminate()
    }
    const closed = server.opened(
      {
        protocol: socket.protocol,
        // With bytes, it resolves when they have left: the next batch is made only then. The end of an answer follows it at once.
        send: (json) =>
          new Promise((resolve, reject) => {
            const frame = frames.frame(json)
            const hasBytes = 'bytes' in frame
            const compress = !(hasBytes && isCompressed(frame.bytes))
            if (socket.readyState === socket.OPEN) {
              together()
              socket.send(frame.data, { compress }, (error) => (error ? reject(error) : resolve()))
            }
            if (socket.readyState !== socket.OPEN || !hasBytes) resolve()
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) => socket.on('message', (data) => void receive(String(data)).catch(failed)),
      },
      { socket, peer: null, version: versions.oldest },
    )
    const stopPings = keepAlive(socket)
    socket.on('error', failed)
    socket.once('close', (code, reason) => {
      stopPings()
      void closed(code, String(reason)).catch(failed)
    })
  }

  const keepAlive = (socket: WebSocket): (() => void) => {
    let answered = true
    let cancel: () => void = () => {}
    socket.on('pong', () => {
      answered = true
    })
    const ring = () => {
      if (!answered) {
        socket.terminate()
        return
      }
      answered = false
      socket.ping()
      cancel = ports.timers.after(pingMs, ring)
    }
    cancel = ports.timers.after(pingMs, ring)
    return () => cancel()
  }

  return {
    handleUpgrade(request, socket, head) {
      sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, socket))
    },
    async close() {
      for (const socket of sockets.clients) socket.close(1001, 'Going away')
      for (const socket of sockets.clients) socket.terminate()
      await new Promise<void>((resolve) => sockets.close(() => resolve()))
    },
  }
}

/** What is sent before the promises at hand are done leaves in one piece: each piece by itself may be lost, and hold up what follows. */
function inOnePiece(wire: Duplex): () => void {
  let isHeld = false
  return () => {
    if (isHeld) return
    isHeld = true
    wire.cork()
    process.nextTick(() => {
      isHeld = false
      wire.uncork()
    })
  }
}
