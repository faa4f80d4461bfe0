// Which outcomes of an origin, or of those that it has taken over, lost to others that it has come to know, so that it owes
// taking them back (I2). Pure.

import type { WriteSet } from '@causeway/db/store'
import { type Origin, regionOf } from '@causeway/schema/clock/origin'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { isSameCommand, winningOutcome } from '@causeway/schema/stock/outcomes'

/** Commands whose effect no merge takes back by itself: their loser has to reverse it (I2). */
const unitCommands: readonly string[] = ['receiveStock', 'recordStockMovements']
/** Those of which a loser may have to be reversed. */
export const commandsToTakeBack: readonly string[] = [...unitCommands, placeOrder.name]

/** Of these a region has to know whether it has answered the same key: a refusal beats nothing, and a key of our own has one answer. */
export function mayBeat({ key, accepted }: Pick<KnownOutcome, 'key' | 'accepted'>): boolean {
  return accepted && !key.startsWith(':')
}

/**
 * An order that two regions have placed is one, and merges by itself (S5). A key that was used for an order and for something else
 * has placed an order of which whoever asks by the key hears that it is not what was done.
 */
function hasToBeTakenBack(lost: KnownOutcome, standing: KnownOutcome): boolean {
  if (unitCommands.includes(lost.command)) return true
  return lost.command === placeOrder.name && !isSameCommand(lost, standing)
}

/** An order that this region placed in an earlier life it withdraws without having taken that over: any region may cancel. */
function isOurs(owners: readonly Origin[], { origin, command }: KnownOutcome): boolean {
  const [self] = owners
  const isOwnRegion = self !== undefined && regionOf(origin) === regionOf(self)
  return owners.includes(origin) || (isOwnRegion && command === placeOrder.name)
}

/** I2: accepted outcomes of the first of `owners`, who applies, and of the others, that a newly learned one beats. */
export function lostOutcomes(
  owners: readonly Origin[],
  known: readonly KnownOutcome[],
  learned: readonly KnownOutcome[],
): WriteSet['newObligations'] {
  const [self] = owners
  const others = learned.filter((outcome) => outcome.origin !== self && mayBeat(outcome))
  const keys = new Set(others.map(({ key }) => key))
  return [...keys].flatMap((key) => {
    const all = [...known, ...others].filter((outcome) => outcome.key === key)
    const standing = winningOutcome(all)
    return all.flatMap((lost) => {
      const { origin } = lost
      if (!lost.accepted || !isOurs(owners, lost) || standing === undefined) return []
      if (origin === standing.origin || !hasToBeTakenBack(lost, standing)) return []
      return [{ subject: 'key' as const, id: key, item: origin === self ? '' : origin, waitsFor: null }]
    })
  })
}
