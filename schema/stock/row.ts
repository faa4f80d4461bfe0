// One stock row: the cells of one SKU at one location that one holder alone writes. Cells only grow and merge by
// maximum, so no two replicas can conflict. (Bounded counter: Balegas et al., "Extending Eventually Consistent Cloud
// Databases for Enforcing Numeric Invariants", 2015.)

import type { Origin } from '../clock/origin.ts'

export interface StockCells {
  readonly received: number
  readonly returned: number
  readonly sold: number
  readonly released: number
  readonly shipped: number
  readonly writtenOff: number
  /** Units given, by receiving holder. */
  readonly given: Readonly<Record<Origin, number>>
}

/** A row as a commit carries it: its holder is the commit's origin (S2). */
export interface OwnStockRow {
  readonly sku: string
  readonly location: string
  readonly cells: StockCells
}

/** A row as a region knows it. `givenIn` is derived: the sum of what other rows have given to this holder. */
export interface StockRow extends OwnStockRow {
  readonly holder: Origin
  readonly givenIn: number
}

export const mainLocation = 'main'

export const emptyCells: StockCells = Object.freeze({
  received: 0,
  returned: 0,
  sold: 0,
  released: 0,
  shipped: 0,
  writtenOff: 0,
  given: Object.freeze({}),
})

/** Units that the holder may sell without asking anyone. */
export function rightsOf(row: Pick<StockRow, 'cells' | 'givenIn'>): number {
  const { received, returned, released, sold, writtenOff, given } = row.cells
  let givenOut = 0
  for (const holder in given) givenOut += given[holder] ?? 0
  return received + returned + released + row.givenIn - givenOut - sold - writtenOff
}
