// WebSocket /graphql, sub-protocol graphql-transport-ws: subscriptions, and queries and mutations too. What HTTP gives in
// headers comes in the parameters that the connection begins with, or in the headers of the upgrade.

import type { IncomingMessage, Server } from 'node:http'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  validate,
} from 'graphql'
import { useServer as serveProtocol } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { isOriginAdmitted } from '../admission/auth.ts'
import type { GatewayFault } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { type Operations, toFault } from '../operations.ts'
import type { AuthOptions } from '../options.ts'
import type { Call } from '../routing/call.ts'
import { answerAsResult, streamResults } from '../subscriptions/stream.ts'
import { type Door, type GivenHeaders, makeCall } from './admit.ts'
import { badRequest, bodyLimitBytes, checkOperation } from './body.ts'

export interface SocketOptions {
  readonly server: Server
  readonly operations: Operations
  readonly door: Door
  readonly metrics: Metrics
  readonly schema: GraphQLSchema
  readonly auth: AuthOptions
}

interface CallContext {
  readonly call: Call
  readonly leave: () => void
}

/** Serves until the returned function is called; it resolves when every socket is closed. */
export function serveWebSockets(options: SocketOptions): () => Promise<void> {
  const { server, operations, door, metrics, schema, auth } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload: bodyLimitBytes })
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    const path = (request.url ?? '').split('?')[0]
    if (path !== '/graphql') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
      return
    }
    if (!isOriginAdmitted(auth, request.headers.origin)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request))
  })
  const faultsOf = validator(schema)
  const cleanup = serveProtocol(
    {
      async onSubscribe(ctx, _id, payload): Promise<ExecutionArgs | readonly GraphQLError[]> {
        try {
          const headers = headersOf(ctx.extra.request, ctx.connectionParams)
          const operation = checkOperation(payload)
          const shape = operations.shape(operation.query, operation.operationName)
          const left = new AbortController()
          const call = await makeCall(door, operation, headers, left.signal)
          if (shape === null) {
            // Not an operation of that name: the planner says what is wrong in GraphQL's own words.
            return refusal(await answerAsResult(operations, call))
          }
          const wrong = faultsOf(shape.document)
          if (wrong.length > 0) return wrong
          const contextValue: CallContext = { call, leave: () => left.abort() }
          return { schema, document: shape.document, operationName: operation.operationName, contextValue }
        } catch (error) {
          return [asError(toFault(error))]
        }
      },
      execute: (args) => answerAsResult(operations, contextOf(args).call),
      subscribe: (args) => {
        const { call, leave } = contextOf(args)
        return streamResults(operations, call, leave, metrics)
      },
    },
    sockets,
    12_000,
  )
  return async () => {
    await cleanup.dispose()
    sockets.close()
  }
}

/** The protocol tells what was wrong before anything ran by a message of its own. Each text is looked at once. */
function validator(schema: GraphQLSchema): (document: DocumentNode) => readonly GraphQLError[] {
  const known = new WeakMap<DocumentNode, readonly GraphQLError[]>()
  return (document) => {
    const found =
      known.get(document) ??
      validate(schema, document).map(
        ({ message, nodes = null }) => new GraphQLError(message, { nodes, extensions: { code: 'BAD_USER_INPUT' } }),
      )
    known.set(document, found)
    return found
  }
}

function contextOf(args: ExecutionArgs): CallContext {
  return args.contextValue as CallContext
}

function headersOf(request: IncomingMessage, params: unknown): GivenHeaders {
  const given = typeof params === 'object' && params !== null ? (params as Record<string, unknown>) : {}
  const nested = given.headers
  const inner = typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>) : {}
  const lower = (from: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(from).map(([name, value]) => [name.toLowerCase(), value]))
  return { ...lower(request.headers), ...lower(inner), ...lower(given) }
}

function refusal(result: ExecutionResult): readonly GraphQLError[] {
  const errors = result.errors?.map((error) => new GraphQLError(error.message, { extensions: error.extensions }))
  return errors ?? [asError(badRequest('The operation was not understood.'))]
}

function asError(fault: GatewayFault): GraphQLError {
  return new GraphQLError(fault.message, { extensions: { code: fault.code, ...fault.details } })
}
