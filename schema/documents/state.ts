// What edits do to a document's state, and how states are kept in one normal form. Knows no Automerge: a local edit
// replaces whatever its writer sees at the key, which is just what the same edit does to the document.

import { compareTimes, type HybridTime } from '../clock/hybrid-clock.ts'
import type { RegionId } from '../clock/origin.ts'
import type { DocumentState, Edit, Register } from './document.ts'

/** Earlier first, then by region: the order in which concurrent registers are listed. */
export function compareRegisters(left: Register, right: Register): number {
  return compareTimes(left.time, right.time) || (left.region < right.region ? -1 : left.region > right.region ? 1 : 0)
}

/** The state after `edits` made here in one change. */
export function editState(
  state: DocumentState,
  edits: readonly Edit[],
  time: HybridTime,
  region: RegionId,
): DocumentState {
  const next: Record<string, Record<string, readonly Register[]>> = { ...state }
  const copied = new Set<string>()
  for (const edit of edits) {
    if (!copied.has(edit.map)) {
      next[edit.map] = { ...next[edit.map] }
      copied.add(edit.map)
    }
    const map = next[edit.map]
    if (map === undefined) continue
    if ('remove' in edit) delete map[edit.key]
    else map[edit.key] = [{ value: edit.value, time, region }]
  }
  return next
}
