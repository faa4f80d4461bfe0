// Says a shortage truthfully (S4): OUT_OF_STOCK only where it is so as far as reachable regions know; where units that
// would do lie in a region that could not be asked, STOCK_UNREACHABLE. Pure.

import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { Decision, UserError } from '@causeway/schema/documents/command'
import { rightsOf, type StockRow } from '@causeway/schema/stock/row'

/** The errors of a refusal, with its OUT_OF_STOCK renamed where unreachable members hold what is missing. */
export function nameShortages(
  decision: Extract<Decision, { status: 'refused' }>,
  unreachable: ReadonlySet<RegionId>,
  rows: (sku: string) => readonly StockRow[],
): readonly UserError[] {
  return decision.errors.map((error) => {
    const shortage = decision.shortages.find(({ sku }) => sku === error.sku)
    if (error.code !== 'OUT_OF_STOCK' || !shortage || unreachable.size === 0) return error
    const cutOff = rows(shortage.sku).filter(({ holder }) => unreachable.has(regionOf(holder)))
    const units = cutOff.reduce((sum, row) => sum + rightsOf(row), 0)
    if (units < shortage.missing) return error
    const regions = [...new Set(cutOff.map(({ holder }) => regionOf(holder)))].join(', ')
    const message = `${units} units of ${shortage.sku} are known in ${regions}, which cannot be reached now; try again later`
    return { ...error, code: 'STOCK_UNREACHABLE', message }
  })
}
