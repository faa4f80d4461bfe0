// Whether what is personal of a followed customer can come in from where the sync comes from now: only a customer's home region has it. Pure.

import { customerKind } from '@causeway/schema/documents/customer/kind'
import type { ScopeRequest } from '@causeway/schema/sync/scope'
import type { Confirmed } from '../replica/confirmed.ts'
import type { SyncTrouble } from './sync.ts'

/** From one try to come by the home region to the next. */
export const homeAgainMs = 30_000

/** Null where nothing is amiss, or where nobody has yet said where a customer is at home. */
export function findUnreachableHome(scopes: readonly ScopeRequest[], confirmed: Confirmed): SyncTrouble | null {
  const { region } = confirmed.place
  if (region === null) return null
  for (const { customer: id } of scopes) {
    const content = id === undefined ? undefined : confirmed.get('customer', id)?.content
    const customer =
      content !== undefined && 'state' in content ? customerKind.view(id ?? '', content.state) : undefined
    if (customer === undefined || customer.erased || customer.homeRegion === region) continue
    const { homeRegion } = customer
    const message = `The home region ${homeRegion} of customer ${id} cannot be reached: what is personal is shown as it was last known here, or not at all.`
    return { code: 'HOME_UNREACHABLE', message }
  }
  return null
}
