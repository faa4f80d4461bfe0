// Customers as every region holds them: an id, where their data lives, whether it was erased. Nothing personal: that
// is the contact's. Knows no order.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import { touchField } from '../conflicts/touches.ts'
import type { DocumentKind } from '../document.ts'
import { firstOf, latestTime, registersAt, valueAt } from '../register.ts'

export interface CustomerView {
  readonly id: string
  readonly homeRegion: RegionId
  readonly erased: boolean
  readonly createdAt: HybridTime
  readonly updatedAt: HybridTime
}

export const customerKind: DocumentKind<CustomerView> = {
  name: 'customer',
  maps: ['fields'],
  texts: [],
  factsOnly: false,
  home: false,
  touches: (_, key, value) => touchField(key, value, key === 'homeRegion' ? 'earliest-claim' : 'last-writer'),
  view(id, state) {
    // A home is claimed, not edited: of two regions that created the customer at once, the earlier keeps it.
    const home = firstOf(registersAt(state, 'fields', 'homeRegion'))
    if (home === undefined || typeof home.value !== 'string') return undefined
    return {
      id,
      homeRegion: home.value,
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
    aliases: [],
    searchText: [],
  }),
}
