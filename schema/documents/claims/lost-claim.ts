// Two documents that claim one name, a SKU or an email: the earlier claim keeps it, the other is told. The region where the later
// claim was made tells it, by an event, once it learns of the earlier one; the pair in the conflict log follows from that
// event alone, so the log is the same everywhere, whatever came first and whoever has given up a claim since.

import { formatTime, type HybridTime, parseTime } from '../../clock/hybrid-clock.ts'
import type { RegionId } from '../../clock/origin.ts'
import { ByteWriter } from '../../commit/bytes.ts'
import type { Commit } from '../../commit/commit.ts'
import { toHex } from '../../hex.ts'
import type { JsonObject } from '../../json.ts'
import type { Sha256 } from '../change-bytes.ts'
import { type ConflictPair, makePair, type SaidSide } from '../conflicts/conflict.ts'
import type { PolicyName } from '../conflicts/policies.ts'
import type { Alias } from '../document.ts'
import { emailAliasPrefix, skuAliasPrefix } from '../ids.ts'
import { compareWritten } from '../register.ts'

export const lostClaimEvent = 'claim.lost'

/** Who has claimed a name, and when and where. */
export interface Claim {
  /** Of the document. */
  readonly id: string
  readonly time: HybridTime
  readonly region: RegionId
}

export interface LostClaim {
  readonly kind: string
  /** The alias. */
  readonly name: string
  readonly lost: Claim
  readonly held: Claim
}

export function claimOf(id: string, aliases: readonly Alias[], name: string): Claim | undefined {
  const alias = aliases.find((each) => each.name === name)
  return alias && { id, time: alias.time, region: alias.region }
}

/** True where the left one keeps the name. */
export function isEarlier(left: Claim, right: Claim): boolean {
  return compareWritten(left, right) < 0
}

/** As people see it: an email is known by its hash alone, which says nothing to them. */
export function pathOfClaim(name: string): string {
  return name.startsWith(emailAliasPrefix) ? 'email' : `sku/${name.slice(skuAliasPrefix.length)}`
}

export function lostClaimData({ kind, name, lost, held }: LostClaim): JsonObject {
  const claim = ({ id, time, region }: Claim) => ({ id, at: [formatTime(time), region] })
  return { kind, name, lost: claim(lost), held: claim(held) }
}

interface ClaimData {
  readonly id: string
  readonly at: readonly [time: string, region: RegionId]
}

/** The inverse; the data has been judged. */
function readLostClaim(data: JsonObject): LostClaim {
  const { kind, name, lost, held } = data as unknown as { kind: string; name: string; lost: ClaimData; held: ClaimData }
  const claim = ({ id, at: [time, region] }: ClaimData): Claim => ({ id, time: parseTime(time), region })
  return { kind, name, lost: claim(lost), held: claim(held) }
}

/** Of the losing document, under the name of what was claimed; both sides show whose claim it was. */
export function claimConflicts({ events }: Pick<Commit, 'events'>, sha256: Sha256): readonly ConflictPair[] {
  return events.flatMap((event) => {
    if (event.type !== lostClaimEvent) return []
    const { kind, name, lost, held } = readLostClaim(event.data)
    const side = ({ id, time, region }: Claim): SaidSide => {
      const text = new ByteWriter()
      text.rawText(JSON.stringify(['claim', kind, name, id, formatTime(time), region]))
      const policy: PolicyName = 'earliest-claim'
      return { change: toHex(sha256(text.view())), value: id, mark: id, policy, time, region }
    }
    return [makePair({ kind, document: lost.id, path: pathOfClaim(name) }, side(held), side(lost), sha256)]
  })
}
