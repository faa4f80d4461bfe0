// Stock rows as they stand before the next commit of a batch: what the node holds, and on top what the commits before it
// have brought. Rows of the batch are laid beside what is held, never merged into it: only few are asked for again.

import type { Origin } from '@causeway/schema/clock/origin'
import { innerMap } from '@causeway/schema/inner-map'
import { emptyCells, type StockCells, type StockRow } from '@causeway/schema/stock/row'

type Place = Pick<StockRow, 'sku' | 'location'>
type Standing = Pick<StockRow, 'cells' | 'givenIn'>

export class StandingRows {
  readonly #held: (place: Place, holder: Origin) => Standing | undefined
  /** By holder and location, then by SKU: the last cells, and the units given to the holder. */
  readonly #cells = new Map<string, Map<string, StockCells>>()
  readonly #gifts = new Map<string, Map<string, number>>()

  /** `held`: the row that is held of any SKU that the batch has rows of; undefined where there is none. */
  constructor(held: (place: Place, holder: Origin) => Standing | undefined) {
    this.#held = held
  }

  /** Undefined where there is no such row. */
  row(place: Place, holder: Origin): Standing | undefined {
    const held = this.#held(place, holder)
    const key = `${holder} ${place.location}`
    const cells = this.#cells.get(key)?.get(place.sku)
    const gifts = this.#gifts.get(key)?.get(place.sku)
    if (cells === undefined && gifts === undefined) return held
    return { cells: cells ?? held?.cells ?? emptyCells, givenIn: (held?.givenIn ?? 0) + (gifts ?? 0) }
  }

  /** The rows of a commit that stands. */
  take(rows: readonly (Place & { readonly holder: Origin; readonly cells: StockCells })[]): void {
    for (const row of rows) {
      const { sku, location, holder, cells } = row
      const before = this.row(row, holder)?.cells.given ?? emptyCells.given
      for (const receiver in cells.given) {
        const more = (cells.given[receiver] ?? 0) - (before[receiver] ?? 0)
        if (more === 0) continue
        const gifts = innerMap(this.#gifts, `${receiver} ${location}`)
        gifts.set(sku, (gifts.get(sku) ?? 0) + more)
      }
      innerMap(this.#cells, `${holder} ${location}`).set(sku, cells)
    }
  }

  /** These rows and more on top of them, which are taken nowhere else. */
  with(rows: Parameters<StandingRows['take']>[0]): StandingRows {
    const more = new StandingRows((place, holder) => this.row(place, holder))
    more.take(rows)
    return more
  }
}
