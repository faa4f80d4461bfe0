// How the planner's parts reach their placement: `commerce` and `operations` the nearest healthy region, `resident` the
// home regions, `cluster` this gateway, a user's subgraph its URL there. Retries and health are the forwarder's.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { ExecutionRequest, ExecutionResult } from '@graphql-tools/utils'
import { createGraphQLError } from '@graphql-tools/utils'
import { type GraphQLError, print } from 'graphql'
import { GatewayFault } from '../errors.ts'
import { type Call, keyed } from '../routing/call.ts'
import type { Fleet } from '../routing/fleet.ts'
import type { Forwarder } from '../routing/forward.ts'
import type { Parts } from './parts.ts'

/** What travels with one planned operation. */
export interface PlanContext {
  readonly call: Call
  readonly parts: Parts
  /** Root fields of a mutation, when there are several: each needs a key of its own. */
  readonly rootFieldCount: number
}

export interface Regions {
  readonly fleet: Fleet
  readonly forwarder: Forwarder
}

export type PartRequest = ExecutionRequest<Record<string, unknown>, PlanContext>

/** Sends one part to the regions of `order`, the first that answers; faults become the part's GraphQL errors. */
export async function executeInRegions(
  regions: Regions,
  request: PartRequest,
  order: readonly RegionId[],
  patient = true,
): Promise<ExecutionResult> {
  const context = request.context
  if (context === undefined) throw new Error('a planned part came without its context')
  const { call, parts } = context
  const body = JSON.stringify({ query: print(request.document), variables: request.variables ?? {} })
  const isMutation = request.operationType === 'mutation'
  try {
    const answer = await regions.forwarder.forward({
      body,
      headers: isMutation ? partKey(keyed(call.headers), request, context) : call.headers,
      order,
      pinned: call.pinned,
      safe: true,
      deadlineAt: call.deadlineAt,
      signal: call.signal,
      patient,
    })
    const chunks = [answer.head]
    if (answer.rest !== null) for await (const chunk of answer.rest) chunks.push(Buffer.from(chunk))
    const result = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ExecutionResult
    parts.answered(answer.region, answer.headers['causeway-token'] ?? tokenOf(result))
    const { data, errors } = result
    return errors === undefined ? { data } : { data: data ?? null, errors: errors.map(toError) }
  } catch (error) {
    if (error instanceof GatewayFault) return { data: null, errors: [faultError(error)] }
    if (error instanceof SyntaxError) {
      return { data: null, errors: [faultError(new GatewayFault('INTERNAL', 'A region answered with no JSON.'))] }
    }
    throw error
  }
}

/** Two commands of one operation may not share a key: each gets the caller's, and its name in the answer. */
function partKey(headers: Record<string, string>, request: PartRequest, context: PlanContext): Record<string, string> {
  const responseKey = request.info?.path.key
  if (context.rootFieldCount < 2 || responseKey === undefined) return headers
  return { ...headers, 'idempotency-key': `${headers['idempotency-key']}/${responseKey}` }
}

export function faultError(fault: GatewayFault, path?: readonly (string | number)[]): GraphQLError {
  const extensions = { code: fault.code, ...fault.details }
  return createGraphQLError(fault.message, path === undefined ? { extensions } : { extensions, path: [...path] })
}

function toError(error: { message: string; path?: readonly (string | number)[] | undefined; extensions?: object }) {
  return createGraphQLError(error.message, {
    ...(error.path === undefined ? {} : { path: [...error.path] }),
    extensions: { ...error.extensions },
  })
}

/** The causal token in an answer's extensions. */
export function tokenOf(result: { readonly extensions?: unknown }): string | undefined {
  const extensions = result.extensions
  if (typeof extensions !== 'object' || extensions === null || !('causeway' in extensions)) return undefined
  const causeway = extensions.causeway
  if (typeof causeway !== 'object' || causeway === null || !('token' in causeway)) return undefined
  return typeof causeway.token === 'string' ? causeway.token : undefined
}
