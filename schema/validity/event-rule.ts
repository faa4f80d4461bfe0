// The events of a commit: of a known type, about something that can have a name, with data that state can be made of.
// Knows no document and no stock row.

import { regionOf } from '../clock/origin.ts'
import { CodecError } from '../commit/bytes.ts'
import type { Commit, CommitEvent, PlacementClass } from '../commit/commit.ts'
import { lostClaimEvent } from '../documents/claims/lost-claim.ts'
import { folding } from '../documents/folding/mark.ts'
import { leasesInheritedEvent } from '../documents/lease/inherit.ts'
import { lateSaleEvent } from '../documents/lease/record.ts'
import { inheritedEvent } from '../documents/order/inherit.ts'
import { factKindOf, kindOf } from '../documents/registry.ts'
import { readUnitEvent, unitApplied } from '../documents/units/unit.ts'
import type { Operators } from '../fence/order.ts'
import { acknowledgedEvent } from '../stock/acknowledge.ts'
import { keysInheritedEvent } from '../stock/inherit-keys.ts'
import type { LeaseCheck } from '../stock/lease/entry.ts'
import { findClaimFlaw } from './claim-rule.ts'
import { fenceTypes, findFenceFlaw } from './fence-rule.ts'
import { type Flaw, flaw, isHash, isListOf, isText } from './flaw.ts'
import { findLeaseFlaw } from './lease-facts.ts'
import { findFactFlaw } from './order-facts.ts'

/** What events are checked with beside their commit. */
export interface EventCheck extends LeaseCheck {
  readonly operators: Operators | null
}

/**
 * Types of which no state is made: what their data are is told as it is, and unreadable data as none. Judging them would
 * parse every stock movement in every region. A type that is neither here nor below comes with another rule version.
 */
const plainTypes: ReadonlySet<string> = new Set([
  acknowledgedEvent,
  'command.accepted',
  'command.refused',
  'cart.updated',
  'contact.updated',
  'customer.created',
  inheritedEvent,
  keysInheritedEvent,
  leasesInheritedEvent,
  'product.created',
  'product.updated',
  'stock.credited',
  'stock.given',
  'stock.moved',
  'stock.received',
  'stock.reversed',
  lateSaleEvent,
])
const orderPrefix = 'order.'
const leasePrefix = 'lease.'

/** What every region sees of the events: type and subject of all, data of those that go everywhere. */
export function findEventFlaw(commit: Commit, check: EventCheck): Flaw | null {
  const named = new Set<string>()
  for (const event of commit.events) {
    const { type, entityId, placement } = event
    if (!named.has(entityId) && !isText(entityId, 1_024))
      return flaw('C7', `an event ${type.slice(0, 80)} is about nothing that has a name`)
    named.add(entityId)
    const found = placement === 'everywhere' ? findDataFlaw(event, commit, check) : findTypeFlaw(event)
    if (found !== null) return found
  }
  return null
}

/** The data of the events in a section that only some regions hold. */
export function findHomeDataFlaw(commit: Commit, section: PlacementClass, check: EventCheck): Flaw | null {
  for (const event of commit.events) {
    const found = event.placement === section ? findDataFlaw(event, commit, check) : null
    if (found !== null) return found
  }
  return null
}

function findTypeFlaw({ type }: CommitEvent): Flaw | null {
  if (factKindOf(type) !== undefined) return flaw('C12', `a fact ${type.slice(0, 80)} is kept from other regions`)
  if (fenceTypes.has(type)) return flaw('C12', 'what fences a region is kept from others')
  if (type === lostClaimEvent) return null
  return type === folding || type === unitApplied || plainTypes.has(type)
    ? null
    : flaw('C7', `there is no event ${type.slice(0, 80)}`)
}

function findDataFlaw(event: CommitEvent, commit: Commit, check: EventCheck): Flaw | null {
  const { type } = event
  const { origin } = commit
  if (plainTypes.has(type)) return null
  try {
    const { data } = event
    if (type.startsWith(orderPrefix)) {
      const reason = findFactFlaw(type.slice(orderPrefix.length), data, origin)
      return reason === null ? null : flaw('C7', reason)
    }
    if (type === lostClaimEvent) {
      const reason = findClaimFlaw(event, regionOf(origin))
      return reason === null ? null : flaw('M1', reason)
    }
    if (type.startsWith(leasePrefix)) {
      const reason = findLeaseFlaw(type.slice(leasePrefix.length), data, event.entityId, origin, check)
      return reason === null ? null : flaw('S6', reason)
    }
    if (type === folding) {
      const kind = typeof data.kind === 'string' ? kindOf(data.kind) : undefined
      const isFold = kind !== undefined && !kind.factsOnly && isListOf(data.heads, 10_000, isHash)
      return isFold ? null : flaw('C11', 'a fold names no kind that folds, or no heads')
    }
    if (type === unitApplied) return readUnitEvent(event) === null ? flaw('R7', 'a unit is told of wrongly') : null
    if (fenceTypes.has(type)) {
      const reason = findFenceFlaw(event, commit, check.operators)
      return reason === null ? null : flaw('S7', reason)
    }
    return findTypeFlaw(event)
  } catch (error) {
    if (error instanceof CodecError) return flaw('C7', `the data of an event ${type}: ${error.message}`)
    throw error
  }
}
