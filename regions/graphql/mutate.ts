// Runs commands for mutations: which key, which deadline, how an answer becomes a payload, and the wait for other
// regions where the caller asked for it.

import { encodeToken } from '@causeway/schema/clock/causal-token'
import { mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommandDefinition, UserError } from '@causeway/schema/documents/command'
import type { JsonObject } from '@causeway/schema/json'
import type { GraphQLResolveInfo } from 'graphql'
import type { ChangedDocuments } from '../committer/pending.ts'
import type { DurabilityReport } from '../region.ts'
import type { RequestContext } from './context.ts'
import { apiError } from './errors.ts'
import { type DurabilityWish, defaultDurabilityWaitMs } from './request.ts'

/** What every payload ends with; `durability` is a function, so that who does not select it still waits for it. */
export interface Answer {
  readonly durability: DurabilityReport | null
  readonly causalToken: string
  readonly userErrors: readonly UserError[]
}

export type Ran =
  | {
      readonly result: JsonObject
      readonly token: VersionVector
      readonly answer: Answer
      readonly changed: ChangedDocuments
    }
  | { readonly result: null; readonly token: VersionVector; readonly answer: Answer }

interface Keyed {
  readonly idempotencyKey?: string | null
}

/** Time kept back from the deadline for the answer itself. */
const answerReserveMs = 250

/** The key of a mutation: the input's own, else the header's, told apart where one request holds several mutations. */
export function keyOf(input: Keyed, context: RequestContext, info: GraphQLResolveInfo): string | null {
  if (typeof input.idempotencyKey === 'string') return input.idempotencyKey
  const header = context.options.idempotencyKey
  if (header === null) return null
  const [only, ...others] = info.operation.selectionSet.selections
  return only?.kind === 'Field' && others.length === 0 ? header : `${header}/${info.path.key}`
}

/** Runs one command and waits for as many regions as were asked for. Throws OUTCOME_PENDING where no answer is final. */
export async function runCommand<Input>(
  command: CommandDefinition<Input>,
  input: object,
  key: string | null,
  context: RequestContext,
  wish: DurabilityWish | null = context.options.durability,
): Promise<Ran> {
  const { region, ports, principal, options } = context
  const { idempotencyKey: _key, durability: _durability, ...bare } = input as Keyed & { durability?: number }
  const call = {
    principal,
    ...(key !== null && { idempotencyKey: key }),
    resent: options.resent,
    deadlineAt: options.deadlineAt,
  }
  const startedAt = ports.clock.now()
  const count = (outcome: string) => context.onCommand(command.name, outcome, ports.clock.now() - startedAt)
  context.leaveView()
  const answer = await region.execute(command, bare as Input, call).catch((error: unknown) => {
    count('failed')
    throw error
  })
  count(answer.status)
  context.wrote(answer.token)
  switch (answer.status) {
    case 'pending':
      throw apiError(
        'OUTCOME_PENDING',
        'Whether this command took effect in another region is not known yet. Ask again with the same idempotency key.',
      )
    case 'refused':
      return {
        result: null,
        token: answer.token,
        answer: { durability: null, causalToken: encodeToken(answer.token), userErrors: answer.errors },
      }
    case 'accepted': {
      const durability = await waitForRegions(answer.token, wish, context)
      const ran = { durability, causalToken: encodeToken(answer.token), userErrors: [] }
      return { result: answer.result, token: answer.token, answer: ran, changed: answer.changed }
    }
  }
}

async function waitForRegions(
  token: VersionVector,
  wish: DurabilityWish | null,
  { region, ports, options }: RequestContext,
): Promise<DurabilityReport | null> {
  if (wish === null) return null
  if (wish.count <= 1) return { requested: wish.count, reached: 1, timedOut: false }
  const waitUntil = Math.min(ports.clock.now() + wish.waitMs, options.deadlineAt - answerReserveMs)
  return await region.durability(token, wish.count, waitUntil)
}

/** The durability that an input asks for, which wins over the header's; a wrong one is a user error. */
export function inputDurability(
  durability: number | null | undefined,
  context: RequestContext,
): { readonly wish: DurabilityWish | null } | { readonly error: UserError } {
  const { members } = context.region
  if (durability === null || durability === undefined) return { wish: context.options.durability }
  if (durability < 1 || durability > members.length) {
    const message = `Durability is 1 to ${members.length}, the number of regions; not ${durability}.`
    return { error: { code: 'INVALID', message, field: ['durability'] } }
  }
  // The default of the schema says nothing of what the caller wants, so the header still counts.
  if (durability === 1) return { wish: context.options.durability ?? { count: 1, waitMs: 0 } }
  return { wish: { count: durability, waitMs: context.options.durability?.waitMs ?? defaultDurabilityWaitMs } }
}

/** The answer to a call that was refused before any command ran. Nothing was written. */
export function refusedAnswer(error: UserError, context: RequestContext): Answer {
  return { durability: null, causalToken: encodeToken(context.reflects), userErrors: [error] }
}

/** A list that is longer than `maximum`, as a user error. */
export function tooMany(items: readonly unknown[], maximum: number, field: string): UserError | null {
  if (items.length <= maximum) return null
  return { code: 'LIMIT_EXCEEDED', message: `Up to ${maximum} at once; these are ${items.length}.`, field: [field] }
}

/** The key of one item of a bulk call. */
export function itemKey(item: Keyed, key: string | null, index: number): string | null {
  return item.idempotencyKey ?? (key === null ? null : `${key}#${index}`)
}

/** The answer to a bulk call: covers every item. */
export function bulkAnswer(ran: readonly Ran[], context: RequestContext): Answer {
  const token = ran.reduce((all, { token: own }) => mergeVectors(all, own), context.reflects)
  const reports = ran.flatMap(({ answer }) => answer.durability ?? [])
  const least = reports.reduce<DurabilityReport | null>(
    (worst, one) => (worst === null || one.reached < worst.reached ? one : worst),
    null,
  )
  return { durability: least, causalToken: encodeToken(token), userErrors: [] }
}
