// GraphQL over WebSocket (graphql-transport-ws): subscriptions, and queries and mutations of who holds a socket anyway.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { encodeToken } from '@causeway/schema/clock/causal-token'
import type { Principal } from '@causeway/schema/documents/command'
import { maximumTokens } from '@causeway/schema/sdl/document-bounds'
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { RequestContext } from '../graphql/context.ts'
import { apiError } from '../graphql/errors.ts'
import { checkSize, depthRule } from '../graphql/limits.ts'
import { subscribeWithTokens } from '../graphql/live/subscribe.ts'
import { authenticate, beginRequest, type Headers, type Serving, showError } from './serving.ts'

export interface GraphqlWebSocket {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Tells every client to go elsewhere. */
  stop(): Promise<void>
}

/** Operations at once on one socket; a further one is refused. */
export const maximumOperationsPerSocket = 200

const forbidden = 4403

interface Holder extends Record<PropertyKey, unknown> {
  principal?: Principal
}

export function createGraphqlWebSocket(
  schema: GraphQLSchema,
  serving: Serving,
  messageLimitBytes: number,
): GraphqlWebSocket {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageLimitBytes })
  const rules = [...specifiedRules, depthRule]

  /** Connection parameters count as headers, for a browser cannot set any on a WebSocket. */
  function headersOf(params: Readonly<Record<string, unknown>> | undefined, request: IncomingMessage): Headers {
    const given = new Map(Object.entries(params ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
    return (name) => {
      const value = given.get(name) ?? request.headers[name]
      return typeof value === 'string' ? value : undefined
    }
  }

  async function prepare(
    query: string,
    principal: Principal,
    headers: Headers,
  ): Promise<Pick<ExecutionArgs, 'document' | 'contextValue'> | readonly GraphQLError[]> {
    checkSize(query)
    const document = parse(query, { maxTokens: maximumTokens })
    const errors = validate(schema, document, rules)
    if (errors.length > 0) return errors
    return { document, contextValue: await beginRequest(serving, principal, headers) }
  }

  const running = useServer<Record<string, unknown>, Holder>(
    {
      schema,
      async onConnect({ connectionParams, extra }) {
        const headers = headersOf(connectionParams, extra.request)
        try {
          extra.principal = await authenticate(serving, headers('authorization'))
          return true
        } catch (error) {
          const reason = error instanceof GraphQLError ? `UNAUTHENTICATED: ${error.message}` : 'INTERNAL'
          extra.socket.close(forbidden, reason.slice(0, 120))
          return false
        }
      },
      async onSubscribe({ connectionParams, extra, subscriptions }, _id, payload) {
        try {
          if (Object.keys(subscriptions).length > maximumOperationsPerSocket) {
            throw apiError('COST_LIMIT', `Up to ${maximumOperationsPerSocket} operations at once on one socket.`)
          }
          if (extra.principal === undefined) throw apiError('UNAUTHENTICATED', 'Say who you are first.')
          const prepared = await prepare(payload.query, extra.principal, headersOf(connectionParams, extra.request))
          if ('length' in prepared) return prepared.map((error) => showError(serving, error))
          const { operationName, variables } = payload
          return { schema, ...prepared, operationName: operationName ?? null, variableValues: variables ?? null }
        } catch (error) {
          const fault =
            error instanceof GraphQLError ? error : new GraphQLError('failed', { originalError: toError(error) })
          return [showError(serving, fault)]
        }
      },
      execute: (args) => executeMarked(args as ExecutionArgs),
      subscribe: (args) => subscribeWithTokens(args as ExecutionArgs),
      onNext(_context, _id, _payload, _args, result) {
        if (result.errors === undefined) return
        const errors = result.errors.map((error) => showError(serving, asGraphQLError(error)).toJSON())
        return { data: result.data ?? null, errors, ...(result.extensions && { extensions: result.extensions }) }
      },
    },
    sockets,
  )

  return {
    handleUpgrade(request, socket, head) {
      sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request))
    },
    async stop() {
      await running.dispose()
    },
  }
}

async function executeMarked(args: ExecutionArgs): Promise<ExecutionResult> {
  const context = args.contextValue as RequestContext
  const result = await context.settling(() => execute(args))
  const causeway = { token: encodeToken(context.reflects), region: context.region.id }
  return { ...result, extensions: { ...result.extensions, causeway } }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function asGraphQLError(error: unknown): GraphQLError {
  return error instanceof GraphQLError
    ? error
    : new GraphQLError(toError(error).message, { originalError: toError(error) })
}
