// Of several outcomes of one key, which stands (I2). Pure: any order, same answer.

import { compareTimes } from '../clock/hybrid-clock.ts'
import type { KnownOutcome } from '../documents/command.ts'
import type { JsonObject } from '../json.ts'

type Ranked = Pick<KnownOutcome, 'accepted' | 'time' | 'origin' | 'result'>
type Named = Pick<KnownOutcome, 'command' | 'inputDigest'>

/**
 * Accepted beats refused, then the lower (hybrid time, origin). Undefined for none. Of a list that is taken in part, more taken beats
 * less: what one region refused for want of units another has done, and a caller who was told so has let them go. Whatever is known
 * besides, of two outcomes always the same one comes first: what was beaten is undone, and must not be what stands once more is known.
 */
export function winningOutcome<Outcome extends Ranked>(outcomes: readonly Outcome[]): Outcome | undefined {
  let winner: Outcome | undefined
  for (const outcome of outcomes) if (winner === undefined || compareOutcomes(outcome, winner) < 0) winner = outcome
  return winner
}

/** Whether both answer the same command: else a key was used for two, in regions that did not know of each other. */
export function isSameCommand(left: Named, right: Named): boolean {
  return left.command === right.command && left.inputDigest === right.inputDigest
}

function compareOutcomes(left: Ranked, right: Ranked): number {
  if (left.accepted !== right.accepted) return left.accepted ? -1 : 1
  return (
    takenOf(right.result) - takenOf(left.result) ||
    compareTimes(left.time, right.time) ||
    (left.origin < right.origin ? -1 : left.origin > right.origin ? 1 : 0)
  )
}

/** How many items of a list were taken; what is no list, or was answered before those said so, has done one thing. */
function takenOf({ taken }: JsonObject): number {
  return typeof taken === 'number' ? taken : 1
}

/**
 * True where an accepted list left items out that another region may have taken: as little the last word on them as a refusal
 * is (I3). What is malformed is so everywhere.
 */
export function leavesOut({ rejected }: JsonObject): boolean {
  if (!Array.isArray(rejected)) return false
  return rejected.some((item) => (item as { readonly code?: unknown }).code !== 'INVALID')
}
