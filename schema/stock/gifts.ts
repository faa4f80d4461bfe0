// How units received are shared: evenly among the members, as gifts in the same commit (S3). Pure.

import type { Origin, RegionId } from '../clock/origin.ts'
import type { CommandContext } from '../documents/command.ts'

/**
 * Units for each other member's current origin out of `received`, keeping for this region at least its own share and
 * giving no more than `rights`, what it may give away at all.
 */
export function shareEvenly(
  context: Pick<CommandContext, 'region' | 'members' | 'memberOrigins'>,
  received: number,
  rights: number,
): Readonly<Record<Origin, number>> {
  const others = context.members.filter((member: RegionId) => member !== context.region)
  const share = Math.min(Math.floor(received / (others.length + 1)), Math.floor(Math.max(0, rights) / others.length))
  if (others.length === 0 || share === 0) return {}
  const given: Record<Origin, number> = {}
  for (const member of others) {
    const origin = context.memberOrigins[member]
    if (origin !== undefined) given[origin] = share
  }
  return given
}
