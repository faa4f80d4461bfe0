// Who may do what. Every command asks here before it looks at anything else of the caller's.

import type { Principal, Role, UserError } from './command.ts'

function hasRole(principal: Principal, ...roles: readonly Role[]): boolean {
  return roles.some((role) => principal.roles.includes(role))
}

/** Staff and operators may do everything. */
export function isStaff(principal: Principal): boolean {
  return hasRole(principal, 'staff', 'operator')
}

/** Products and stock are for staff and operators. */
export function refuseUnlessStaff(principal: Principal): UserError | null {
  if (isStaff(principal)) return null
  return { code: 'FORBIDDEN', message: 'This needs the role staff or operator.' }
}

/**
 * Orders and carts: staff and devices (tills) for any customer, customers for themselves. Null as the owner means
 * that it belongs to nobody.
 */
export function refuseUnlessOwner(principal: Principal, owner: string | null): UserError | null {
  if (isStaff(principal) || hasRole(principal, 'device')) return null
  if (hasRole(principal, 'customer') && owner === principal.subject) return null
  return { code: 'FORBIDDEN', message: 'Customers may do this only for themselves: give your own customer id.' }
}

/** Who has returned goods before them, and says what becomes of these: staff, and tills. */
export function takesGoodsIn(principal: Principal): boolean {
  return isStaff(principal) || hasRole(principal, 'device')
}

/** A customer's own data: staff, and the customer. */
export function refuseUnlessSelf(principal: Principal, customerId: string): UserError | null {
  if (isStaff(principal) || (hasRole(principal, 'customer') && customerId === principal.subject)) return null
  return { code: 'FORBIDDEN', message: 'Customers may read and change only their own data.' }
}
