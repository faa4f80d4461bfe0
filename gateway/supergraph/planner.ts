// The planned path: the supergraph as one executable schema behind Apollo Server, for operations that touch more than one
// placement, introspection, and everything that is no valid operation. Which region answers a part is executors.ts.

import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { shorten } from '@causeway/schema/sdl/document-bounds'
import { getStitchedSchemaFromSupergraphSdl } from '@graphql-tools/federation'
import type { ExecutionRequest, ExecutionResult, Executor } from '@graphql-tools/utils'
import { type GraphQLFormattedError, type GraphQLSchema, subscribe, validate } from 'graphql'
import { type FaultCode, GatewayFault } from '../errors.ts'
import type { SubgraphAddress } from '../options.ts'
import type { Call } from '../routing/call.ts'
import type { Shape } from '../routing/shape.ts'
import { executeInCluster, makeClusterSchema } from './cluster.ts'
import { composeSupergraph, productSubgraphs, type SubgraphSdl } from './compose.ts'
import { executeInRegions, faultError, type PartRequest, type PlanContext, type Regions } from './executors.ts'
import { executeAtHomes } from './homes.ts'
import { Parts } from './parts.ts'
import { type Placements, readPlacements } from './placements.ts'
import { executeInUserSubgraph } from './user-subgraphs.ts'

export interface PlannedAnswer {
  readonly status: number
  readonly result: { data?: unknown; errors?: readonly unknown[]; extensions?: Record<string, unknown> }
  readonly parts: Parts
}

/** How the planner follows a subscription that one region feeds. */
export type FollowPart = (request: PartRequest) => AsyncIterable<ExecutionResult>

export interface PlannerOptions {
  readonly regions: Regions
  readonly subgraphs: readonly SubgraphAddress[]
  /** Their SDL, in the same order. */
  readonly subgraphSdl: readonly SubgraphSdl[]
  readonly follow: FollowPart
}

export class Planner {
  readonly schema: GraphQLSchema
  readonly placements: Placements
  readonly #apollo: ApolloServer<PlanContext>

  constructor(options: PlannerOptions) {
    this.placements = readPlacements([...productSubgraphs, ...options.subgraphSdl])
    const executors = makeExecutors(options)
    this.schema = getStitchedSchemaFromSupergraphSdl({
      supergraphSdl: composeSupergraph(options.subgraphSdl),
      onSubschemaConfig(config) {
        const executor = executors.get(config.name.toLowerCase())
        if (executor === undefined) throw new Error(`no way to reach the subgraph ${config.name}`)
        config.executor = executor
      },
    })
    this.#apollo = new ApolloServer<PlanContext>({
      schema: this.schema,
      introspection: true,
      includeStacktraceInErrorResponses: false,
      stopOnTerminationSignals: false,
      plugins: [ApolloServerPluginCacheControlDisabled()],
      formatError: inOurWords,
      logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    })
  }

  async start(): Promise<void> {
    await this.#apollo.start()
  }

  async stop(): Promise<void> {
    await this.#apollo.stop()
  }

  async execute(call: Call, shape: Shape | null): Promise<PlannedAnswer> {
    const parts = new Parts()
    const { query, variables, operationName } = call
    const response = await this.#apollo.executeOperation(
      { query, variables: { ...variables }, ...(operationName === undefined ? {} : { operationName }) },
      { contextValue: { call, parts, rootFieldCount: shape?.rootFields.length ?? 1 } },
    )
    const single = response.body.kind === 'single' ? response.body.singleResult : response.body.initialResult
    const result = { ...single } as PlannedAnswer['result']
    return { status: response.http.status ?? 200, result: withToken(result, parts), parts }
  }

  /** A subscription whose events need more than one placement, or that the gateway feeds itself. */
  async *subscribe(call: Call, shape: Shape): AsyncGenerator<ExecutionResult> {
    const mistakes = validate(this.schema, shape.document)
    if (mistakes.length > 0) {
      yield { errors: mistakes.map(({ message }) => faultError(new GatewayFault('BAD_USER_INPUT', message))) }
      return
    }
    const parts = new Parts()
    const context: PlanContext = { call, parts, rootFieldCount: 1 }
    const events = await subscribe({
      schema: this.schema,
      document: shape.document,
      operationName: call.operationName,
      variableValues: call.variables,
      contextValue: context,
    })
    if (!(Symbol.asyncIterator in events)) {
      yield events
      return
    }
    for await (const event of events) yield withToken({ ...event }, parts)
  }
}

/** Codes that the library uses, in the words of this API: the same as a region's. */
const libraryCodes: Readonly<Record<string, FaultCode>> = {
  GRAPHQL_PARSE_FAILED: 'BAD_USER_INPUT',
  GRAPHQL_VALIDATION_FAILED: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  BAD_REQUEST: 'BAD_USER_INPUT',
  INTERNAL_SERVER_ERROR: 'INTERNAL',
}

function inOurWords(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { extensions } = formatted
  const message = shorten(formatted.message)
  const code = libraryCodes[String(extensions?.code)]
  return code === undefined ? { ...formatted, message } : { ...formatted, message, extensions: { ...extensions, code } }
}

function withToken<Result extends { extensions?: unknown }>(result: Result, parts: Parts): Result {
  const token = parts.token()
  if (token === undefined) return result
  const extensions = typeof result.extensions === 'object' ? result.extensions : {}
  return { ...result, extensions: { ...extensions, causeway: { token } } }
}

function makeExecutors(options: PlannerOptions): Map<string, Executor> {
  const { regions, follow } = options
  const cluster = makeClusterSchema(regions.fleet)
  const nearest = (request: ExecutionRequest) => {
    const part = request as PartRequest
    if (request.operationType === 'subscription') return follow(part)
    return executeInRegions(regions, part, regions.fleet.order(part.context?.call.pinned))
  }
  const executors = new Map<string, unknown>([
    ['commerce', nearest],
    ['operations', nearest],
    ['resident', (request: ExecutionRequest) => executeAtHomes(regions, request as PartRequest)],
    [
      'cluster',
      (request: ExecutionRequest) => {
        const { context } = request as PartRequest
        if (context === undefined) throw new Error('a planned part came without its context')
        const reflects = () => {
          for (const { word } of regions.fleet.all()) if (word !== null) context.parts.reached(word.token)
        }
        return executeInCluster(cluster, request, reflects, context.call.signal)
      },
    ],
  ])
  for (const subgraph of options.subgraphs) {
    executors.set(subgraph.name.toLowerCase(), (request: ExecutionRequest) =>
      executeInUserSubgraph(regions.fleet, subgraph, request as PartRequest),
    )
  }
  return executors as Map<string, Executor>
}

function ignore(): void {}
