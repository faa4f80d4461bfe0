// Contacts: what is personal of a customer, under the customer's id, in the home region alone. Knows no order.

import type { HybridTime } from '../../clock/hybrid-clock.ts'
import type { Json } from '../../json.ts'
import { touchElement, touchField } from '../conflicts/touches.ts'
import type { DocumentKind, DocumentState } from '../document.ts'
import { compareText, latestTime, standingEntries, valueAt } from '../register.ts'

export interface AddressView {
  readonly id: string
  readonly lines: readonly string[]
  readonly city: string
  readonly postalCode: string
  readonly countryCode: string
}

export interface ContactView {
  readonly id: string
  readonly name: string | null
  readonly email: string | null
  /** Sorted. */
  readonly tags: readonly string[]
  /** By id. */
  readonly addresses: readonly AddressView[]
  readonly updatedAt: HybridTime
}

function readText(state: DocumentState, field: string): string | null {
  const value = valueAt(state, 'fields', field)
  return typeof value === 'string' ? value : null
}

function readAddress(id: string, value: Json): AddressView {
  const { lines, city, postalCode, countryCode } = value as unknown as Omit<AddressView, 'id'>
  return { id, lines, city, postalCode, countryCode }
}

export const contactKind: DocumentKind<ContactView> = {
  name: 'contact',
  maps: ['fields', 'tags', 'addresses'],
  texts: [],
  factsOnly: false,
  named: false,
  home: true,
  touches: (map, key, value) => (map === 'fields' ? touchField(key, value) : touchElement(map, key, value)),
  view(id, state) {
    if (Object.keys(state).length === 0) return undefined
    return {
      id,
      name: readText(state, 'name'),
      email: readText(state, 'email'),
      tags: Object.keys(state.tags ?? {}).sort(compareText),
      addresses: standingEntries(state, 'addresses').map(([key, { value }]) => readAddress(key, value)),
      updatedAt: latestTime(state),
    }
  },
  index: (contact) => ({
    sortKey: '',
    owner: contact.id,
    status: null,
    tags: contact.tags,
    aliases: [],
    searchText: [contact.name ?? '', contact.email ?? ''],
  }),
}
