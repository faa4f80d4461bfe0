// A subscription that the planner delegates: followed through the regions like any other, its token kept for the answer.

import type { ExecutionResult } from '@graphql-tools/utils'
import { type FieldNode, Kind, print } from 'graphql'
import type { Call } from '../routing/call.ts'
import type { Fleet } from '../routing/fleet.ts'
import type { Shape } from '../routing/shape.ts'
import { type FollowOptions, followSubscription } from '../subscriptions/follow.ts'
import type { RegionSockets } from '../subscriptions/sockets.ts'
import { type PartRequest, tokenOf } from './executors.ts'

/** Subscriptions of the product that take `after`; the delegated text has lost the schema that would tell. */
const resumable = new Set(['stockChanged', 'orderChanged', 'events'])

export interface PartFollowing {
  readonly fleet: Fleet
  readonly sockets: RegionSockets
  readonly onMove?: FollowOptions['onMove']
}

export async function* followPart(part: PartRequest, following: PartFollowing): AsyncGenerator<ExecutionResult> {
  const context = part.context
  if (context === undefined) throw new Error('a planned part came without its context')
  const shape = shapeOf(part)
  const call: Call = {
    ...context.call,
    query: print(part.document),
    operationName: undefined,
    variables: part.variables ?? {},
  }
  const canResume = resumable.has(shape.rootFields[0]?.name.value ?? '')
  for await (const message of followSubscription(call, shape, { ...following, canResume })) {
    const token = tokenOf(message)
    if (token !== undefined) context.parts.reached(token)
    yield message
  }
}

function shapeOf(part: PartRequest): Shape {
  const operation = part.document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const rootFields = (operation?.selectionSet.selections ?? []).filter(
    (selection): selection is FieldNode => selection.kind === Kind.FIELD,
  )
  const name = operation?.name?.value
  return {
    document: part.document,
    type: 'subscription',
    name,
    rootFields,
    beyond: new Set(),
    onlyIntrospection: false,
    depth: 0,
  }
}
