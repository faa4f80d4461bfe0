// What devices ask of a region: the subscription that keeps a replica current, and direct changes of what its user owns.

import { encodeToken, TokenError } from '@causeway/schema/clock/causal-token'
import { mergeVectors } from '@causeway/schema/clock/version-vector'
import type { UserError } from '@causeway/schema/documents/command'
import { maximumUnits, type Unit, unitInput } from '@causeway/schema/documents/units/unit'
import { decodeCursor, type SyncCursor } from '@causeway/schema/sync/cursor'
import { type SyncMessage, syncVersion } from '@causeway/schema/sync/items'
import { readScopes, type ScopeRequest } from '@causeway/schema/sync/scope'
import { isPlaceIn } from '../../device-sync/scope-loader.ts'
import { type SyncEmission, syncDevice } from '../../device-sync/sync-stream.ts'
import type { UnitAnswer } from '../../device-sync/unit-desk.ts'
import type { RequestContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { closable } from '../live/stream.ts'

interface DeviceSyncArgs {
  readonly version: number
  readonly scopes: unknown
  readonly after?: string | null
}

export async function deviceChanges(
  { version, scopes: asked, after }: DeviceSyncArgs,
  context: RequestContext,
): Promise<AsyncIterableIterator<SyncEmission>> {
  const { region, ports, options } = context
  if (version !== syncVersion) {
    const message = `This region speaks version ${syncVersion} of the device sync, not ${version}: update the app, or the region.`
    throw apiError('UNSUPPORTED_VERSION', message, { known: [{ version: syncVersion }] })
  }
  const scopes = readScopes(asked)
  if (typeof scopes === 'string') throw apiError('BAD_USER_INPUT', scopes)
  refuseOthers(scopes, context)
  const cursor = after == null ? null : readCursor(after, scopes)
  if (cursor !== null && !(await region.reach(mergeVectors(cursor.seen, cursor.at), options.freshBy)))
    throw apiError(
      'STALE_READ',
      `${region.id} does not hold yet what this device has been shown. Ask again, or another region.`,
    )
  const sees = (owner: string | null) => context.sees(owner)
  return closable((signal) =>
    syncDevice({ region, timers: ports.timers, now: () => ports.clock.now(), scopes, sees, cursor, signal }),
  )
}

function refuseOthers(scopes: readonly ScopeRequest[], context: RequestContext): void {
  for (const { ordersOf, name } of scopes) {
    if (ordersOf !== undefined && !context.sees(ordersOf))
      throw apiError('FORBIDDEN', `Scope ${name}: orders of another customer are for staff and operators.`)
  }
}

function readCursor(text: string, scopes: readonly ScopeRequest[]): SyncCursor {
  try {
    const cursor = decodeCursor(text)
    const { loading } = cursor
    const scope = scopes.find(({ name }) => name === loading?.scope)
    if (loading !== null && scope !== undefined && !isPlaceIn(scope, loading))
      throw new TokenError(`it names no place in the load of scope ${scope.name}`)
    return cursor
  } catch (error) {
    if (error instanceof TokenError)
      throw apiError('BAD_USER_INPUT', `\`after\` is ${error.message}: begin without it.`)
    throw error
  }
}

interface ApplyUnitsArgs {
  readonly input: { readonly units: readonly unknown[] }
}

export async function applyUnits(_: unknown, { input }: ApplyUnitsArgs, context: RequestContext) {
  const { region, principal, options, ports } = context
  const parsed = parseUnits(input.units)
  if ('error' in parsed)
    return {
      results: [],
      causalToken: encodeToken(context.reflects),
      now: ports.clock.now(),
      userErrors: [parsed.error],
    }
  const { resent, deadlineAt } = options
  const { answers, token, nowMs } = await region.applyUnits({ units: parsed.units, principal, resent, deadlineAt })
  context.wrote(token)
  const results = parsed.units.map(({ id }, index) => ({ id, ...resultOf(answers[index]) }))
  return { results, causalToken: encodeToken(token), now: nowMs, userErrors: [] }
}

function parseUnits(given: readonly unknown[]): { readonly units: readonly Unit[] } | { readonly error: UserError } {
  if (given.length > maximumUnits) {
    const message = `Up to ${maximumUnits} units at once; these are ${given.length}.`
    return { error: { code: 'LIMIT_EXCEEDED', message, field: ['units'] } }
  }
  const units: Unit[] = []
  for (const [index, one] of given.entries()) {
    const unit = unitInput.safeParse(one)
    if (!unit.success) {
      const [issue] = unit.error.issues
      const field = ['units', String(index), ...(issue?.path ?? []).map(String)]
      return { error: { code: 'INVALID', message: issue?.message ?? 'This is no unit.', field } }
    }
    units.push(unit.data)
  }
  return { units }
}

function resultOf(answer: UnitAnswer | undefined) {
  if (answer === undefined || answer.status === 'pending') return { state: 'PENDING', code: null, message: null }
  if (answer.status === 'accepted') return { state: 'ACCEPTED', code: null, message: null }
  return { state: 'REFUSED', code: answer.refusal.code, message: answer.refusal.message }
}

export const deviceResolvers = {
  Mutation: { applyUnits },
  DeviceSync: { now: (message: SyncMessage) => message.nowMs },
}
