// Direct changes as an app writes them: a draft of the document, and what was done to it as patches of its registers. Pure.

import { cartKind } from '@causeway/schema/documents/cart/kind'
import { contactKind } from '@causeway/schema/documents/contact/kind'
import type { DocumentState } from '@causeway/schema/documents/document'
import type { Patch } from '@causeway/schema/documents/units/unit'
import type { Json } from '@causeway/schema/json'
import type { Address } from './replica/views.ts'

export interface CartDraft {
  customerId: string | null
  /** By SKU; what is deleted is removed. */
  lines: Record<string, { quantity: number }>
}

export interface ContactDraft {
  name: string | null
  email: string | null
  tags: string[]
  /** By id; what is deleted is removed. */
  addresses: Record<string, Omit<Address, 'id'>>
}

/** `owner`: of a cart that nobody has begun. */
export function changeCart(
  id: string,
  state: DocumentState | undefined,
  owner: string | null,
  edit: (draft: CartDraft) => void,
): readonly Patch[] {
  const view = state && cartKind.view(id, state)
  const before: CartDraft = {
    customerId: view?.customerId ?? null,
    lines: Object.fromEntries((view?.lines ?? []).map(({ sku, quantity }) => [sku, { quantity }])),
  }
  const after = structuredClone(before)
  if (view === undefined) after.customerId = owner
  edit(after)
  const lines = patchesOf('lines', before.lines, after.lines)
  const isNamed = after.customerId !== before.customerId || (view === undefined && lines.length > 0)
  return revised([...(isNamed ? [put('fields', 'customerId', after.customerId)] : []), ...lines])
}

export function changeContact(
  id: string,
  state: DocumentState | undefined,
  edit: (draft: ContactDraft) => void,
): readonly Patch[] {
  const view = state && contactKind.view(id, state)
  const before: ContactDraft = {
    name: view?.name ?? null,
    email: view?.email ?? null,
    tags: [...(view?.tags ?? [])],
    addresses: Object.fromEntries((view?.addresses ?? []).map(({ id: key, ...address }) => [key, address])),
  }
  const after = structuredClone(before)
  edit(after)
  const flags = (tags: readonly string[]) => Object.fromEntries(tags.map((tag) => [tag, true]))
  return revised([
    ...(after.name === before.name ? [] : [put('fields', 'name', after.name)]),
    ...(after.email === before.email ? [] : [put('fields', 'email', after.email)]),
    ...patchesOf('tags', flags(before.tags), flags(after.tags)),
    ...patchesOf('addresses', before.addresses, after.addresses),
  ])
}

function put(map: string, key: string, value: unknown): Patch {
  return { map, key, value: value as Json }
}

function patchesOf(
  map: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Patch[] {
  const patches: Patch[] = []
  for (const [key, value] of Object.entries(after))
    if (JSON.stringify(value) !== JSON.stringify(before[key])) patches.push(put(map, key, value))
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patches.push({ map, key, remove: true })
  return patches
}

/** A removal leaves no register behind: another one says when the document last changed. */
function revised(patches: readonly Patch[]): readonly Patch[] {
  return patches.some((patch) => 'remove' in patch) ? [...patches, put('fields', 'revised', null)] : patches
}
