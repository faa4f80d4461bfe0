// inheritKeys, an internal command: owes from now on what a fenced origin had still to do about keyed outcomes of its own
// (S7): one that lost to another region's is to be taken back (I2), an order among them, units that waited are to be credited (I4). Run twice, it
// owes twice and settles once.

import * as z from 'zod'
import type { Origin } from '../clock/origin.ts'
import { accept, type CommandDefinition, noReads, type ObligationDraft } from '../documents/command.ts'
import { parserOf } from '../documents/parsing.ts'
import { owedForKey, settledKeys } from './settle-key.ts'
import { orderToWithdraw } from './withdraw-order.ts'

export const keysInheritedEvent = 'keys.inherited'

export interface InheritKeysInput {
  readonly from: Origin
  readonly keys: readonly string[]
}

export const inheritKeys: CommandDefinition<InheritKeysInput> = {
  name: 'inheritKeys',
  parse: parserOf(z.object({ from: z.string(), keys: z.array(z.string()) })),
  reads: ({ from, keys }) => ({ ...noReads, keys: keys.flatMap((key) => [key, ...settledKeys(key, from)]) }),
  run(context, { from, keys }) {
    if (!context.fencing.estate.includes(from)) return accept({ result: {} })
    // Once this commit is stable the outcome is, and no member can still answer the key otherwise.
    const obligations = keys.flatMap((key): readonly ObligationDraft[] => {
      const isOwed = owedForKey(context, key, from) !== null || orderToWithdraw(context.outcomes(key), from) !== null
      return isOwed ? [{ subject: 'key', id: key, item: from, when: 'stable' }] : []
    })
    if (obligations.length === 0) return accept({ result: { owed: 0 } })
    const data = { keys: obligations.length }
    const events = [{ type: keysInheritedEvent, entityId: from, data, placement: 'everywhere' as const }]
    return accept({ events, obligations, result: { owed: obligations.length } })
  },
}
