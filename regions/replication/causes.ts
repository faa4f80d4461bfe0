// What a commit stands on: all that its clock names of other origins. Pure.

import type { Origin } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'

const nobody: ReadonlySet<Origin> = new Set()

/**
 * What a clock says of its own origin is no cause: where it is wrong, who applies the commit says so. Nor is what it says of
 * `excused` origins: they have signed two logs, nothing more of them is applied here, and nobody waits for it.
 */
export function holdsCauses(
  released: VersionVector,
  { origin, clock }: SealedCommit,
  excused: ReadonlySet<Origin> = nobody,
): boolean {
  for (const named in clock) {
    if (named !== origin && !excused.has(named) && sequenceOf(released, named) < sequenceOf(clock, named)) return false
  }
  return true
}

/** Its clock, its own origin's entry no higher than where it begins. */
export function causesOf({ origin, clock, firstSequence }: SealedCommit): VersionVector {
  return sequenceOf(clock, origin) < firstSequence ? clock : { ...clock, [origin]: firstSequence - 1 }
}
