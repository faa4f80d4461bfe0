// settleKey, an internal command: what this origin owes for a keyed outcome of its own, done once. An outcome that lost
// to another region's is taken back (I2); units that waited because the command was resent are credited once that is
// stable and stands (I4). Where rights are lacking it is refused with what is missing: a debt stays.

import * as z from 'zod'
import type { CommitEvent } from '../commit/commit.ts'
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

/** The full key of the outcome. */
export interface SettleKeyInput {
  readonly key: string
}

/** What an origin did about its outcome of a key; callers' keys never start with a colon. */
function settledKey(key: string): string {
  return `:settled:${key}`
}

export const settleKey: CommandDefinition<SettleKeyInput> = {
  name: 'settleKey',
  parse: parserOf(z.object({ key: z.string() })),
  reads: ({ key }) => ({ ...noReads, keys: [key, settledKey(key)] }),
  skusOf: ({ outcomes }, { key }) =>
    outcomes(key).flatMap(({ result }) => {
      const { applied, pending } = readOutcome(result)
      return [...applied, ...pending].map(({ sku }) => sku)
    }),
  run(context, { key }) {
    const outcomes = context.outcomes(key)
    const own = outcomes.find(({ origin, accepted }) => origin === context.origin && accepted)
    const settled = context.outcomes(settledKey(key)).find(({ origin }) => origin === context.origin)
    if (own === undefined || settled !== undefined) return accept({ result: {} })
    return winningOutcome(outcomes) === own ? credit(context, own) : reverse(context, own)
  },
}

function credit(context: CommandContext, { key, result }: KnownOutcome): Decision {
  const { pending } = readOutcome(result)
  return settle(key, 'stock.credited', pending, effectsWithGifts(context, pending), [])
}

function reverse(context: CommandContext, { key, result }: KnownOutcome): Decision {
  const { applied } = readOutcome(result)
  const effects = applied.map(reversalOf)
  const shortages = effects.flatMap((effect): readonly Shortage[] => {
    const taken = rightsTakenBy(effect)
    const missing = taken > 0 ? taken - rightsOf(context.ownStock(effect.sku)) : 0
    return missing > 0 ? [{ sku: effect.sku, missing, needed: taken }] : []
  })
  return settle(key, 'stock.reversed', applied, effects, shortages)
}

function settle(
  key: string,
  type: string,
  movements: readonly Movement[],
  effects: readonly StockEffect[],
  shortages: readonly Shortage[],
): Decision {
  if (movements.length === 0) return accept({ result: {} })
  if (shortages.length > 0) {
    const errors = shortages.map(({ sku, missing }) => ({
      code: 'OUT_OF_STOCK' as const,
      message: `${missing} more units of ${sku} are needed to take back what was counted twice.`,
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
  return accept({ events, stock: effects, result: {}, record: { key: settledKey(key), result: { type } } })
}
