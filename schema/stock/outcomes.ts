// Of several outcomes of one key, which stands (I2). Pure: any order, same answer.

import { compareTimes } from '../clock/hybrid-clock.ts'
import type { KnownOutcome } from '../documents/command.ts'

type Ranked = Pick<KnownOutcome, 'accepted' | 'time' | 'origin'>

/** Accepted beats refused, then the lower (hybrid time, origin). Undefined for none. */
export function winningOutcome<Outcome extends Ranked>(outcomes: readonly Outcome[]): Outcome | undefined {
  let winner: Outcome | undefined
  for (const outcome of outcomes) if (winner === undefined || compareOutcomes(outcome, winner) < 0) winner = outcome
  return winner
}

function compareOutcomes(left: Ranked, right: Ranked): number {
  if (left.accepted !== right.accepted) return left.accepted ? -1 : 1
  return compareTimes(left.time, right.time) || (left.origin < right.origin ? -1 : left.origin > right.origin ? 1 : 0)
}
