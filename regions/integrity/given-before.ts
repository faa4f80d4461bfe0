// What rows that give more had given before the batch that tells it: judgement has looked each of them up, and the store is
// spared reading it once more. Knows no commit.

import type { StockWrite } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import { innerMap } from '@causeway/schema/inner-map'
import { mainLocation, type OwnStockRow, type StockCells } from '@causeway/schema/stock/row'

export class GivenBefore {
  /** By holder, then by SKU; of the location that there is. */
  readonly #given = new Map<string, Map<string, StockCells['given']>>()

  /** Of several commits of a batch the first one counts. */
  note(holder: Origin, { sku, location, cells }: OwnStockRow, before: StockCells['given']): void {
    if (location !== mainLocation || isSame(cells.given, before)) return
    const given = innerMap(this.#given, holder)
    if (!given.has(sku)) given.set(sku, before)
  }

  addTo(row: StockWrite): StockWrite {
    const { sku, location, holder } = row
    const givenBefore = this.#given.get(holder)?.get(sku)
    return givenBefore === undefined || location !== mainLocation ? row : { ...row, givenBefore }
  }
}

function isSame(left: StockCells['given'], right: StockCells['given']): boolean {
  for (const holder in left) if (left[holder] !== right[holder]) return false
  for (const holder in right) if (left[holder] === undefined) return false
  return true
}
