// inheritLeases, an internal command: owes from now on what a fenced origin had still to take back of the leases that it had
// lent (S7). A lease that has not ended stays with its device; its end is owed for when it comes. Run twice, it owes twice
// and takes back once.

import * as z from 'zod'
import type { Origin } from '../../clock/origin.ts'
import { accept, type CommandDefinition, noReads, type ObligationDraft } from '../command.ts'
import { parserOf } from '../parsing.ts'
import type { ReturnReason } from './facts.ts'
import { leaseKind } from './kind.ts'
import { leaseObligations, owedReturn } from './record.ts'

export const leasesInheritedEvent = 'leases.inherited'

export interface InheritLeasesInput {
  readonly from: Origin
  readonly ids: readonly string[]
}

const reasons: readonly ReturnReason[] = ['duplicate', 'ended']

export const inheritLeases: CommandDefinition<InheritLeasesInput> = {
  name: 'inheritLeases',
  parse: parserOf(z.object({ from: z.string(), ids: z.array(z.string()) })),
  reads: ({ ids }) => ({ ...noReads, documents: ids.map((id) => ({ kind: leaseKind.name, id })) }),
  run(context, { from, ids }) {
    if (!context.fencing.estate.includes(from)) return accept({ result: {} })
    const obligations = ids.flatMap((id): readonly ObligationDraft[] => {
      const lease = context.view(leaseKind, id)
      if (lease === undefined) return []
      const givenBack = lease.records
        .flatMap(({ fact }) => leaseObligations(from, id, lease.fold, fact))
        .filter(({ subject }) => subject === 'order')
      // This commit is stable only once the end of the lease is, which it knows of: no entry is under way then.
      const returns = reasons.flatMap((item): readonly ObligationDraft[] =>
        owedReturn(from, lease.fold, item) === null ? [] : [{ subject: 'lease', id, item, when: 'stable' }],
      )
      return [...returns, ...givenBack]
    })
    if (obligations.length === 0) return accept({ result: { owed: 0 } })
    const data = { leases: obligations.length }
    const events = [{ type: leasesInheritedEvent, entityId: from, data, placement: 'everywhere' as const }]
    return accept({ events, obligations, result: { owed: obligations.length } })
  },
}
