// Looks at the stock rows that a transaction has touched, the moment it is durable: no rights below zero on any replica,
// cells that only grow, rows that are what their one writer wrote. Counts by itself, not by the code that it checks.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { Commit } from '@causeway/schema/commit/commit'
import { rowsOf as rowsWrittenBy } from '@causeway/schema/stock/reclaim'
import type { StockCells, StockRow } from '@causeway/schema/stock/row'
import type { Written } from './history.ts'
import { Violation } from './violation.ts'

const counts = ['received', 'returned', 'sold', 'released', 'shipped', 'writtenOff'] as const

/** Units that a row's holder may still sell. */
export function unitsLeft(row: StockRow, rows: readonly StockRow[]): number {
  const { received, returned, released, sold, writtenOff, given } = row.cells
  const out = Object.values(given).reduce((sum, units) => sum + units, 0)
  return received + returned + released + givenTo(row.holder, rows) - out - sold - writtenOff
}

function givenTo(holder: Origin, rows: readonly StockRow[]): number {
  return rows.reduce((sum, { cells }) => sum + (cells.given[holder] ?? 0), 0)
}

export function rowsOf(database: MemoryDatabase, sku: string): readonly StockRow[] {
  return [...(database.stockBySku.get(sku) ?? [])].flatMap((key) => database.stock.get(key) ?? [])
}

/** One writing of a row, by its holder or, behind a fence, by who takes it over. */
interface Writing {
  readonly by: Origin
  readonly sequence: number
  readonly cells: StockCells
}

export class StockWatch {
  /** Holder and SKU → what was ever written of the row, in that order. */
  readonly #written = new Map<string, Writing[]>()

  look(region: RegionId, database: MemoryDatabase, applied: readonly Written[], fresh: readonly Written[]): void {
    for (const { commit } of fresh) this.#grow(commit)
    const last = new Map<string, { readonly holder: Origin; readonly cells: StockCells }>()
    const skus = new Set<string>()
    for (const { commit } of applied) {
      for (const { sku, location, holder, cells } of rowsWrittenBy(commit)) {
        skus.add(sku)
        last.set(`${sku}\u0000${location}\u0000${holder}`, { holder, cells })
      }
    }
    for (const [key, { holder, cells }] of last) {
      const row = database.stock.get(key)
      if (row === undefined || !sameCells(row.cells, cells))
        throw new Violation(
          'W3',
          `${region} does not hold the row of ${holder} as the commit tells it: ${key.split('\u0000')[0]}`,
        )
    }
    for (const sku of skus) checkRows(region, rowsOf(database, sku))
  }

  /** Compared with the last that its writer knows of: what was written beyond a fence, or went with a disk, nobody else knows. */
  #grow(commit: Commit): void {
    const { origin, clock, lastSequence: sequence } = commit
    for (const { sku, holder, cells } of rowsWrittenBy(commit)) {
      const key = `${holder} ${sku}`
      const writings = this.#written.get(key) ?? []
      this.#written.set(key, writings)
      const before = writings.findLast(({ by, sequence: at }) => by === origin || sequenceOf(clock, by) >= at)?.cells
      writings.push({ by: origin, sequence, cells })
      if (before === undefined) continue
      const shrunk = counts.find((cell) => cells[cell] < before[cell])
      const taken = Object.keys(before.given).find((to) => (cells.given[to] ?? 0) < (before.given[to] ?? 0))
      if (shrunk !== undefined || taken !== undefined)
        throw new Violation('S2', `${holder} lets a cell of its row of ${sku} shrink: ${shrunk ?? `given to ${taken}`}`)
    }
  }
}

/** S1, and the derived sum of gifts, of one SKU on one replica as it stands. */
function checkRows(region: RegionId, rows: readonly StockRow[]): void {
  for (const row of rows) {
    const left = unitsLeft(row, rows)
    if (left < 0) throw new Violation('S1', `${row.holder} has ${left} units of ${row.sku}, as ${region} sees it`)
    const into = givenTo(row.holder, rows)
    if (into !== row.givenIn)
      throw new Violation('S3', `${region} counts ${row.givenIn} units given to ${row.holder}, given are ${into}`)
  }
}

function sameCells(left: StockCells, right: StockCells): boolean {
  const holders = Object.keys({ ...left.given, ...right.given })
  return (
    counts.every((cell) => left[cell] === right[cell]) &&
    holders.every((holder) => (left.given[holder] ?? 0) === (right.given[holder] ?? 0))
  )
}
