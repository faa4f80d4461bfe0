// Carts: what somebody may order. Everywhere. Holds no price and no stock.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import { touchElement, touchField } from '../conflicts/touches.ts'
import type { DocumentKind } from '../document.ts'
import { latestTime, standingEntries, valueAt } from '../register.ts'

export interface CartView {
  readonly id: string
  readonly customerId: string | null
  /** By SKU. */
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly updatedAt: HybridTime
}

export const cartKind: DocumentKind<CartView> = {
  name: 'cart',
  maps: ['fields', 'lines'],
  texts: [],
  factsOnly: false,
  named: false,
  home: false,
  touches: (map, key, value) => (map === 'fields' ? touchField(key, value) : touchElement(map, key, value)),
  view(id, state) {
    if (Object.keys(state).length === 0) return undefined
    const customerId = valueAt(state, 'fields', 'customerId')
    return {
      id,
      customerId: typeof customerId === 'string' ? customerId : null,
      lines: standingEntries(state, 'lines').map(([sku, { value }]) => ({
        sku,
        quantity: (value as { readonly quantity: number }).quantity,
      })),
      updatedAt: latestTime(state),
    }
  },
  index: (cart) => ({
    sortKey: '',
    owner: cart.customerId,
    status: null,
    tags: [],
    aliases: [],
    searchText: [],
  }),
}
