// From what a transport received to a call: identifies the caller, reads the headers, sets the deadline.

import type { Principal } from '@causeway/schema/documents/command'
import { maximumNesting } from '@causeway/schema/sdl/document-bounds'
import type { Admission } from '../admission/auth.ts'
import { pinnedRegion } from '../admission/pin.ts'
import { GatewayFault } from '../errors.ts'
import { type Call, travellingHeaders } from '../routing/call.ts'
import { deadlineMsOf } from '../routing/patience.ts'
import type { OperationText } from './body.ts'

export interface Door {
  readonly admission: Admission
  /** Of callers who say none. */
  readonly deadlineMs: number
}

/** Headers by name in any case: from HTTP, or from the parameters that a WebSocket connection began with. */
export type GivenHeaders = Readonly<Record<string, unknown>>

export async function identify(door: Door, headers: GivenHeaders): Promise<Principal> {
  const authorization = travellingHeaders(headers).authorization
  return door.admission.identify(authorization)
}

/** Throws GatewayFault UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT or COST_LIMIT. `body` is sent on unchanged where it is given. */
export async function makeCall(
  door: Door,
  operation: OperationText,
  headers: GivenHeaders,
  signal: AbortSignal,
  body?: Buffer,
): Promise<Call> {
  const principal = await identify(door, headers)
  const { query, operationName, variables } = operation
  return {
    query,
    operationName,
    variables,
    body: body ?? bodyOf(operation),
    principal,
    headers: travellingHeaders(headers),
    pinned: pinnedRegion(given(headers, 'causeway-region'), principal),
    deadlineAt: Date.now() + deadlineMsOf(given(headers, 'causeway-deadline'), door.deadlineMs),
    signal,
  }
}

/** What came over HTTP travels on as it is; of what came otherwise JSON is made, which walks down all of it. */
function bodyOf({ query, operationName, variables }: OperationText): string {
  if (nestsDeeper(variables, maximumNesting)) {
    const message = `The variables nest more than ${maximumNesting} levels deep, which is the limit.`
    throw new GatewayFault('COST_LIMIT', message)
  }
  return JSON.stringify({ query, operationName, variables })
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => nestsDeeper(member, levels - 1))
}

function given(headers: GivenHeaders, wanted: string): unknown {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1]
}
