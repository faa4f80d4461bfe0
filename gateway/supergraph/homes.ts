// The placement `resident`: entities are asked of the region that is their home, all homes at once. A home that cannot
// be reached nulls only what is personal, with HOME_UNREACHABLE. Knows nothing of what the fields are.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { ExecutionResult } from '@graphql-tools/utils'
import { type FieldNode, type GraphQLError, Kind } from 'graphql'
import { GatewayFault, isFaultCode } from '../errors.ts'
import type { Call } from '../routing/call.ts'
import { type HomeHint, homeHint } from '../routing/route.ts'
import { executeInRegions, faultError, type PartRequest, type Regions } from './executors.ts'

interface Representation {
  readonly homeRegion?: unknown
}

interface Group {
  readonly home: RegionId
  /** Where each representation of the group stands among all. */
  readonly positions: number[]
  readonly representations: Representation[]
}

/** Answers `_entities(representations: $…)` with one request for each home region. */
export async function executeAtHomes(regions: Regions, request: PartRequest): Promise<ExecutionResult> {
  const found = representationsOf(request)
  if (found === null) return executeCommandAtHome(regions, request)
  const { variable, representations } = found
  const groups = groupByHome(representations, request.context?.call.pinned)
  const entities: unknown[] = representations.map(() => null)
  const errors: GraphQLError[] = []
  await Promise.all(
    groups.map(async (group) => {
      const variables = { ...request.variables, [variable]: group.representations }
      const result = await executeInRegions(regions, { ...request, variables }, [group.home], false)
      const answered = (result.data as { _entities?: readonly unknown[] } | null | undefined)?._entities
      for (const [index, position] of group.positions.entries()) entities[position] = answered?.[index] ?? null
      for (const error of result.errors ?? []) errors.push(...relocate(error, group))
    }),
  )
  return errors.length === 0 ? { data: { _entities: entities } } : { data: { _entities: entities }, errors }
}

/** A command on what is personal, beside others in one operation: each goes to the home of the customer it names. */
async function executeCommandAtHome(regions: Regions, request: PartRequest): Promise<ExecutionResult> {
  const call = request.context?.call
  const root = rootFieldOf(request)
  const anywhere = () => executeInRegions(regions, request, regions.fleet.order(call?.pinned))
  if (call === undefined || root === undefined || call.pinned !== undefined) return anywhere()
  const home = await findHome(regions, homeHint(root, request.variables ?? {}), call)
  if (home === null) return anywhere()
  const result = await executeInRegions(regions, request, [home])
  const errors = result.errors?.map((error) =>
    isFaultCode(error, 'REGION_UNAVAILABLE') ? faultError(homeUnreachable(home, error.message), error.path) : error,
  )
  return errors === undefined ? result : { ...result, errors }
}

function rootFieldOf(request: PartRequest): FieldNode | undefined {
  const operation = request.document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  return operation?.selectionSet.selections.find((selection) => selection.kind === Kind.FIELD)
}

function representationsOf(request: PartRequest): { variable: string; representations: Representation[] } | null {
  for (const [variable, value] of Object.entries(request.variables ?? {})) {
    const isList = Array.isArray(value) && value.length > 0
    if (isList && value.every((entry) => typeof entry === 'object' && entry !== null && '__typename' in entry)) {
      return { variable, representations: value }
    }
  }
  return null
}

function groupByHome(representations: readonly Representation[], pinned: RegionId | undefined): Group[] {
  const groups = new Map<RegionId, Group>()
  for (const [position, representation] of representations.entries()) {
    const home = pinned ?? String(representation.homeRegion)
    const group = groups.get(home) ?? { home, positions: [], representations: [] }
    group.positions.push(position)
    group.representations.push(representation)
    groups.set(home, group)
  }
  return [...groups.values()]
}

/** An error of a group, at the places where its entities stand in the whole answer. */
function relocate(error: GraphQLError, group: Group): GraphQLError[] {
  const isGone = error.extensions.code === 'REGION_UNAVAILABLE'
  const index = error.path?.[1]
  const positions = typeof index === 'number' ? [group.positions[index] ?? 0] : group.positions
  return positions.map((position) => {
    const path = ['_entities', position, ...(error.path?.slice(2) ?? [])]
    if (isGone) return faultError(homeUnreachable(group.home, error.message), path)
    return faultError(new GatewayFault('INTERNAL', error.message, 200, { ...error.extensions }), path)
  })
}

export function homeUnreachable(home: RegionId, why: string): GatewayFault {
  return new GatewayFault('HOME_UNREACHABLE', `The home region ${home} cannot be reached: ${why}`, 200, {
    homeRegion: home,
    retryable: true,
  })
}

const homeQuery = 'query GatewayHome($id: ID!) { customer(id: $id) { homeRegion } }'

/** The home region of the customer that a command names; null where the customer is new, or its home is no region here. */
export async function findHome(regions: Regions, hint: HomeHint, call: Call): Promise<RegionId | null> {
  const known = (home: unknown) => (typeof home === 'string' && regions.fleet.get(home) !== undefined ? home : null)
  const stated = known(hint.homeRegion)
  if (stated !== null || hint.id === undefined) return stated
  const answer = await regions.forwarder.forward({
    body: JSON.stringify({ query: homeQuery, variables: { id: hint.id } }),
    headers: call.headers,
    order: regions.fleet.order(undefined),
    pinned: undefined,
    safe: true,
    deadlineAt: call.deadlineAt,
    signal: call.signal,
  })
  if (answer.rest !== null) answer.rest.destroy()
  try {
    const parsed = JSON.parse(answer.head.toString('utf8')) as { data?: { customer?: { homeRegion?: unknown } | null } }
    return known(parsed.data?.customer?.homeRegion)
  } catch {
    return null
  }
}
