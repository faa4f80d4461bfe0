// The wish to be answered by one region only: operators alone may have it. Pure.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { Principal } from '@causeway/schema/documents/command'
import { GatewayFault } from '../errors.ts'

/** Throws GatewayFault FORBIDDEN for callers who are no operators. */
export function pinnedRegion(header: unknown, principal: Principal): RegionId | undefined {
  if (typeof header !== 'string' || header.trim() === '') return undefined
  if (!principal.roles.includes('operator')) {
    throw new GatewayFault('FORBIDDEN', 'Only operators may choose the region by the header causeway-region.')
  }
  return header.trim()
}
