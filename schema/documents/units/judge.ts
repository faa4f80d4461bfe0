// Whether a unit may be applied: who asks, what the document holds before and after. Pure; a region asks it with its
// documents, a device may ask it with its replica. What the bytes need (base, shape of the change) is encode.ts's.

import { fitsKind } from '../../validity/values.ts'
import { cartKind } from '../cart/kind.ts'
import type { Principal } from '../command.ts'
import { contactKind } from '../contact/kind.ts'
import { type CustomerView, customerKind } from '../customer/kind.ts'
import type { DocumentState } from '../document.ts'
import { idInUse, maximumListLength } from '../parsing.ts'
import { refuseUnlessOwner, refuseUnlessSelf } from '../principals.ts'
import type { Unit } from './unit.ts'

/**
 * `DEPENDS_REFUSED`: it stands on a unit that was refused. `BASE_UNKNOWN`: it stands on history that is no longer kept
 * as it was. After both the same patches may be sent as a new unit on what stands now. `TIME_AHEAD`: its time is later than
 * the region's: the device's clock is wrong; the same patches may be sent with the time that the answer gives.
 */
export type UnitRefusalCode =
  | 'INVALID'
  | 'FORBIDDEN'
  | 'LIMIT_EXCEEDED'
  | 'NOT_FOUND'
  | 'RESIDENCY_VIOLATION'
  | 'IDEMPOTENCY_CONFLICT'
  | 'COMMAND_EXPIRED'
  | 'DEPENDS_REFUSED'
  | 'BASE_UNKNOWN'
  | 'TIME_AHEAD'

export interface UnitRefusal {
  readonly code: UnitRefusalCode
  readonly message: string
}

/** After these the same patches are sent again under a new id; after every other the user's change is undone. */
export function isRebased(code: string): boolean {
  return code === 'DEPENDS_REFUSED' || code === 'BASE_UNKNOWN' || code === 'TIME_AHEAD'
}

export interface Standing {
  readonly before: DocumentState
  readonly after: DocumentState
  /** Kinds under which the id is known here. */
  readonly kinds: readonly string[]
  /** Of a contact, its customer as this region knows it. */
  readonly customer: CustomerView | undefined
  readonly here: string
}

/** Null where it may be applied. */
export function findUnitRefusal(principal: Principal, unit: Unit, standing: Standing): UnitRefusal | null {
  for (const patch of unit.patches) {
    if (!('remove' in patch) && !fitsKind(unit.kind, patch.map, patch.key, patch.value))
      return { code: 'INVALID', message: `A ${unit.kind} cannot hold this at ${patch.map}.${patch.key}.` }
  }
  return unit.kind === cartKind.name
    ? findCartRefusal(principal, unit, standing)
    : findContactRefusal(principal, unit, standing)
}

function findCartRefusal(principal: Principal, unit: Unit, standing: Standing): UnitRefusal | null {
  const [before, after] = [standing.before, standing.after].map((state) => cartKind.view(unit.documentId, state))
  if (after === undefined) return { code: 'INVALID', message: 'The cart would hold nothing at all.' }
  // A cart without a customer belongs to whoever knows its id: only one that names somebody is guarded.
  for (const owner of [before?.customerId ?? null, after.customerId]) {
    const error = owner === null ? null : refuseUnlessOwner(principal, owner)
    if (error !== null) return { code: 'FORBIDDEN', message: error.message }
  }
  const used = before === undefined ? standing.kinds.find((kind) => kind !== cartKind.name) : undefined
  if (used !== undefined) return { code: 'INVALID', message: idInUse(used) }
  if (after.lines.length > maximumListLength)
    return { code: 'LIMIT_EXCEEDED', message: `A cart holds up to ${maximumListLength} lines.` }
  return null
}

function findContactRefusal(principal: Principal, unit: Unit, standing: Standing): UnitRefusal | null {
  const error = refuseUnlessSelf(principal, unit.documentId)
  if (error !== null) return { code: 'FORBIDDEN', message: error.message }
  const { customer, here } = standing
  if (customer === undefined) return { code: 'NOT_FOUND', message: `There is no ${customerKind.name} of this id.` }
  if (customer.erased) return { code: 'INVALID', message: 'This customer was erased.' }
  if (customer.homeRegion !== here)
    return { code: 'RESIDENCY_VIOLATION', message: `The customer's home region is ${customer.homeRegion}.` }
  const contact = contactKind.view(unit.documentId, standing.after)
  if (contact !== undefined && contact.tags.length + contact.addresses.length > maximumListLength)
    return { code: 'LIMIT_EXCEEDED', message: `A contact holds up to ${maximumListLength} tags and addresses.` }
  return null
}
