// An event that tells of a lost claim: of a claim made in the region that tells it, beaten by an earlier one of another
// document of the same kind. Knows no document.

import { parseTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import type { CommitEvent } from '../commit/commit.ts'
import { isEarlier } from '../documents/claims/lost-claim.ts'
import { emailAliasPrefix, isCallerId, skuAliasPrefix } from '../documents/ids.ts'
import { isObject, isText } from './flaw.ts'
import { isClaim } from './values.ts'

const prefixes: Readonly<Record<string, string>> = { product: skuAliasPrefix, customer: emailAliasPrefix }

function readClaim(value: unknown) {
  if (!isObject(value) || typeof value.id !== 'string' || !isCallerId(value.id) || !isClaim(value.at)) return null
  const [time, region] = value.at as readonly [string, RegionId]
  return { id: value.id, time: parseTime(time), region }
}

/** Null where the event tells what its region may tell; else what is wrong with it. */
export function findClaimFlaw({ data, entityId }: CommitEvent, region: RegionId): string | null {
  const { kind, name } = data
  const prefix = typeof kind === 'string' && Object.hasOwn(prefixes, kind) ? prefixes[kind] : undefined
  if (prefix === undefined || !isText(name, 256) || !name.startsWith(prefix)) return 'a lost claim is of no name'
  const [lost, held] = [readClaim(data.lost), readClaim(data.held)]
  if (lost === null || held === null || lost.id !== entityId || held.id === lost.id)
    return 'a lost claim names no two documents'
  if (lost.region !== region) return `a claim that was made in ${lost.region} is told by another region`
  return isEarlier(held, lost) ? null : 'a claim is said to be lost to a later one'
}
