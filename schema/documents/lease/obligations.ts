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
  if (kind === leaseKind.name)
    return leaseObligations(origin, id, foldLease(readLeaseFacts(state)), data as unknown as LeaseFact)
  return obligationsOf(origin, id, state, data)
}
