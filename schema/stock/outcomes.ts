// Of several outcomes of one key, which stands (I2). Pure: any order, same answer.

import { compareTimes } from '../clock/hybrid-clock.ts'
import type { KnownOutcome } from '../documents/command.ts'
import type { JsonObject } from '../json.ts'

type Ranked = Pick<KnownOutcome, 'accepted' | 'time' | 'origin' | 'result'>
type Named = Pick<KnownOutcome, 'command' | 'inputDigest'>

/**
 * Accepted beats refused, then the lower (hybrid time, origin). Undefined for none. Of a list that is taken in part, more taken beats
 * less: what one region refused for want of units another has done, and a caller who was told so has let them go.
 */
export function winningOutcome<Outcome extends Ranked>(outcomes: readonly Outcome[]): Outcome | undefined {
  if (outcomes.length < 2) return outcomes[0]
  // Outcomes by rules before version 9 do not say how much they took: those are ranked as they were then, all of a key alike.
  const isCounted = outcomes.every(({ accepted, result }) => !accepted || takenOf(result) !== undefined)
  let winner: Outcome | undefined
  for (const outcome of outcomes)
    if (winner === undefined || compareOutcomes(outcome, winner, isCounted) < 0) winner = outcome
  return winner
}

/** Whether both answer the same command: else a key was used for two, in regions that did not know of each other. */
export function isSameCommand(left: Named, right: Named): boolean {
  return left.command === right.command && left.inputDigest === right.inputDigest
}

function compareOutcomes(left: Ranked, right: Ranked, isCounted: boolean): number {
  if (left.accepted !== right.accepted) return left.accepted ? -1 : 1
  const more = isCounted ? (takenOf(right.result) ?? 0) - (takenOf(left.result) ?? 0) : 0
  return (
    more ||
    compareTimes(left.time, right.time) ||
    (left.origin < right.origin ? -1 : left.origin > right.origin ? 1 : 0)
  )
}

/** How many items of a list the outcome says that it took; undefined where it was none, or does not say. */
function takenOf({ taken }: JsonObject): number | undefined {
  return typeof taken === 'number' ? taken : undefined
}

/**
 * True where an accepted list left items out that another region may have taken: as little the last word on them as a refusal
 * is (I3). What is malformed is so everywhere.
 */
export function leavesOut({ rejected }: JsonObject): boolean {
  if (!Array.isArray(rejected)) return false
  return rejected.some((item) => (item as { readonly code?: unknown }).code !== 'INVALID')
}
