// settleLease, an internal command: takes what is left of a lease that has ended, or of one lent twice, back to the row of
// the origin that lent it. Run twice, it does nothing the second time.

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
  run({ view, origin }, { id, item }) {
    const lease = view(leaseKind, id)
    const owed = lease === undefined ? null : owedReturn(origin, lease.fold, item)
    if (owed === null) return accept({ result: { id } })
    return accept({ ...writeLeaseFacts(id, [owed.fact]), stock: [owed.effect], result: { id } })
  },
}
