// From what a transport received to a call: identifies the caller, reads the headers, sets the deadline.

import type { Principal } from '@causeway/schema/documents/command'
import type { Admission } from '../admission/auth.ts'
import { pinnedRegion } from '../admission/pin.ts'
import { type Call, travellingHeaders } from '../routing/call.ts'
import type { OperationText } from './body.ts'

export interface Door {
  readonly admission: Admission
  readonly deadlineMs: number
}

/** Headers by name in any case: from HTTP, or from the parameters that a WebSocket connection began with. */
export type GivenHeaders = Readonly<Record<string, unknown>>

export async function identify(door: Door, headers: GivenHeaders): Promise<Principal> {
  const authorization = travellingHeaders(headers).authorization
  return door.admission.identify(authorization)
}

/** Throws GatewayFault UNAUTHENTICATED or FORBIDDEN. `body` is sent on unchanged where it is given. */
export async function makeCall(
  door: Door,
  operation: OperationText,
  headers: GivenHeaders,
  signal: AbortSignal,
  body?: Buffer,
): Promise<Call> {
  const principal = await identify(door, headers)
  const { query, operationName, variables } = operation
  const pin = Object.entries(headers).find(([name]) => name.toLowerCase() === 'causeway-region')?.[1]
  return {
    query,
    operationName,
    variables,
    body: body ?? JSON.stringify({ query, operationName, variables }),
    principal,
    headers: travellingHeaders(headers),
    pinned: pinnedRegion(pin, principal),
    deadlineAt: Date.now() + door.deadlineMs,
    signal,
  }
}
