// GraphQL over HTTP: between Node's requests and Apollo's server, which parses, validates, checks for forgery and runs.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApolloServer, type ApolloServerPlugin, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { encodeToken } from '@causeway/schema/clock/causal-token'
import { findOversize, maximumTokens } from '@causeway/schema/sdl/document-bounds'
import type { GraphQLSchema } from 'graphql'
import type { RequestContext } from '../graphql/context.ts'
import { type ApiErrorCode, publicError } from '../graphql/errors.ts'
import { depthRule } from '../graphql/limits.ts'
import { createExecutor } from '../graphql/schema.ts'
import { readBody } from './body.ts'
import { authenticate, beginRequest, reportFault, type Serving } from './serving.ts'

export interface GraphqlHttp {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  stop(): Promise<void>
}

/** Puts on every answer who gave it and how much of the log it reflects. */
function markAnswers(): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ contextValue, response }) {
          const token = encodeToken(contextValue.reflects)
          response.http.headers.set('causeway-token', token)
          if (response.body.kind !== 'single') return
          const causeway = { token, region: contextValue.region.id }
          const { singleResult } = response.body
          singleResult.extensions = { ...singleResult.extensions, causeway }
          // Of a text that is too long for its parser it is not known whether it makes sense; a gateway does not look either.
          if (singleResult.errors?.every(({ extensions }) => extensions?.code === 'COST_LIMIT'))
            response.http.status = 200
        },
      }
    },
  }
}

export async function createGraphqlHttp(
  schema: GraphQLSchema,
  serving: Serving,
  bodyLimitBytes: number,
): Promise<GraphqlHttp> {
  const { region, ports, logger, metrics } = serving
  const log = (level: 'debug' | 'info' | 'warn' | 'error') => (message: unknown) => logger[level]({}, String(message))
  const execute = createExecutor(schema)
  const apollo = new ApolloServer<RequestContext>({
    // Apollo's way to run operations by something else than the library's plain executor.
    gateway: {
      onSchemaLoadOrUpdate(callback) {
        callback({ apiSchema: schema, coreSupergraphSdl: '' })
        return () => undefined
      },
      load: async () => ({
        executor: async ({ document, request, operationName, context }) => {
          const { variables: variableValues } = request
          return await context.settling(() =>
            execute({ document, variableValues, operationName, contextValue: context }),
          )
        },
      }),
      stop: async () => undefined,
    },
    introspection: true,
    csrfPrevention: true,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: maximumTokens },
    validationRules: [depthRule],
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    formatError: (formatted, error) => publicError(formatted, error, (fault) => reportFault(logger, fault)),
    plugins: [
      // It would run a hook for every field of every answer.
      ApolloServerPluginCacheControlDisabled(),
      // Traces are for Apollo's own router; found federated, the schema would turn them on.
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      markAnswers(),
    ],
  })
  await apollo.start()

  async function answer(request: IncomingMessage): Promise<HTTPGraphQLResponse | Refusal | null> {
    const isPost = request.method === 'POST'
    let body: unknown = {}
    if (isPost) {
      const read = await readBody(request, bodyLimitBytes)
      if (read.status === 'cut') return null
      if (read.status === 'tooLarge')
        return refusal(
          413,
          'LIMIT_EXCEEDED',
          `The body is over the limit of ${bodyLimitBytes} bytes. Nothing was written; send less at once.`,
        )
      if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')) {
        return refusal(
          415,
          'BAD_USER_INPUT',
          'Send the operation as JSON, with the header "content-type: application/json".',
        )
      }
      body = parseJson(read.text)
      if (body === undefined) return refusal(400, 'BAD_USER_INPUT', 'The body is no valid JSON. Nothing was written.')
    }
    const search = new URL(request.url ?? '/', 'http://region').search
    const oversize = oversizeOf(body, search)
    if (oversize !== null) return refusal(200, 'COST_LIMIT', oversize)
    const headers = new HeaderMap()
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
    }
    return await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: request.method ?? 'GET', headers, search, body },
      context: async () => {
        const principal = await authenticate(serving, headers.get('authorization'))
        return await beginRequest(serving, principal, (name) => headers.get(name))
      },
    })
  }

  return {
    async handle(request, response) {
      const startedAt = ports.clock.now()
      const answered = await answer(request)
      if (answered === null) return
      response.setHeader('causeway-region', region.id)
      const status = await send(answered, response)
      metrics.onRequest('http', status, ports.clock.now() - startedAt)
    },
    stop: () => apollo.stop(),
  }
}

interface Refusal {
  readonly refusedWith: number
  readonly text: string
}

/** What is wrong with the request before there is an operation. */
function refusal(status: number, code: ApiErrorCode, message: string): Refusal {
  return {
    refusedWith: status,
    text: JSON.stringify({ errors: [{ message, extensions: { code } }] }),
  }
}

/** What is wrong with the size of the operation's text, which Apollo's server would take the whole way down. */
function oversizeOf(body: unknown, search: string): string | null {
  const { query } = (body ?? {}) as { readonly query?: unknown }
  const text = query ?? new URLSearchParams(search).get('query')
  return typeof text === 'string' ? findOversize(text) : null
}

/** Undefined where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function send(answered: HTTPGraphQLResponse | Refusal, response: ServerResponse): Promise<number> {
  if ('refusedWith' in answered) {
    response.writeHead(answered.refusedWith, { 'content-type': 'application/json; charset=utf-8' })
    response.end(answered.text)
    return answered.refusedWith
  }
  response.statusCode = answered.status ?? 200
  for (const [name, value] of answered.headers) response.setHeader(name, value)
  if (answered.body.kind === 'complete') {
    response.end(answered.body.string)
  } else {
    for await (const chunk of answered.body.asyncIterator) response.write(chunk)
    response.end()
  }
  return response.statusCode
}
