// Which facts give an origin something to look at again. Deliberately generous: owed.ts decides, when the time has
// come, whether anything is owed. Knows no stock.

import type { Origin } from '../../clock/origin.ts'
import type { JsonObject } from '../../json.ts'
import type { ObligationDraft } from '../command.ts'
import type { DocumentState } from '../document.ts'
import { hasFact } from '../facts.ts'
import { isOf, itemOf, type OrderFact, type OrderRecord, placedId, readFacts } from './facts.ts'

/** What `origin` has to look at now that it has learned of the fact `data`, which `state` holds already. */
export function obligationsOf(
  origin: Origin,
  orderId: string,
  state: DocumentState,
  data: JsonObject,
): readonly ObligationDraft[] {
  const fact = data as unknown as OrderFact
  const reserves = hasFact(state, placedId(origin))
  if (!reserves && fact.origin !== origin) return []
  return obligationsAmong(origin, orderId, fact.kind === 'placed' ? readFacts(state) : [], fact, reserves)
}

/** The same where the order's facts are at hand; they are looked at for a `placed` fact alone. */
export function obligationsAmong(
  origin: Origin,
  orderId: string,
  records: readonly OrderRecord[],
  fact: OrderFact,
  reserves: boolean,
): readonly ObligationDraft[] {
  const draft = (item: string, when: ObligationDraft['when']): readonly ObligationDraft[] => [
    { subject: 'order', id: orderId, item, when },
  ]
  switch (fact.kind) {
    case 'placed': {
      const standing = records.find((record) => isOf(record, 'placed'))
      const own = records.find((record) => isOf(record, 'placed') && record.fact.origin === origin)
      return own === undefined || own === standing ? [] : draft(itemOf(own.fact), 'now')
    }
    case 'shipped':
      return reserves ? draft(itemOf(fact), 'now') : []
    case 'cancelled':
      return reserves ? draft(itemOf(fact), 'stable') : []
    case 'returned': {
      // Units that came back concern who put them back; units that never left concern who reserved them.
      const concerns = fact.shipped ? fact.origin === origin && fact.lines.some(({ restock }) => restock) : reserves
      return concerns ? draft(itemOf(fact), 'stable') : []
    }
    case 'delivered':
    case 'settled':
      return []
  }
}
