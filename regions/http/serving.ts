// What HTTP and WebSocket share: from the words of a request to the context that its resolvers run in.

import type { Principal } from '@causeway/schema/documents/command'
import { GraphQLError } from 'graphql'
import { AuthenticationError, type Authenticator } from '../auth/authenticator.ts'
import { openContext, type RequestContext, type ServingPorts } from '../graphql/context.ts'
import { apiError, publicError } from '../graphql/errors.ts'
import { readRequest } from '../graphql/request.ts'
import type { Logger } from '../ports.ts'
import type { Region } from '../region.ts'
import type { RegionMetrics } from './metrics.ts'

export interface Serving {
  readonly region: Region
  readonly authenticator: Authenticator
  readonly ports: ServingPorts
  readonly logger: Logger
  readonly metrics: RegionMetrics
}

/** Gives a header's value by its lower-case name. */
export type Headers = (name: string) => string | undefined

/** Throws a GraphQL error UNAUTHENTICATED. */
export async function authenticate(serving: Serving, authorization: string | undefined): Promise<Principal> {
  try {
    return await serving.authenticator.authenticate(authorization)
  } catch (error) {
    if (error instanceof AuthenticationError) throw apiError('UNAUTHENTICATED', error.message)
    throw error
  }
}

/** Throws a GraphQL error: BAD_USER_INPUT, STALE_READ, REGION_UNAVAILABLE. */
export async function beginRequest(serving: Serving, principal: Principal, headers: Headers): Promise<RequestContext> {
  const { region, ports, metrics } = serving
  const unready = region.unready()
  if (unready !== null) throw apiError('REGION_UNAVAILABLE', `${region.id} does not serve now: ${unready}.`)
  const options = readRequest(headers, region, ports.clock.now())
  const { onCommand, onRead } = metrics
  return await openContext({ region, ports, principal, options, onCommand, onRead })
}

/** The error as the caller may see it; the log gets the rest. */
export function showError(serving: Serving, error: GraphQLError): GraphQLError {
  const shown = publicError(error.toJSON(), error, (fault) => reportFault(serving.logger, fault))
  return new GraphQLError(shown.message, {
    ...(error.nodes && { nodes: error.nodes }),
    ...(error.source && { source: error.source }),
    ...(error.positions && { positions: error.positions }),
    ...(shown.path && { path: shown.path }),
    ...(shown.extensions && { extensions: shown.extensions }),
  })
}

export function reportFault(logger: Logger, fault: unknown): void {
  const detail = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
  logger.error({ fault: detail }, 'a request failed')
}
