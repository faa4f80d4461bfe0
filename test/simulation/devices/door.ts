// What a node's GraphQL endpoint does with what a device asks: the commands of its outbox and its units, by the very resolvers and
// commands, only that the operation is known by its name instead of being parsed. Knows no device.

import { StoreError } from '@causeway/db/store'
import { openContext, type RequestContext } from '@causeway/regions/graphql/context'
import { apiError, publicError } from '@causeway/regions/graphql/errors'
import { runCommand } from '@causeway/regions/graphql/mutate'
import { readRequest } from '@causeway/regions/graphql/request'
import { applyUnits } from '@causeway/regions/graphql/resolvers/device'
import type { Ports } from '@causeway/regions/ports'
import type { Region } from '@causeway/regions/region'
import { encodeToken } from '@causeway/schema/clock/causal-token'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import type { JsonObject } from '@causeway/schema/json'
import { GraphQLError } from 'graphql'
import { commandNamed } from '../callers/catalogue.ts'
import { type DoorRequest, principal, type Reply } from '../callers/door.ts'

export interface DeviceOperation {
  readonly query: string
  readonly variables?: { readonly input?: JsonObject & { readonly idempotencyKey?: string } }
}

export async function contextOf(
  region: Region,
  ports: Ports,
  headers: DoorRequest['headers'],
): Promise<RequestContext> {
  const unready = region.unready()
  if (unready !== null) throw apiError('REGION_UNAVAILABLE', unready)
  const options = readRequest((name) => headers[name], region, ports.clock.now())
  return await openContext({ region, ports, principal, options, onCommand: () => {}, onRead: () => {} })
}

/** As a GraphQL error is told; `report` hears of what is no caller's business, unless the database was at fault. */
export function toldError(error: unknown, report: (fault: unknown) => void) {
  const formatted = error instanceof GraphQLError ? error.toJSON() : { message: String(error) }
  return publicError({ ...formatted, path: ['simulation'] }, error, (fault) => {
    if (!(fault instanceof StoreError)) report(fault)
  })
}

/** The payload is the reply's `result`. */
export async function answerDevice(
  region: Region,
  ports: Ports,
  { body, headers }: DoorRequest,
  report: (fault: unknown) => void,
): Promise<Reply> {
  try {
    const context = await contextOf(region, ports, headers)
    const payload = await payloadOf(JSON.parse(body) as DeviceOperation, context)
    return { data: { result: payload, token: String(payload.causalToken ?? encodeToken(context.reflects)) } }
  } catch (error) {
    return { data: null, errors: [toldError(error, report)] }
  }
}

/** Which mutation it is; undefined for the probe. */
export function mutationIn({ query }: DeviceOperation): string | undefined {
  return /\{\s*(\w+)\(input/.exec(query)?.[1]
}

async function payloadOf(operation: DeviceOperation, context: RequestContext): Promise<JsonObject> {
  const name = mutationIn(operation)
  const input = operation.variables?.input ?? {}
  if (name === undefined) return {}
  if (name === 'applyUnits') {
    const units = Array.isArray(input.units) ? input.units : []
    const { now, ...answer } = await applyUnits(undefined, { input: { units } }, context)
    return json({ ...answer, now: new Date(now).toISOString() })
  }
  const { result, answer } = await runCommand(commandNamed(name), input, input.idempotencyKey ?? null, context)
  return json({ ...answer, durability: null, ...(name === 'leaseStock' && { lease: await leaseOf(result, context) }) })
}

async function leaseOf(result: JsonObject | null, context: RequestContext): Promise<object | null> {
  const view = result === null ? undefined : await context.loaders.document(leaseKind, String(result.id))
  if (view === undefined) return null
  const { id, sku, quantity, opensAt, expiresAt } = view
  return { id, sku, quantity, opensAt: new Date(opensAt).toISOString(), expiresAt: new Date(expiresAt).toISOString() }
}

function json(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject
}
