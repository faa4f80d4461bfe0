// How a shortage is told: what is known, and where it lies. Whether it is final is for the region to say, which knows
// whom it could ask (S4).

import type { UserError } from '../documents/command.ts'
import { rightsByRegion } from './levels.ts'
import type { StockRow } from './row.ts'

/** `rows` are all rows of the SKU that are known here. */
export function describeShortage(sku: string, units: number, rows: readonly StockRow[]): UserError {
  const rights = rightsByRegion(rows)
  const available = Math.max(
    0,
    rights.reduce((sum, right) => sum + right.units, 0),
  )
  return {
    code: 'OUT_OF_STOCK',
    message: `${units} units of ${sku} were asked for, ${available} are left: ask for fewer.`,
    sku,
    available,
    rights,
  }
}
