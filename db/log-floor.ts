// What both stores say of a log whose beginning is gone: which questions can still be answered, and the error for those
// that cannot. Knows no store.

import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import { covers, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { LogFloor } from './history.ts'
import { comparePlaces } from './order.ts'
import { type LogPlace, StoreError } from './store.ts'

function dropped(floor: LogFloor): StoreError {
  const since = floor.place === null ? '' : `, of ${new Date(floor.place.time.wallMs).toISOString()} and before,`
  const message = `the log up to position ${floor.position}${since} is no longer kept here`
  return new StoreError('LOG_DROPPED', message, { retry: false })
}

export function assertPosition(floor: LogFloor, after: number): void {
  if (after < floor.position) throw dropped(floor)
}

export function assertVector(floor: LogFloor, vector: VersionVector): void {
  if (!covers(vector, floor.vector)) throw dropped(floor)
}

/** Null asks for the log from where it begins. */
export function assertPlace(floor: LogFloor, after: LogPlace | null): void {
  if (after !== null && floor.place !== null && compareTimes(after.time, floor.place.time) < 0) throw dropped(floor)
}

/** The later of two places: nothing that stands before the floor's is shown, so that a list begins at the same place everywhere. */
export function laterPlace(left: LogPlace | null, right: LogPlace | null): LogPlace | null {
  if (left === null || right === null) return left ?? right
  return comparePlaces(left, right) < 0 ? right : left
}

/** The floor once commits up to `position` are gone, too. */
export function raiseFloor(floor: LogFloor, position: number, through: VersionVector, last: LogPlace): LogFloor {
  return { position, vector: mergeVectors(floor.vector, through), place: laterPlace(floor.place, last) }
}
