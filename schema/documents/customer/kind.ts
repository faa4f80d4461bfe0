// Customers as every region holds them: an id, where their data lives, whether it was erased. Nothing personal: that
// is the contact's. Knows no order.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import { touchField } from '../conflicts/touches.ts'
import type { Alias, DocumentKind, DocumentState } from '../document.ts'
import { emailAlias } from '../ids.ts'
import { firstOf, lastOf, latestTime, registersAt, valueAt } from '../register.ts'

export interface CustomerView {
  readonly id: string
  readonly homeRegion: RegionId
  readonly erased: boolean
  /** The keyed hash of the email, and since when it is claimed: the email itself never leaves its home. */
  readonly emailClaim: EmailClaim | null
  readonly createdAt: HybridTime
  readonly updatedAt: HybridTime
}

export interface EmailClaim {
  readonly hash: string
  readonly time: HybridTime
  readonly region: RegionId
}

function readEmailClaim(state: DocumentState): EmailClaim | null {
  const claim = lastOf(registersAt(state, 'fields', 'emailClaim'))
  if (claim === undefined || typeof claim.value !== 'string') return null
  return { hash: claim.value, time: claim.time, region: claim.region }
}

function emailAliases(claim: EmailClaim | null): readonly Alias[] {
  return claim === null ? [] : [{ name: emailAlias(claim.hash), time: claim.time, region: claim.region }]
}

/** Whether anybody claims that what is personal of this customer lives in `region`, a claim that lost included. */
export function isHomeOf(state: DocumentState, region: RegionId): boolean {
  return registersAt(state, 'fields', 'homeRegion').some(({ value }) => value === region)
}

export const customerKind: DocumentKind<CustomerView> = {
  name: 'customer',
  maps: ['fields'],
  texts: [],
  factsOnly: false,
  named: true,
  home: false,
  touches(_, key, value) {
    // Written at home alone, and a hash: nobody would be told anything by it.
    if (key === 'emailClaim') return []
    return touchField(key, value, key === 'homeRegion' ? 'earliest-claim' : 'last-writer')
  },
  view(id, state) {
    // A home is claimed, not edited: of two regions that created the customer at once, the earlier keeps it.
    const home = firstOf(registersAt(state, 'fields', 'homeRegion'))
    if (home === undefined || typeof home.value !== 'string') return undefined
    return {
      id,
      homeRegion: home.value,
      emailClaim: readEmailClaim(state),
      erased: valueAt(state, 'fields', 'erased') === true,
      createdAt: home.time,
      updatedAt: latestTime(state),
    }
  },
  index: (customer) => ({
    sortKey: '',
    owner: customer.id,
    status: null,
    tags: [],
    aliases: emailAliases(customer.emailClaim),
    searchText: [],
  }),
}
