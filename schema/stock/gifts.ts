// Who is given how many units of a SKU: what a receipt shares out in its own commit, and what a region gives a peer that
// asks (S3, S4). Pure; whether the units are there is checked again by whoever writes the gift (S1).

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

/** How much of a SKU a region needs to go on selling without asking anyone. Whole numbers; zeros where nobody buys. */
export interface Demand {
  /** Low-water mark: what is likely sold while more is on its way. */
  readonly low: number
  /** Units sold in an hour, as a moving average has it. */
  readonly perHour: number
}

/** What a region asks of a peer. */
export interface RightsWish extends Demand {
  /** For sales that wait. */
  readonly units: number
  /** Of all units anywhere, fewer help none of those sales. */
  readonly least: number
  /** Beyond that, for sales to come. */
  readonly extra: number
  /** What the asking region holds. */
  readonly held: number
}

/** Where the giver stands. */
export interface Giver extends Demand {
  readonly rights: number
  /** For sales of its own that wait for longer than those of the asking region. */
  readonly reserved: number
  /** Rights of all other regions, the asking one among them, as far as the two know. */
  readonly elsewhere: number
}

/** By how much one region must sell more than another before scarce units move to it: else they would go to and fro. */
const demandLead = 2

/**
 * Units to give, at most `units + extra` but for the last of scarce stock. Sales that wait come first, unless all that is
 * known would not do for any of them. For sales to come, what two regions hold is parted by their demand; where it does
 * not do for both, all of it goes to one: to who sells clearly more, else to who holds more.
 */
export function giftOf(wish: RightsWish, giver: Giver): number {
  const { units, least, extra, held } = wish
  const isHopeless = giver.rights + giver.elsewhere < least
  const free = Math.max(0, giver.rights - giver.reserved)
  const now = isHopeless ? 0 : Math.min(units, free)
  const rest = free - now
  if (extra === 0 || rest === 0) return now
  if (rest + held < wish.low + giver.low) return now + (gathersWithAsker(wish, giver, rest) ? rest : 0)
  const all = wish.perHour + giver.perHour
  const fair = giver.perHour === 0 ? 0 : Math.floor((rest + held) * (giver.perHour / all))
  return now + Math.min(extra, Math.max(0, rest - Math.max(giver.low, fair)))
}

function gathersWithAsker(wish: RightsWish, giver: Giver, rest: number): boolean {
  if (wish.perHour > demandLead * giver.perHour) return true
  if (giver.perHour > demandLead * wish.perHour) return false
  return wish.held > rest
}
