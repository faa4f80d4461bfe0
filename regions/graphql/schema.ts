// The executable schema of a region: SDL and resolvers put together, once per process; and how operations of it run.

import { regionSdl } from '@causeway/schema/sdl/region'
import { makeExecutableSchema } from '@graphql-tools/schema'
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
} from 'graphql'
import { compiledInputs, inputsAsScalars, RefusedInput } from './compiled-inputs.ts'
import type { RequestContext } from './context.ts'
import { apiError } from './errors.ts'
import { eventChanges } from './live/event-stream.ts'
import { orderChanges } from './live/order-stream.ts'
import { regionChanges } from './live/region-stream.ts'
import { stockChanges } from './live/stock-stream.ts'
import type { Emission } from './live/stream.ts'
import { cartResolvers } from './resolvers/cart.ts'
import { clusterResolvers } from './resolvers/cluster.ts'
import { conflictResolvers } from './resolvers/conflict.ts'
import { customerResolvers } from './resolvers/customer.ts'
import { deviceChanges, deviceResolvers } from './resolvers/device.ts'
import { entityResolvers } from './resolvers/entities.ts'
import { eventResolvers } from './resolvers/event.ts'
import { incidentResolvers } from './resolvers/incident.ts'
import { leaseResolvers } from './resolvers/lease/lease.ts'
import { orderResolvers } from './resolvers/order.ts'
import { productResolvers } from './resolvers/product.ts'
import { stockResolvers } from './resolvers/stock.ts'
import { scalarResolvers } from './scalars.ts'

function live<Args>(changes: (args: Args, context: RequestContext) => unknown) {
  return {
    subscribe: (_: unknown, args: Args, context: RequestContext) => changes(args, context),
    resolve: (emission: Emission<unknown>) => emission.value,
  }
}

const subscriptionResolvers = {
  Subscription: {
    stockChanged: live(stockChanges),
    orderChanged: live(orderChanges),
    events: live(eventChanges),
    deviceSync: live(deviceChanges),
    regionsChanged: live((_: unknown, context) => regionChanges(context)),
  },
}

const resolvers = [
  scalarResolvers,
  productResolvers,
  stockResolvers,
  orderResolvers,
  leaseResolvers,
  customerResolvers,
  cartResolvers,
  conflictResolvers,
  deviceResolvers,
  eventResolvers,
  incidentResolvers,
  entityResolvers,
  clusterResolvers,
  subscriptionResolvers,
]

export function createRegionSchema(): GraphQLSchema {
  return makeExecutableSchema({ typeDefs: regionSdl, resolvers })
}

/**
 * Runs valid queries and mutations of `schema`, a region's, with variables checked by compiled functions. A subscription,
 * which has more than one answer, is refused.
 */
export function createExecutor(
  schema: GraphQLSchema,
): (args: Omit<ExecutionArgs, 'schema'>) => Promise<ExecutionResult> {
  const compiled = makeExecutableSchema({
    typeDefs: inputsAsScalars(parse(regionSdl)),
    resolvers: [...resolvers, compiledInputs(schema)],
  })
  return async (args) => {
    const operation = getOperationAST(args.document, args.operationName)
    if (operation?.operation === OperationTypeNode.SUBSCRIPTION) return { errors: [subscriptionFault()] }
    if (operation != null && mayDescribeTypes(operation)) return await execute({ ...args, schema })
    const result = await execute({ ...args, schema: compiled })
    const refused = result.errors?.some(({ originalError }) => originalError instanceof RefusedInput)
    // Nothing of it has run, for variables come first.
    return refused ? await execute({ ...args, schema }) : result
  }
}

/** What asks for types is to see input types, and not the scalars that stand for them. Only queries can ask. */
function mayDescribeTypes({ operation, selectionSet }: OperationDefinitionNode): boolean {
  if (operation !== OperationTypeNode.QUERY) return false
  return selectionSet.selections.some(
    (selection) => selection.kind !== Kind.FIELD || selection.name.value.startsWith('__'),
  )
}

function subscriptionFault() {
  return apiError('BAD_USER_INPUT', 'Subscriptions have many answers: send them over the WebSocket /graphql.')
}
