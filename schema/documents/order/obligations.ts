// Which facts give an origin something to look at again. Deliberately generous: owed.ts decides, when the time has
// come, whether anything is owed. Knows no stock.

import type { Origin } from '../../clock/origin.ts'
import type { JsonObject } from '../../json.ts'
import type { ObligationDraft } from '../command.ts'
import type { DocumentState } from '../document.ts'
import { factRegisters } from '../facts.ts'
import {
  isOf,
  itemOf,
  lateItem,
  leftOutBy,
  type OrderFact,
  type OrderRecord,
  type PlacedFact,
  readFacts,
  settledId,
} from './facts.ts'

/** What `origin` has to look at now that it has learned of the fact `data`, which `state` holds already. */
export function obligationsOf(
  origin: Origin,
  orderId: string,
  state: DocumentState,
  data: JsonObject,
): readonly ObligationDraft[] {
  const fact = data as unknown as OrderFact
  const holds = holdingIn(origin, state)
  if (holds === 'nothing' && fact.origin !== origin) return []
  if (fact.kind !== 'placed') return obligationsAmong(origin, orderId, [], fact, holds)
  const records = readFacts(state)
  // One's own is learned of where it is put on top of a snapshot that lacks it (C10).
  const isNews = fact.origin === origin || isLender(origin, fact)
  const late = isNews ? obligationsBefore(origin, orderId, records) : []
  return [...obligationsAmong(origin, orderId, records, fact, holds), ...late]
}

/**
 * A claim that is learned of may be the first that `origin` settles anything of: it was of no concern here what others did
 * with the order before that was known.
 */
function obligationsBefore(
  origin: Origin,
  orderId: string,
  records: readonly OrderRecord[],
): readonly ObligationDraft[] {
  return records.flatMap(({ fact }) =>
    lateObligations(origin, orderId, fact).map((draft) => ({ ...draft, writer: fact.origin })),
  )
}

/** Of a fact that may have been looked at before: for lines of a claim that was heard of after it. */
function lateObligations(origin: Origin, orderId: string, fact: OrderFact): readonly ObligationDraft[] {
  // Who put back what came back did so whatever claims there are.
  if (fact.kind === 'placed' || (fact.kind === 'returned' && fact.shipped)) return []
  const drafts = obligationsAmong(origin, orderId, [], fact, 'leased units')
  return drafts.map((draft) => ({ ...draft, item: lateItem(draft.item), when: 'stable' }))
}

/** What `origin` has to look at, of all that is known of an order, and may have looked at before. */
export function obligationsAgain(
  origin: Origin,
  orderId: string,
  records: readonly OrderRecord[],
  fact: OrderFact,
): readonly ObligationDraft[] {
  const holding = holdingAmong(origin, records)
  if (holding === 'nothing' && fact.origin !== origin) return []
  const isSettled = ({ item }: ObligationDraft) => records.some((record) => record.fact.id === settledId(origin, item))
  const drafts = obligationsAmong(origin, orderId, records, fact, holding).filter((draft) => !isSettled(draft))
  if (holding !== 'leased units') return drafts
  return [...drafts, ...lateObligations(origin, orderId, fact).filter((draft) => !isSettled(draft))]
}

/** What an origin settles of any claim to have placed the order: units of its own rights, or of a lease that it lent from as well. */
export type Holding = 'nothing' | 'units' | 'leased units'

export function holdingIn(origin: Origin, state: DocumentState): Holding {
  let holding: Holding = 'nothing'
  for (const { value } of factRegisters(state)) {
    const fact = value as unknown as OrderFact
    if (fact.kind !== 'placed') continue
    if (isLender(origin, fact)) return 'leased units'
    if (fact.origin === origin) holding = 'units'
  }
  return holding
}

/** The same of facts at hand. */
export function holdingAmong(origin: Origin, records: readonly OrderRecord[]): Holding {
  const claims = records.flatMap((record) => (isOf(record, 'placed') ? [record.fact] : []))
  if (claims.some((claim) => isLender(origin, claim))) return 'leased units'
  return claims.some((claim) => claim.origin === origin) ? 'units' : 'nothing'
}

function isLender(origin: Origin, { lines }: PlacedFact): boolean {
  return lines.some(({ lease }) => lease?.origin === origin)
}

/**
 * The same where the order's facts are at hand; they are looked at for a `placed` fact alone. A sale from a lease may have been
 * told in several regions, which name whom each knows to have lent it. Which of these settles it is certain once no claim can be
 * unknown: when what gives the reason is stable.
 */
export function obligationsAmong(
  origin: Origin,
  orderId: string,
  records: readonly OrderRecord[],
  fact: OrderFact,
  holding: Holding,
): readonly ObligationDraft[] {
  const reserves = holding !== 'nothing'
  const draft = (item: string, when: ObligationDraft['when']): readonly ObligationDraft[] => [
    { subject: 'order', id: orderId, item, when },
  ]
  switch (fact.kind) {
    case 'placed': {
      const standing = records.find((record) => isOf(record, 'placed'))
      return records.flatMap((record) => {
        if (record === standing || !isOf(record, 'placed')) return []
        const lent = isLender(origin, record.fact)
        return lent || record.fact.origin === origin ? draft(itemOf(record.fact), lent ? 'stable' : 'now') : []
      })
    }
    case 'shipped': {
      if (!reserves) return []
      const sent = draft(itemOf(fact), holding === 'leased units' ? 'stable' : 'now')
      return Object.keys(fact.except).length === 0 ? sent : [...sent, ...draft(leftOutBy(fact), 'stable')]
    }
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
