// settleKey, an internal command: what this origin owes for a keyed outcome, done once: one of its own, or of an origin that
// it has taken over (S7). An outcome that lost to another region's is taken back (I2); units that waited because the command
// was resent are credited once that is stable and stands (I4). Where rights are lacking it is refused with what is missing: a
// debt stays.

import * as z from 'zod'
import type { Origin } from '../clock/origin.ts'
import type { CommitEvent } from '../commit/commit.ts'
import { plural } from '../counted.ts'
import {
  accept,
  type CommandContext,
  type CommandDefinition,
  type Decision,
  type KnownOutcome,
  noReads,
  type Shortage,
  type StockEffect,
} from '../documents/command.ts'
import { stockId } from '../documents/ids.ts'
import { parserOf } from '../documents/parsing.ts'
import { effectsWithGifts } from './ledger.ts'
import { rightsTakenBy } from './levels.ts'
import { winningOutcome } from './outcomes.ts'
import { type Movement, readOutcome, reversalOf } from './reversal.ts'
import { rightsOf } from './row.ts'

/** The full key of the outcome, and whose it is; left out: this origin's own. */
export interface SettleKeyInput {
  readonly key: string
  readonly holder?: Origin | undefined
}

/** What an origin did about its outcome of a key; callers' keys never start with a colon. */
function settledKey(key: string): string {
  return `:settled:${key}`
}

/** What whoever has taken `holder` over did about its outcome of a key. */
function inheritedKey(key: string, holder: Origin): string {
  return `:settled-for:${holder}:${key}`
}

/** Keys under which it is kept what was done about `holder`'s outcome of `key`. */
export function settledKeys(key: string, holder: Origin): readonly string[] {
  return [settledKey(key), inheritedKey(key, holder)]
}

/** What is owed for `holder`'s outcome of a key: null where it is nothing, or was done. `credit`: only once it is stable (I4). */
export function owedForKey(
  { outcomes }: Pick<CommandContext, 'outcomes'>,
  key: string,
  holder: Origin,
): { readonly outcome: KnownOutcome; readonly step: 'credit' | 'reverse' } | null {
  const all = outcomes(key)
  const outcome = all.find(({ origin, accepted }) => origin === holder && accepted)
  const isSettled =
    outcomes(settledKey(key)).some(({ origin }) => origin === holder) || outcomes(inheritedKey(key, holder)).length > 0
  if (outcome === undefined || isSettled) return null
  const { applied, pending } = readOutcome(outcome.result)
  if (winningOutcome(all) === outcome) return pending.length > 0 ? { outcome, step: 'credit' } : null
  return applied.length > 0 ? { outcome, step: 'reverse' } : null
}

export const settleKey: CommandDefinition<SettleKeyInput> = {
  name: 'settleKey',
  parse: parserOf(z.object({ key: z.string(), holder: z.string().optional() })),
  reads: ({ key, holder }) => ({ ...noReads, keys: [key, ...settledKeys(key, holder ?? '')] }),
  skusOf: ({ outcomes }, { key }) =>
    outcomes(key).flatMap(({ result }) => {
      const { applied, pending } = readOutcome(result)
      return [...applied, ...pending].map(({ sku }) => sku)
    }),
  run(context, { key, holder = context.origin }) {
    if (holder !== context.origin && !context.fencing.estate.includes(holder)) return accept({ result: {} })
    const owed = owedForKey(context, key, holder)
    if (owed === null) return accept({ result: {} })
    return owed.step === 'credit' ? credit(context, owed.outcome) : reverse(context, owed.outcome)
  },
}

function credit(context: CommandContext, outcome: KnownOutcome): Decision {
  const { pending } = readOutcome(outcome.result)
  return settle(recordOf(context, outcome), 'stock.credited', pending, effectsWithGifts(context, pending), [])
}

function recordOf({ origin }: CommandContext, outcome: KnownOutcome): string {
  return outcome.origin === origin ? settledKey(outcome.key) : inheritedKey(outcome.key, outcome.origin)
}

function reverse(context: CommandContext, outcome: KnownOutcome): Decision {
  const { applied } = readOutcome(outcome.result)
  const effects = applied.map(reversalOf)
  const shortages = effects.flatMap((effect): readonly Shortage[] => {
    const taken = rightsTakenBy(effect)
    const missing = taken > 0 ? taken - rightsOf(context.ownStock(effect.sku)) : 0
    return missing > 0 ? [{ sku: effect.sku, missing, needed: taken }] : []
  })
  return settle(recordOf(context, outcome), 'stock.reversed', applied, effects, shortages)
}

function settle(
  record: string,
  type: string,
  movements: readonly Movement[],
  effects: readonly StockEffect[],
  shortages: readonly Shortage[],
): Decision {
  if (shortages.length > 0) {
    const errors = shortages.map(({ sku, missing }) => ({
      code: 'OUT_OF_STOCK' as const,
      message: `${missing} more ${plural(missing, 'unit')} of ${sku} ${plural(missing, 'is', 'are')} needed to take back what was counted twice.`,
      sku,
    }))
    return { status: 'refused', errors, shortages }
  }
  const events: readonly CommitEvent[] = movements.map((movement) => ({
    type,
    entityId: stockId(movement.sku),
    data: { ...movement },
    placement: 'everywhere',
  }))
  return accept({ events, stock: effects, result: {}, record: { key: record, result: { type } } })
}
