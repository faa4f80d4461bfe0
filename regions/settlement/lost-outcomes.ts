// Which outcomes of an origin lost to others that it has come to know, so that it owes taking them back (I2). Pure.

import type { WriteSet } from '@causeway/db/store'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import { winningOutcome } from '@causeway/schema/stock/outcomes'

/** Commands whose effect no merge takes back by itself: their loser has to reverse it (I2). */
export function createsUnits(command: string): boolean {
  return command === 'receiveStock' || command === 'recordStockMovements'
}

/** I2: own accepted outcomes that a newly learned one beats. */
export function lostOutcomes(
  origin: string,
  known: readonly KnownOutcome[],
  learned: readonly KnownOutcome[],
): WriteSet['newObligations'] {
  const others = learned.filter((outcome) => outcome.origin !== origin)
  const keys = new Set(others.map(({ key }) => key))
  return [...keys].flatMap((key) => {
    const all = [...known, ...others].filter((outcome) => outcome.key === key)
    const own = all.find((outcome) => outcome.origin === origin && outcome.accepted)
    if (!own || winningOutcome(all) === own) return []
    return [{ subject: 'key' as const, id: key, item: '', waitsFor: null }]
  })
}
