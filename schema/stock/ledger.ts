// Takes movements one by one against this origin's rights and gathers what they come to: effects, what waits, what the
// outcome tells. One ledger per command. Knows no event and no input.

import type {
  CommandContext,
  ObligationDraft,
  Shortage,
  StockEffect,
  StockNeed,
  UserError,
} from '../documents/command.ts'
import { maximumQuantity } from '../documents/parsing.ts'
import { shareEvenly } from './gifts.ts'
import { onHandOf } from './levels.ts'
import { effectOf, type Movement, type MovementCell, MovementSums, type StockOutcome } from './reversal.ts'
import { rightsOf } from './row.ts'
import { describeShortage } from './shortage.ts'

export type MovementKind = 'RECEIPT' | 'SALE' | 'RETURN' | 'WRITE_OFF'

const cellOf: Readonly<Record<MovementKind, MovementCell>> = {
  RECEIPT: 'received',
  SALE: 'sold',
  RETURN: 'returned',
  WRITE_OFF: 'writtenOff',
}

export class StockLedger {
  /**
   * True where units that come in wait: a resent command may have been counted elsewhere, and units that were sold
   * cannot be called back (I4).
   */
  readonly waits: boolean
  readonly #context: CommandContext
  readonly #applied = new MovementSums()
  readonly #pending = new MovementSums()
  readonly #rights = new Map<string, number>()
  readonly #onHand = new Map<string, number>()
  /** By SKU, of how many units the smallest movement is that was not taken. */
  readonly #short = new Map<string, number>()

  constructor(context: CommandContext) {
    this.#context = context
    this.waits = context.resent && context.key !== null
  }

  /** Takes a movement whole, or says why not. */
  move(movement: { readonly kind: MovementKind; readonly sku: string; readonly quantity: number }): UserError | null {
    const { kind, sku, quantity } = movement
    const onHand = this.#onHand.get(sku) ?? onHandOf(this.#context.stock(sku))
    const rights = this.#rightsOf(sku)
    if (kind === 'RECEIPT' || kind === 'RETURN') {
      if (onHand + quantity > maximumQuantity)
        return { code: 'LIMIT_EXCEEDED', message: `Of ${sku}, up to ${maximumQuantity} units can be held.` }
      this.#onHand.set(sku, onHand + quantity)
      if (!this.waits) this.#rights.set(sku, rights + quantity)
      const sums = this.waits ? this.#pending : this.#applied
      sums.add(sku, cellOf[kind], quantity)
      return null
    }
    if (quantity > rights) {
      this.#short.set(sku, Math.min(quantity, this.#short.get(sku) ?? quantity))
      const { origin, stock } = this.#context
      return describeShortage(sku, quantity, stock(sku), { origin, units: rights })
    }
    this.#rights.set(sku, rights - quantity)
    this.#onHand.set(sku, onHand - quantity)
    this.#applied.add(sku, cellOf[kind], quantity)
    return null
  }

  /** With the gifts that share what was received. */
  effects(): readonly StockEffect[] {
    return effectsWithGifts(this.#context, this.#applied.movements())
  }

  obligations(): readonly ObligationDraft[] {
    const { key } = this.#context
    const isPending = this.#pending.movements().length > 0
    return isPending && key !== null ? [{ subject: 'key', id: key, item: '', when: 'stable' }] : []
  }

  /** Of `needs`, what movements were not taken for. One more of them is worth asking for, though the others cannot be had (S4). */
  shortages(needs: readonly StockNeed[]): readonly Shortage[] {
    return needs.flatMap(({ sku, units }) => {
      const smallest = this.#short.get(sku)
      const own = rightsOf(this.#context.ownStock(sku))
      if (smallest === undefined || units <= own) return []
      const spent = own - this.#rightsOf(sku)
      return [{ sku, missing: units - own, needed: units, least: Math.min(units, Math.max(0, spent) + smallest) }]
    })
  }

  /** Whether it has had to refuse a movement for want of rights. */
  get isShort(): boolean {
    return this.#short.size > 0
  }

  outcome(): StockOutcome {
    return { applied: this.#applied.movements(), pending: this.#pending.movements() }
  }

  #rightsOf(sku: string): number {
    return this.#rights.get(sku) ?? rightsOf(this.#context.ownStock(sku))
  }
}

/** Effects of movements at this origin; of what they receive, the other members are given their shares at once. */
export function effectsWithGifts(context: CommandContext, movements: readonly Movement[]): readonly StockEffect[] {
  return movements.map((movement) => {
    const { sku, received, returned, sold, writtenOff } = movement
    const effect = effectOf(movement)
    if (received === 0) return effect
    const rights = rightsOf(context.ownStock(sku)) + received + returned - sold - writtenOff
    return { ...effect, given: shareEvenly(context, received, rights) }
  })
}
