// settleLease, an internal command: takes what is left of a lease that has ended, or of one lent twice, back to the row of
// the origin that lent it, or of who has taken that one over. Run twice, it does nothing the second time.

import * as z from 'zod'
import { accept, type CommandDefinition } from '../command.ts'
import { parserOf } from '../parsing.ts'
import type { ReturnReason } from './facts.ts'
import { leaseKind } from './kind.ts'
import { owedReturn, readLease, writeLeaseFacts } from './record.ts'

/** `item` as the obligation names it. */
export interface SettleLeaseInput {
  readonly id: string
  readonly item: ReturnReason
}

export const settleLease: CommandDefinition<SettleLeaseInput> = {
  name: 'settleLease',
  parse: parserOf(z.object({ id: z.string(), item: z.enum(['duplicate', 'ended']) })),
  reads: ({ id }) => readLease(id),
  skusOf: ({ view }, { id }) => {
    const lease = view(leaseKind, id)
    return lease === undefined ? [] : [lease.sku]
  },
  run({ view, origin, fencing }, { id, item }) {
    const lease = view(leaseKind, id)
    const holders = [origin, ...fencing.estate]
    const owed = lease === undefined ? [] : holders.flatMap((each) => owedReturn(each, lease.fold, item, origin) ?? [])
    if (owed.length === 0) return accept({ result: { id } })
    const facts = owed.map(({ fact }) => fact)
    return accept({ ...writeLeaseFacts(id, facts), stock: owed.map(({ effect }) => effect), result: { id } })
  },
}
