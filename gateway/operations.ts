// What the gateway does with one operation, whatever carried it: reads its shape, chooses its way, brings the answer.
// Knows nothing of HTTP or WebSocket.

import type { Readable } from 'node:stream'
import type { RegionId } from '@causeway/schema/clock/origin'
import { maximumDepth, tooDeep } from '@causeway/schema/sdl/document-bounds'
import type { ExecutionResult } from 'graphql'
import { faultAnswer, GatewayFault } from './errors.ts'
import type { Metrics } from './metrics.ts'
import { type Call, keyed } from './routing/call.ts'
import { Recent } from './routing/recent.ts'
import { followedContact, inputText, isKeyedByNature, type Route, routeOf } from './routing/route.ts'
import { readShape, type Shape } from './routing/shape.ts'
import { followSubscription } from './subscriptions/follow.ts'
import type { RegionSockets } from './subscriptions/sockets.ts'
import type { Regions } from './supergraph/executors.ts'
import { findHome, homeUnreachable } from './supergraph/homes.ts'
import type { Planner } from './supergraph/planner.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly head: Buffer
  /** What follows `head`, where the answer is long. */
  readonly rest: Readable | null
}

const shapesKept = 2_000
/** Longer texts are read anew each time, so that the kept ones bound the memory. */
const keptTextLength = 32_768

export interface OperationsOptions {
  readonly regions: Regions
  readonly planner: Planner
  readonly sockets: RegionSockets
  readonly metrics: Metrics
}

export class Operations {
  readonly #options: OperationsOptions
  readonly #shapes = new Recent<{ readonly shape: Shape | null }>(shapesKept)

  constructor(options: OperationsOptions) {
    this.#options = options
  }

  /** Null where the text is no operation of that name. Throws GatewayFault COST_LIMIT. */
  shape(query: string, operationName: string | undefined): Shape | null {
    const key = `${operationName ?? ''}\n${query}`
    const kept = this.#shapes.get(key)
    if (kept !== undefined) return kept.shape
    const { schema, placements } = this.#options.planner
    const shape = readShape(query, operationName, schema, placements)
    if (query.length <= keptTextLength) this.#shapes.set(key, { shape })
    return shape
  }

  /** Queries and mutations; never throws for what the caller or a region did. */
  async answer(call: Call): Promise<Answer> {
    const startedAt = performance.now()
    let way: Route['kind'] | 'refused' = 'refused'
    try {
      const shape = this.shape(call.query, call.operationName)
      const route = this.#admit(shape, call)
      way = route.kind
      const answer = await this.#take(call, shape, route)
      this.#options.metrics.answered(way, 'answered', performance.now() - startedAt)
      return answer
    } catch (error) {
      const fault = toFault(error)
      this.#options.metrics.answered(way, fault.code, performance.now() - startedAt)
      return jsonAnswer(fault.status, faultAnswer(fault), {})
    }
  }

  /** The messages of a subscription, until it ends or `call.signal` aborts. */
  subscribe(call: Call, shape: Shape): AsyncIterable<ExecutionResult> {
    const { planner, regions, sockets, metrics } = this.#options
    const route = this.#admit(shape, call)
    if (route.kind !== 'followed') return planner.subscribe(call, shape)
    return followSubscription(call, shape, {
      fleet: regions.fleet,
      sockets,
      canResume: this.canResume(shape),
      prefer: () => this.#homeOf(followedContact(shape.rootFields[0], call.variables), call),
      onMove: (region) => metrics.moved(region),
    })
  }

  /** Only there is what is personal. */
  async #homeOf(customer: string | undefined, call: Call): Promise<RegionId | null> {
    if (customer === undefined || call.pinned !== undefined) return null
    // Where nobody can say it, any region feeds the rest.
    return await findHome(this.#options.regions, { id: customer, homeRegion: undefined }, call).catch(() => null)
  }

  canResume(shape: Shape): boolean {
    const field = shape.rootFields[0]?.name.value ?? ''
    const definition = this.#options.planner.schema.getSubscriptionType()?.getFields()[field]
    return definition?.args.some((argument) => argument.name === 'after') ?? false
  }

