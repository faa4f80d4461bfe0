// A stock level in the shape of the API. Pure; what rows add up to is decided in the shared vocabulary.

import type { RegionId } from '@causeway/schema/clock/origin'
import { stockId } from '@causeway/schema/documents/ids'
import { type StockLevelView, stockLevel } from '@causeway/schema/stock/levels'
import type { StockRow } from '@causeway/schema/stock/row'

export interface StockLevel extends StockLevelView {
  readonly __typename: 'StockLevel'
  readonly id: string
  readonly sku: string
}

/** What a GraphQL Int can say; more units than that are shown as this many. */
const maximumUnits = 2 ** 31 - 1

/** `rows` are all rows of the SKU; every member has a share, if of 0 units. */
export function stockSource(sku: string, rows: readonly StockRow[], members: readonly RegionId[]): StockLevel {
  const { available, reserved, leased, onHand, rights } = stockLevel(rows)
  const shares = new Map<RegionId, number>(members.map((member) => [member, 0]))
  for (const { region, units } of rights) shares.set(region, shown(units))
  return {
    __typename: 'StockLevel',
    id: stockId(sku),
    sku,
    available: shown(available),
    reserved: shown(reserved),
    leased: shown(leased),
    onHand: shown(onHand),
    rights: [...shares]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([region, units]) => ({ region, units })),
  }
}

function shown(units: number): number {
  return Math.min(units, maximumUnits)
}
