// Faults that the gateway itself answers with, as GraphQL errors. Mistakes in a command's input are not among them.

import type { RegionId } from '@causeway/schema/clock/origin'

export type FaultCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'COST_LIMIT'
  | 'REGION_UNAVAILABLE'
  | 'HOME_UNREACHABLE'
  | 'STALE_READ'
  | 'TIMEOUT'
  | 'BAD_USER_INPUT'
  | 'LIMIT_EXCEEDED'
  | 'INTERNAL'

export class GatewayFault extends Error {
  readonly code: FaultCode
  /** HTTP status; a well-formed operation is answered with 200 and the fault in the body. */
  readonly status: number
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: FaultCode, message: string, status = 200, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'GatewayFault'
    this.code = code
    this.status = status
    this.details = details
  }
}

export interface FaultAnswer {
  readonly errors: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[]
}

export function faultAnswer(fault: GatewayFault): FaultAnswer {
  return { errors: [{ message: fault.message, extensions: { code: fault.code, ...fault.details } }] }
}

export interface Tried {
  readonly region: RegionId
  readonly why: string
  /** Of a region that was not fresh enough: how far it knows the others. */
  readonly known?: unknown
}

/** No region could answer: which were tried, and why each could not. */
export function unavailable(tried: readonly Tried[], pinned: RegionId | undefined, note = ''): GatewayFault {
  const list = tried.map(({ region, why }) => `${region} ${why.replace(/\.$/, '')}`).join('; ')
  const message =
    pinned === undefined
      ? `No region could answer: ${list || 'none is known'}.${note}`
      : `The region ${pinned}, asked for by causeway-region, could not answer: ${list || 'it is not known here'}.${note}`
  return new GatewayFault('REGION_UNAVAILABLE', message, 200, { tried, retryable: true })
}

/** Regions answered, but none was as fresh as was asked for: why each was not, in its own words. Nothing was run. */
export function tooStale(tried: readonly Tried[]): GatewayFault {
  const words = tried.map(({ why }) => why).join(' ')
  const message = tried.length === 1 ? words : `No region could answer as fresh as was asked for. ${words}`
  return new GatewayFault('STALE_READ', message, 200, { tried, retryable: true })
}

/** A GraphQL error as a region said it. */
export interface SaidError {
  readonly message: string
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
}

/** True where a GraphQL error carries `code`. */
export function isFaultCode(error: Pick<SaidError, 'extensions'>, code: FaultCode): boolean {
  return error.extensions?.code === code
}
