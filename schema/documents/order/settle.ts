// settleOrder, an internal command: does what this origin owes for one fact of an order. Run twice, it does nothing the
// second time. Where units must be taken back and rights are lacking it is refused with what is missing: a debt stays.

import * as z from 'zod'
import { plural } from '../../counted.ts'
import { rightsTakenBy } from '../../stock/levels.ts'
import { rightsOf } from '../../stock/row.ts'
import { accept, type CommandDefinition, type Shortage } from '../command.ts'
import { leaseGivenBackTo, owedForGivenBack } from '../lease/given-back.ts'
import { leaseKind } from '../lease/kind.ts'
import { parserOf } from '../parsing.ts'
import { orderKind } from './kind.ts'
import { owed } from './owed.ts'
import { readOrder, skusOfOrder, writeFacts } from './record.ts'

/** `item` as the obligation names it. */
export interface SettleOrderInput {
  readonly id: string
  readonly item: string
}

export const settleOrder: CommandDefinition<SettleOrderInput> = {
  name: 'settleOrder',
  parse: parserOf(z.object({ id: z.string(), item: z.string() })),
  reads: ({ id, item }) => {
    const lease = leaseGivenBackTo(item)
    const reads = readOrder(id)
    return lease === undefined
      ? reads
      : { ...reads, documents: [...reads.documents, { kind: leaseKind.name, id: lease }] }
  },
  skusOf: ({ view }, { id }) => skusOfOrder(view(orderKind, id)),
  run(context, { id, item }) {
    const order = context.view(orderKind, id)
    const { origin, fencing } = context
    const holders = [origin, ...fencing.estate]
    const givenBackTo = leaseGivenBackTo(item)
    const lease = givenBackTo === undefined ? undefined : context.view(leaseKind, givenBackTo)
    const debts = holders.flatMap((holder) => {
      if (order === undefined) return []
      if (givenBackTo === undefined) return owed(holder, order.facts, item, origin) ?? []
      return (lease && owedForGivenBack(holder, order, lease, item, origin)) ?? []
    })
    if (debts.length === 0) return accept({ result: { id } })
    const effects = debts.flatMap((debt) => debt.effects)
    const shortages: Shortage[] = effects.flatMap((effect) => {
      const taken = rightsTakenBy(effect)
      const missing = taken > 0 ? taken - rightsOf(context.ownStock(effect.sku)) : 0
      return missing > 0 ? [{ sku: effect.sku, missing, needed: taken }] : []
    })
    if (shortages.length > 0) {
      const wanted =
        lease === undefined ? 'take back a return that does not stand' : 'serve an order that its till has taken back'
      const errors = shortages.map(({ sku, missing }) => ({
        code: 'OUT_OF_STOCK' as const,
        message: `${missing} more ${plural(missing, 'unit')} of ${sku} ${plural(missing, 'is', 'are')} needed to ${wanted}.`,
        sku,
      }))
      return { status: 'refused', errors, shortages }
    }
    const facts = debts.map(({ fact }) => fact)
    return accept({ ...writeFacts(id, facts), stock: effects, result: { id } })
  },
}
