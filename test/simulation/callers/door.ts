// The front door of a simulated node: what its GraphQL endpoint does with one operation, with the very code that reads
// headers, runs commands, waits for tokens and names faults, only that the operation comes parsed. Knows no shopper.

import { StoreError } from '@causeway/db/store'
import { openContext, type RequestContext } from '@causeway/regions/graphql/context'
import { apiError, publicError } from '@causeway/regions/graphql/errors'
import { runCommand } from '@causeway/regions/graphql/mutate'
import { readRequest } from '@causeway/regions/graphql/request'
import type { Ports } from '@causeway/regions/ports'
import type { Region } from '@causeway/regions/region'
import { encodeToken } from '@causeway/schema/clock/causal-token'
import type { CommandDefinition, Principal, UserError } from '@causeway/schema/documents/command'
import { itemOf } from '@causeway/schema/documents/order/facts'
import { orderKind } from '@causeway/schema/documents/order/kind'
import type { JsonObject } from '@causeway/schema/json'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { commandNamed } from './catalogue.ts'

/** A command by its name, or the order to be read. */
export type Operation = { readonly command: string; readonly input: JsonObject } | { readonly order: string }

/** What a session can compare: every fact that the order shows, by whom it was written. */
export interface OrderReading {
  readonly facts: readonly string[]
  readonly status: string
  readonly cancelled: boolean
}

export interface Reply {
  readonly data: {
    readonly result?: JsonObject | null
    readonly userErrors?: readonly UserError[]
    readonly order?: OrderReading | null
    readonly token: string
  } | null
  readonly errors?: readonly GraphQLFormattedError[]
}

export interface DoorRequest {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export const principal: Principal = { subject: 'simulation', roles: ['operator'], region: null }

/** `report` hears of faults that are no caller's business: a defect, unless the database was at fault. */
export async function answerAtDoor(
  region: Region,
  ports: Ports,
  { body, headers }: DoorRequest,
  report: (fault: unknown) => void,
): Promise<Reply> {
  try {
    const unready = region.unready()
    if (unready !== null) throw apiError('REGION_UNAVAILABLE', unready)
    const options = readRequest((name) => headers[name], region, ports.clock.now())
    const context = await openContext({ region, ports, principal, options, onCommand: () => {}, onRead: () => {} })
    const tell = await context.settling(() => answer(JSON.parse(body) as Operation, context))
    return { data: tell(encodeToken(context.reflects)) }
  } catch (error) {
    const formatted = error instanceof GraphQLError ? error.toJSON() : { message: String(error) }
    const defect = (fault: unknown) => {
      if (!(fault instanceof StoreError)) report(fault)
    }
    return { data: null, errors: [publicError({ ...formatted, path: ['simulation'] }, error, defect)] }
  }
}

type Data = NonNullable<Reply['data']>

/** What tells the answer once it is known how much of the log it reflects. */
async function answer(operation: Operation, context: RequestContext): Promise<(token: string) => Data> {
  if ('order' in operation) {
    const order = await context.loaders.document(orderKind, operation.order)
    const reading = order && {
      facts: order.facts.map(({ fact }) => itemOf(fact)),
      status: order.status,
      cancelled: order.cancelled,
    }
    return (token) => ({ order: reading ?? null, token })
  }
  const command: CommandDefinition<unknown> = commandNamed(operation.command)
  const key = context.options.idempotencyKey
  const { result, answer: told } = await runCommand(command, operation.input, key, context)
  return () => ({ result, userErrors: told.userErrors, token: told.causalToken })
}
