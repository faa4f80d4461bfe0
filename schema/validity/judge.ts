// Whether a commit that is signed as it should be keeps the rules that it names: a pure function of the commit and of
// what its origin had said before it, never of when it arrived (C7). Knows no store, no link and no other commit.

import { compareTimes, type HybridTime } from '../clock/hybrid-clock.ts'
import { covers, sequenceOf, type VersionVector } from '../clock/version-vector.ts'
import type { Commit, PlacementClass } from '../commit/commit.ts'
import type { Sha256 } from '../documents/change-bytes.ts'
import type { OwnStockRow, StockRow } from '../stock/row.ts'
import { findDocumentFlaw } from './document-rule.ts'
import { type EventCheck, findEventFlaw, findHomeDataFlaw } from './event-rule.ts'
import { type Flaw, flaw, isText } from './flaw.ts'
import { findRightsFlaw, findStockFlaw } from './stock-rule.ts'

/** The commit of the same origin before it. */
export interface PreviousCommit {
  readonly time: HybridTime
  readonly clock: VersionVector
}

export interface CausalPast {
  /** Null for an origin's first commit, and where its predecessor can no longer be looked at. */
  readonly previous: PreviousCommit | null
  /** The latest time of the commits that the clock names; null where they can no longer be looked at. */
  readonly latest: HybridTime | null
  /** The origin's row as it was before; undefined where there was none. */
  readonly row: (row: OwnStockRow) => Pick<StockRow, 'cells' | 'givenIn'> | undefined
  readonly sha256: Sha256
  readonly verifyDevice: EventCheck['verifyDevice']
  readonly operators: EventCheck['operators']
}

/** Null where all that every region sees of it keeps them: what only some may hold decides nothing for all. */
export function findFlaw(commit: Commit, past: CausalPast): Flaw | null {
  const { origin, stock } = commit
  const found =
    findHeaderFlaw(commit, past) ?? findEventFlaw(commit, past) ?? findDocumentFlaw(commit, 'everywhere', past.sha256)
  if (found !== null) return found
  // Looked up once for both: finding the row costs more than judging it.
  const held = stock.map(past.row)
  return findStockFlaw(origin, stock, held) ?? findOutcomeFlaw(commit) ?? findRightsFlaw(origin, stock, held)
}

/**
 * The same of a commit that others stand on and that is applied beside its origin's log; but not its rights, for who signs two
 * logs gives in both what it has once.
 */
export function findBranchFlaw(commit: Commit, check: Omit<CausalPast, 'previous' | 'latest'>): Flaw | null {
  const past = { ...check, previous: null, latest: null }
  return (
    findHeaderFlaw(commit, past) ??
    findEventFlaw(commit, past) ??
    findDocumentFlaw(commit, 'everywhere', past.sha256) ??
    findStockFlaw(commit.origin, commit.stock, commit.stock.map(past.row)) ??
    findOutcomeFlaw(commit)
  )
}

/** The same of a section that only some regions hold; where it breaks a rule, the commit stands without it. */
export function findSectionFlaw(commit: Commit, section: PlacementClass, check: EventCheck): Flaw | null {
  return findHomeDataFlaw(commit, section, check) ?? findDocumentFlaw(commit, section, check.sha256)
}

function findHeaderFlaw(commit: Commit, { previous, latest }: CausalPast): Flaw | null {
  const { origin, firstSequence, clock, time } = commit
  const held = sequenceOf(clock, origin)
  if (held !== firstSequence - 1)
    return flaw('C1', `its clock says that ${origin} stood at ${held}, and it begins at ${firstSequence}`)
  if (previous !== null && !covers(clock, previous.clock)) return flaw('C1', 'its clock has lost what it held before')
  const before = previous?.time ?? null
  if (before !== null && compareTimes(time, before) <= 0)
    return flaw('W7', 'its time is not after the commit before it')
  if (latest !== null && compareTimes(time, latest) <= 0) return flaw('W7', 'its time is not after what it had applied')
  return null
}

function findOutcomeFlaw({ outcomes }: Commit): Flaw | null {
  for (const { key, command } of outcomes) {
    if (!isText(key, 2_048) || !isText(command, 128)) return flaw('I1', 'an outcome has no key or names no command')
  }
  return null
}
