// Which facts give an origin something to look at again. Deliberately generous: owed.ts decides, when the time has
// come, whether anything is owed. Knows no stock.

import type { Origin } from '../../clock/origin.ts'
import type { JsonObject } from '../../json.ts'
import type { ObligationDraft } from '../command.ts'
import type { DocumentState } from '../document.ts'
import { factRegisters, hasFact } from '../facts.ts'
import {
  isOf,
  itemOf,
  leftOutBy,
  type OrderFact,
  type OrderRecord,
  type PlacedFact,
  placedId,
  readFacts,
} from './facts.ts'

/** What `origin` has to look at now that it has learned of the fact `data`, which `state` holds already. */
export function obligationsOf(
  origin: Origin,
  orderId: string,
  state: DocumentState,
  data: JsonObject,
): readonly ObligationDraft[] {
  const fact = data as unknown as OrderFact
  const holds = reservesIn(origin, state)
  if (!holds && fact.origin !== origin) return []
  return obligationsAmong(origin, orderId, fact.kind === 'placed' ? readFacts(state) : [], fact, holds)
}

/** Whether `origin` settles units of any claim to have placed the order, its own or one of a lease that it lent from. */
export function reservesIn(origin: Origin, state: DocumentState): boolean {
  if (hasFact(state, placedId(origin))) return true
  for (const { value } of factRegisters(state)) {
    const fact = value as unknown as OrderFact
    if (fact.kind === 'placed' && fact.lines.some(({ lease }) => lease?.origin === origin)) return true
  }
  return false
}

/** The same of facts at hand. */
export function reservesAmong(origin: Origin, records: readonly OrderRecord[]): boolean {
  return records.some((record) => isOf(record, 'placed') && holdsLines(origin, record.fact))
}

function holdsLines(origin: Origin, placed: PlacedFact): boolean {
  return placed.origin === origin || placed.lines.some(({ lease }) => lease?.origin === origin)
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
      const lost = records.filter(
        (record) => record !== standing && isOf(record, 'placed') && holdsLines(origin, record.fact),
      )
      return lost.flatMap((record) => draft(itemOf(record.fact), 'now'))
    }
    case 'shipped':
      if (!reserves) return []
      if (Object.keys(fact.except).length === 0) return draft(itemOf(fact), 'now')
      return [...draft(itemOf(fact), 'now'), ...draft(leftOutBy(fact), 'stable')]
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
