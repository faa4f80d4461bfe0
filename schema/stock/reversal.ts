// What a keyed stock command did, as its outcome tells it to every region, and how that is taken back: cells only
// grow, so every growth has a counter-growth. Knows no key and no context.

import type { StockEffect } from '../documents/command.ts'
import type { Json, JsonObject } from '../json.ts'
import { mainLocation } from './row.ts'

/** Growth of one SKU's cells, gifts aside: those were made from what was received and stay. */
export interface Movement {
  readonly sku: string
  readonly received: number
  readonly returned: number
  readonly sold: number
  readonly writtenOff: number
}

/** What an outcome says was done at once, and what waits until it is stable (I4). */
export interface StockOutcome {
  readonly applied: readonly Movement[]
  readonly pending: readonly Movement[]
}

const cells = ['received', 'returned', 'sold', 'writtenOff'] as const
export type MovementCell = (typeof cells)[number]

/** Sums up movements by SKU. */
export class MovementSums {
  readonly #bySku = new Map<string, Record<MovementCell, number>>()

  add(sku: string, cell: MovementCell, units: number): void {
    const sums = this.#bySku.get(sku) ?? { received: 0, returned: 0, sold: 0, writtenOff: 0 }
    sums[cell] += units
    this.#bySku.set(sku, sums)
  }

  movements(): readonly Movement[] {
    return [...this.#bySku].map(([sku, sums]) => ({ sku, ...sums }))
  }
}

export function writeOutcome({ applied, pending }: StockOutcome): JsonObject {
  return {
    ...(applied.length > 0 && { applied: applied.map(writeMovement) }),
    ...(pending.length > 0 && { pending: pending.map(writeMovement) }),
  }
}

function writeMovement(movement: Movement): JsonObject {
  const written: Record<string, Json> = { sku: movement.sku }
  for (const cell of cells) if (movement[cell] > 0) written[cell] = movement[cell]
  return written
}

/** The inverse of `writeOutcome`, for the result of any command; empty lists where it moved no stock. */
export function readOutcome(result: JsonObject): StockOutcome {
  return { applied: readMovements(result.applied), pending: readMovements(result.pending) }
}

function readMovements(value: Json | undefined): readonly Movement[] {
  if (!Array.isArray(value)) return []
  return value.map((entry) => ({ received: 0, returned: 0, sold: 0, writtenOff: 0, ...(entry as { sku: string }) }))
}

/** The growth of cells that a movement is. A sale at a till has left the house at once. */
export function effectOf({ sku, received, returned, sold, writtenOff }: Movement): StockEffect {
  return { sku, location: mainLocation, received, returned, sold, shipped: sold, writtenOff }
}

/** The growth that takes a movement back: what came in is written off, what went out comes back. */
export function reversalOf({ sku, received, returned, sold, writtenOff }: Movement): StockEffect {
  return { sku, location: mainLocation, returned: sold + writtenOff, writtenOff: received + returned }
}
