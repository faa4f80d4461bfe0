// Which outcomes of an origin, or of those that it has taken over, lost to others that it has come to know, so that it owes
// taking them back (I2). Pure.

import type { WriteSet } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import { winningOutcome } from '@causeway/schema/stock/outcomes'

/** Commands whose effect no merge takes back by itself: their loser has to reverse it (I2). */
export const unitCommands: readonly string[] = ['receiveStock', 'recordStockMovements']

export function createsUnits(command: string): boolean {
  return unitCommands.includes(command)
}

/** I2: accepted outcomes of the first of `owners`, who applies, and of the others, that a newly learned one beats. */
export function lostOutcomes(
  owners: readonly Origin[],
  known: readonly KnownOutcome[],
  learned: readonly KnownOutcome[],
): WriteSet['newObligations'] {
  const [self] = owners
  const others = learned.filter(({ origin }) => origin !== self)
  const keys = new Set(others.map(({ key }) => key))
  return [...keys].flatMap((key) => {
    const all = [...known, ...others].filter((outcome) => outcome.key === key)
    const standing = winningOutcome(all)
    return owners.flatMap((owner) => {
      const lost = all.find(({ origin, accepted }) => origin === owner && accepted)
      if (lost === undefined || lost === standing) return []
      return [{ subject: 'key' as const, id: key, item: owner === self ? '' : owner, waitsFor: null }]
    })
  })
}
