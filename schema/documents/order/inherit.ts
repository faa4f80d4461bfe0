// inheritOrders, an internal command: looks at all facts of orders that a fenced origin had reserved for, or written of, and
// owes from now on what that one had not done yet (S7, S8). Run twice, it owes twice and settles once.

import * as z from 'zod'
import type { Origin } from '../../clock/origin.ts'
import { accept, type CommandDefinition, noReads, type ObligationDraft } from '../command.ts'
import { parserOf } from '../parsing.ts'
import type { OrderRecord } from './facts.ts'
import { orderKind } from './kind.ts'
import { obligationsAgain } from './obligations.ts'

/** What a region owes is its own affair, but it takes a commit to be owed from. */
export const inheritedEvent = 'orders.inherited'

export interface InheritOrdersInput {
  readonly from: Origin
  readonly ids: readonly string[]
}

export const inheritOrders: CommandDefinition<InheritOrdersInput> = {
  name: 'inheritOrders',
  parse: parserOf(z.object({ from: z.string(), ids: z.array(z.string()) })),
  reads: ({ ids }) => ({ ...noReads, documents: ids.map((id) => ({ kind: orderKind.name, id })) }),
  run(context, { from, ids }) {
    if (!context.fencing.estate.includes(from)) return accept({ result: {} })
    const obligations = ids.flatMap((id) => {
      const order = context.view(orderKind, id)
      return order === undefined ? [] : owedBy(from, id, order.facts)
    })
    if (obligations.length === 0) return accept({ result: { owed: 0 } })
    const data = { orders: ids.length, obligations: obligations.length }
    const events = [{ type: inheritedEvent, entityId: from, data, placement: 'everywhere' as const }]
    return accept({ events, obligations, result: { owed: obligations.length } })
  },
}

function owedBy(origin: Origin, id: string, records: readonly OrderRecord[]): readonly ObligationDraft[] {
  return records.flatMap(({ fact }) => obligationsAgain(origin, id, records, fact))
}
