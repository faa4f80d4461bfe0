// When a region keeps back its word about what is to be fenced: where that would be the last that it hears. What is decided goes
// by the words that were said, whenever that was; so who puts one off makes the others wait, and changes nothing that they agree on.

import { makeOrigin, type RegionId } from '../clock/origin.ts'
import type { FenceLog } from './fence-log.ts'
import { type Fences, isHeeded, owedVotes, type PendingFence } from './fences.ts'

/** A log of fences and what follows from it. */
interface Known {
  readonly log: FenceLog
  readonly fences: Fences
}

/** Why a region does not say yet how far it holds what is to be fenced. */
export interface PutOff {
  /** Those whose words it is to hear first. */
  readonly waitsFor: readonly RegionId[]
  /** Those that are to leave by this, who alone can still bring it these. */
  readonly through: readonly RegionId[]
}

/**
 * A region that has said how far it holds one member hears no more of that by itself (S7). Where a lower retire comes up then, of the region that shows
 * it this, it would by its next word stop going by that one, too: it would never hear the member's word about the lower retire, and stand apart for
 * good from all who go on by that. So it says its word after the member, unless another one that stays can bring it that, which has not said
 * such a word either. Null where it puts nothing off.
 *
 * `hearing`: what tells whom regions go by, where that is more than what this one holds itself.
 */
export function putOffOf({ fences }: Known, region: RegionId, hearing: Known): PutOff | null {
  const owed = owedVotes(fences, region)
  const leaves = (member: RegionId) => owed.some(({ target }) => target.before === null && target.region === member)
  const heard = new Set([region])
  for (const one of heard)
    for (const member of fences.members) if (!leaves(member) && hears(hearing, one, member)) heard.add(member)
  const missing = new Set(owed.flatMap((fence) => fence.missing))
  const waitsFor = [...missing].filter((member) => !heard.has(member)).sort()
  const through = fences.members.filter((member) => leaves(member) && hears(hearing, region, member))
  return waitsFor.length > 0 && through.length > 0 ? { waitsFor, through } : null
}

/** What `region` is to say a word about now. */
export function dueVotes(known: Known, region: RegionId): readonly PendingFence[] {
  return putOffOf(known, region, known) === null ? owedVotes(known.fences, region) : []
}

/** Whether `region` goes by what a member writes now, whichever of its earlier lives have ended. */
export function hears({ log, fences }: Known, region: RegionId, member: RegionId): boolean {
  const { decided, open } = fences
  const lives = [...decided, ...open].map(({ target }) => (target.region === member ? (target.before ?? 1) : 1))
  return isHeeded(log, fences, region, makeOrigin(member, Math.max(...lives, 1)))
}

/** What operators are told, and can do. */
export function putOffWords(region: RegionId, { waitsFor, through }: PutOff): string {
  const [awaited, bringers] = [waitsFor, through].map((regions) => regions.join(', '))
  return `${region} says its word after that of ${awaited}, which ${bringers} alone can bring it: start ${bringers}, or, if that is lost for good, retire ${awaited} in ${region} with override`
}