  #admit(shape: Shape | null, call: Call): Route {
    if (shape !== null && shape.depth > maximumDepth) throw new GatewayFault('COST_LIMIT', tooDeep(shape.depth))
    const route = routeOf(shape, call.variables, call.pinned !== undefined)
    if (shape?.type === 'subscription' && call.pinned !== undefined) this.#knownRegion(call.pinned)
    return route
  }

  /** A region that is to be retired has no say in it. */
  #orderFor(call: Call, shape: Shape | null): readonly RegionId[] {
    const order = this.#options.regions.fleet.order(call.pinned)
    if (shape === null || call.pinned !== undefined) return order
    const leaving = shape.rootFields.flatMap((field) =>
      field.name.value === 'retireRegion' ? (inputText(field, 'region', call.variables) ?? []) : [],
    )
    return order.filter((region) => !leaving.includes(region))
  }

  #knownRegion(region: RegionId): void {
    const { fleet } = this.#options.regions
    const found = fleet.get(region)
    if (found?.health.state === 'RETIRED') {
      const message = `Header causeway-region names ${region}, which is retired: it has left the cluster, and answers nobody.`
      throw new GatewayFault('REGION_UNAVAILABLE', message, 200, { retryable: false })
    }
    if (found !== undefined) return
    const known = fleet.ids().join(', ')
    const message = `Header causeway-region names ${region}, which is no region here: there are ${known}.`
    throw new GatewayFault('REGION_UNAVAILABLE', message, 200, { retryable: false })
  }

  async #take(call: Call, shape: Shape | null, route: Route): Promise<Answer> {
    if (call.pinned !== undefined) this.#knownRegion(call.pinned)
    switch (route.kind) {
      case 'whole':
        return this.#whole(call, shape, this.#orderFor(call, shape))
      case 'home': {
        const home = await findHome(this.#options.regions, route.customer, call)
        if (home === null) return this.#whole(call, shape, this.#options.regions.fleet.order(undefined))
        try {
          return await this.#whole(call, shape, [home])
        } catch (error) {
          if (!(error instanceof GatewayFault) || error.code !== 'REGION_UNAVAILABLE') throw error
          throw homeUnreachable(home, error.message)
        }
      }
      case 'planned':
        return this.#planned(call, shape)
      case 'followed':
        throw new GatewayFault(
          'BAD_USER_INPUT',
          'Subscriptions travel over WebSocket (graphql-transport-ws) or as text/event-stream.',
          400,
        )
      default:
        return route satisfies never
    }
  }

  async #whole(call: Call, shape: Shape | null, order: readonly RegionId[]): Promise<Answer> {
    const isMutation = shape?.type === 'mutation'
    const needsKey = isMutation && shape !== null && !isKeyedByNature(shape)
    return this.#options.regions.forwarder.forward({
      body: call.body,
      headers: needsKey ? keyed(call.headers) : call.headers,
      order,
      pinned: call.pinned,
      safe: true,
      deadlineAt: call.deadlineAt,
      signal: call.signal,
    })
  }

  async #planned(call: Call, shape: Shape | null): Promise<Answer> {
    // The key is made once here: two parts of one mutation, and their retries, derive theirs from it.
    const planned = shape?.type === 'mutation' ? { ...call, headers: keyed(call.headers) } : call
    const { status, result, parts } = await this.#options.planner.execute(planned, shape)
    const region = parts.regions()
    const token = parts.token()
    return jsonAnswer(status, result, {
      ...(region === undefined ? {} : { 'causeway-region': region }),
      ...(token === undefined ? {} : { 'causeway-token': token }),
    })
  }
}

export function jsonAnswer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Answer {
  const head = Buffer.from(JSON.stringify(body))
  return { status, headers: { ...headers, 'content-type': 'application/json; charset=utf-8' }, head, rest: null }
}

export function toFault(error: unknown): GatewayFault {
  if (error instanceof GatewayFault) return error
  return new GatewayFault('INTERNAL', error instanceof Error ? error.message : 'Something broke in the gateway.', 500)
}
