// What an origin has to look at again because of a fact that it has learned, whichever kind of document it is of.

import type { Origin } from '../../clock/origin.ts'
import type { JsonObject } from '../../json.ts'
import type { ObligationDraft } from '../command.ts'
import type { DocumentState } from '../document.ts'
import { obligationsOf } from '../order/obligations.ts'
import { type LeaseFact, readLeaseFacts } from './facts.ts'
import { foldLease } from './fold.ts'
import { leaseKind } from './kind.ts'
import { leaseObligations } from './record.ts'

/** `state` holds the fact `data` of the document already. */
export function factObligations(
  origin: Origin,
  kind: string,
  id: string,
  state: DocumentState,
  data: JsonObject,
): readonly ObligationDraft[] {
  if (kind !== leaseKind.name) return obligationsOf(origin, id, state, data)
  const records = readLeaseFacts(state)
  const fold = foldLease(records)
  const fact = data as unknown as LeaseFact
  const drafts = leaseObligations(origin, id, fold, fact)
  if (fact.kind !== 'opened' || fact.origin !== origin) return drafts
  // One's own opening is learned of where it is put on top of a snapshot that lacks it (C10): what others told of the lease
  // was of no concern here before.
  const before = records.flatMap(({ fact: told }) => {
    if (told.kind === 'opened') return []
    const late = leaseObligations(origin, id, fold, told)
    return late.map((draft) => ({ ...draft, when: 'stable' as const, writer: told.origin }))
  })
  return [...drafts, ...before]
}
