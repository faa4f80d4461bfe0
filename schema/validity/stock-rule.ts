// The stock rows of a commit: rows of what can be stocked, cells that only grow (S2), gifts to others (S3), and rights
// that are never negative (S1).

import { isOrigin, type Origin } from '../clock/origin.ts'
import { isCallerId } from '../documents/ids.ts'
import type { OwnStockRow, StockRow } from '../stock/row.ts'
import { emptyCells, mainLocation, rightsOf } from '../stock/row.ts'
import { type Flaw, flaw, isUnits } from './flaw.ts'

const counts = ['received', 'returned', 'sold', 'released', 'shipped', 'writtenOff'] as const

/** By the commit alone and its origin's own rows before it. */
export function findStockFlaw(
  origin: Origin,
  rows: readonly OwnStockRow[],
  before: (row: OwnStockRow) => Pick<StockRow, 'cells' | 'givenIn'> | undefined,
): Flaw | null {
  const seen = new Set<string>()
  const name = ({ sku }: OwnStockRow) => `the row of ${origin} for ${sku.slice(0, 130)}`
  for (const row of rows) {
    const { sku, location, cells } = row
    if (!isCallerId(sku) || location !== mainLocation)
      return flaw('S2', `${name(row)} is of nothing that can be stocked`)
    if (seen.has(sku)) return flaw('S2', `${name(row)} comes twice`)
    seen.add(sku)
    const held = before(row)?.cells ?? emptyCells
    for (const count of counts) {
      if (!isUnits(cells[count])) return flaw('S2', `${name(row)}: ${count} is ${cells[count]}`)
      if (cells[count] < held[count])
        return flaw('S2', `${name(row)}: ${count} shrinks from ${held[count]} to ${cells[count]}`)
    }
    for (const holder in cells.given) {
      if (!isOrigin(holder) || holder === origin || !isUnits(cells.given[holder]))
        return flaw('S3', `${name(row)}: ${String(cells.given[holder])} units are given to ${holder}`)
    }
    for (const holder in held.given) {
      if ((cells.given[holder] ?? 0) < (held.given[holder] ?? 0))
        return flaw('S2', `${name(row)}: what was given to ${holder} shrinks`)
    }
  }
  return null
}

/**
 * Rows that take more than their holder has, as far as the gifts that are applied here tell. An honest writer's clock
 * holds every gift that it spends, so this is never the order of arrival; and a gift that comes later mends it.
 */
export function findRightsFlaw(
  origin: Origin,
  rows: readonly OwnStockRow[],
  before: (row: OwnStockRow) => Pick<StockRow, 'cells' | 'givenIn'> | undefined,
): Flaw | null {
  for (const row of rows) {
    const rights = rightsOf({ cells: row.cells, givenIn: before(row)?.givenIn ?? 0 })
    if (rights < 0) return flaw('S1', `${origin} would have ${rights} units of ${row.sku}`)
  }
  return null
}
