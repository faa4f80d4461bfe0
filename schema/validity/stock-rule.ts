// The stock rows of a commit: rows of what can be stocked, cells that only grow (S2), gifts to others (S3), and rights
// that are never negative (S1).

import { isOrigin, type Origin } from '../clock/origin.ts'
import { isCallerId } from '../documents/ids.ts'
import type { OwnStockRow, StockRow } from '../stock/row.ts'
import { emptyCells, mainLocation, rightsOf } from '../stock/row.ts'
import { type Flaw, flaw, isUnits } from './flaw.ts'

const counts = ['received', 'returned', 'sold', 'released', 'shipped', 'writtenOff'] as const

/** Of each row what was held before it; undefined where there was none. */
type Held = readonly (Pick<StockRow, 'cells' | 'givenIn'> | undefined)[]

/** By the commit alone and its origin's own rows before it. */
export function findStockFlaw(origin: Origin, rows: readonly OwnStockRow[], before: Held): Flaw | null {
  const seen = new Set<string>()
  /** Who may be given units; they are the same few in every row. */
  const receivers = new Set<string>()
  const name = ({ sku }: OwnStockRow) => `the row of ${origin} for ${sku.slice(0, 130)}`
  for (const [index, row] of rows.entries()) {
    const { sku, location, cells } = row
    if (!isCallerId(sku) || location !== mainLocation)
      return flaw('S2', `${name(row)} is of nothing that can be stocked`)
    if (seen.has(sku)) return flaw('S2', `${name(row)} comes twice`)
    seen.add(sku)
    const held = before[index]?.cells ?? emptyCells
    for (const count of counts) {
      if (!isUnits(cells[count])) return flaw('S2', `${name(row)}: ${count} is ${cells[count]}`)
      if (cells[count] < held[count])
        return flaw('S2', `${name(row)}: ${count} shrinks from ${held[count]} to ${cells[count]}`)
    }
    for (const holder in cells.given) {
      const mayReceive = receivers.has(holder) || (isOrigin(holder) && holder !== origin)
      if (mayReceive) receivers.add(holder)
      if (!mayReceive || !isUnits(cells.given[holder]))
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
export function findRightsFlaw(origin: Origin, rows: readonly OwnStockRow[], before: Held): Flaw | null {
  for (const [index, row] of rows.entries()) {
    const rights = rightsOf({ cells: row.cells, givenIn: before[index]?.givenIn ?? 0 })
    if (rights < 0) return flaw('S1', `${origin} would have ${rights} units of ${row.sku}`)
  }
  return null
}
