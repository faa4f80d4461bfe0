// What the rows of a SKU add up to, and a row after an effect. Knows no order and no command.

import { type RegionId, regionOf } from '../clock/origin.ts'
import type { StockEffect } from '../documents/command.ts'
import { isLeaseRow } from './lease/holder.ts'
import { rightsOf, type StockRow } from './row.ts'

export interface StockLevelView {
  /** Units that can still be sold, in whichever region: onHand - reserved - leased. */
  readonly available: number
  /** Units held by orders that have not shipped. */
  readonly reserved: number
  /** Units lent to devices and not yet sold or returned. */
  readonly leased: number
  /** Units in the house. */
  readonly onHand: number
  /** By region, sorted; of all incarnations of a region together. */
  readonly rights: readonly { readonly region: RegionId; readonly units: number }[]
}

/** The level of one SKU from all of its rows that are known; zeros for none. */
export function stockLevel(rows: readonly StockRow[]): StockLevelView {
  const onHand = onHandOf(rows)
  let reserved = 0
  let leased = 0
  for (const row of rows) {
    const { cells } = row
    reserved += cells.sold - cells.released - cells.shipped
    if (isLeaseRow(row)) leased += rightsOf(row)
  }
  return { available: onHand - reserved - leased, reserved, leased, onHand, rights: rightsByRegion(rows) }
}

/** The same as `stockLevel` says it, by itself: it is asked for at every movement. */
export function onHandOf(rows: readonly StockRow[]): number {
  let onHand = 0
  for (const { cells } of rows) onHand += cells.received + cells.returned - cells.shipped - cells.writtenOff
  return onHand
}

/** Units that each region may sell without asking anyone, as far as the rows tell. */
export function rightsByRegion(rows: readonly StockRow[]): StockLevelView['rights'] {
  const units = new Map<RegionId, number>()
  for (const row of rows) {
    if (isLeaseRow(row)) continue
    const region = regionOf(row.holder)
    units.set(region, (units.get(region) ?? 0) + rightsOf(row))
  }
  return [...units].sort(([left], [right]) => (left < right ? -1 : 1)).map(([region, sum]) => ({ region, units: sum }))
}

/** The row grown by an effect. Throws RangeError where a cell would shrink: cells only grow. */
export function applyEffect(row: StockRow, effect: StockEffect): StockRow {
  const { sku, location, holder, givenIn, cells } = row
  // Spelled out and shared where nothing is given: this runs for every line that is sold.
  return {
    sku,
    location,
    holder,
    givenIn,
    cells: {
      received: cells.received + growth(effect.received),
      returned: cells.returned + growth(effect.returned),
      sold: cells.sold + growth(effect.sold),
      released: cells.released + growth(effect.released),
      shipped: cells.shipped + growth(effect.shipped),
      writtenOff: cells.writtenOff + growth(effect.writtenOff),
      given: effect.given === undefined ? cells.given : grownGifts(cells.given, effect.given),
    },
  }
}

function grownGifts(given: StockRow['cells']['given'], more: StockRow['cells']['given']): StockRow['cells']['given'] {
  const grown = { ...given }
  for (const [holder, units] of Object.entries(more)) grown[holder] = (grown[holder] ?? 0) + growth(units)
  return grown
}

function growth(units = 0): number {
  if (!Number.isSafeInteger(units) || units < 0) throw new RangeError(`a stock cell cannot grow by ${units}`)
  return units
}

/** Units that an effect takes from its row's rights, on balance; negative where it adds to them. */
export function rightsTakenBy(effect: StockEffect): number {
  const { received = 0, returned = 0, released = 0, sold = 0, writtenOff = 0, given = {} } = effect
  const givenOut = Object.values(given).reduce((sum, units) => sum + units, 0)
  return sold + writtenOff + givenOut - received - returned - released
}
