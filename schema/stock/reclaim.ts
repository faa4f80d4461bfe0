// reclaimStock, an internal command: moves what a fenced origin leaves behind to the rows of the region that takes it over
// (S7). The fenced row gives its rights, and what its orders hold is held by the other row from then on: it comes to an end
// with neither. Its last cells travel as an event, for a commit's own rows are those of its origin (S2).

import * as z from 'zod'
import type { Origin } from '../clock/origin.ts'
import type { Commit, CommitEvent } from '../commit/commit.ts'
import { accept, type CommandDefinition, noReads, type StockEffect } from '../documents/command.ts'
import { stockId } from '../documents/ids.ts'
import { parserOf } from '../documents/parsing.ts'
import { innerMap } from '../inner-map.ts'
import type { JsonObject } from '../json.ts'
import { mainLocation, rightsOf, type StockCells, type StockRow } from './row.ts'

export const reclaimedEvent = 'stock.reclaimed'

/** A row of another holder, as it is left. */
export type ReclaimedRow = Pick<StockRow, 'sku' | 'location' | 'holder' | 'cells'>

export interface ReclaimStockInput {
  readonly from: Origin
  readonly skus: readonly string[]
}

export const reclaimStock: CommandDefinition<ReclaimStockInput> = {
  name: 'reclaimStock',
  parse: parserOf(z.object({ from: z.string(), skus: z.array(z.string()) })),
  reads: ({ skus }) => ({ ...noReads, skus }),
  run(context, { from, skus }) {
    if (!context.fencing.estate.includes(from)) return accept({ result: {} })
    const reclaimed: ReclaimedRow[] = []
    const stock: StockEffect[] = []
    for (const sku of new Set(skus)) {
      const row = context.stock(sku).find(({ holder, location }) => holder === from && location === mainLocation)
      if (row === undefined) continue
      const rights = rightsOf(row)
      const reserved = coveredOf(row, rightsOf(context.ownStock(sku)))
      const units = Math.max(0, rights + reserved)
      if (units + reserved === 0) continue
      reclaimed.push({
        sku,
        location: mainLocation,
        holder: from,
        cells: left(row.cells, context.origin, units, reserved),
      })
      stock.push({ sku, location: mainLocation, sold: reserved })
    }
    return accept({ events: reclaimed.map(eventOf), stock, reclaimed, result: { rows: reclaimed.length } })
  },
}

/**
 * Of what its orders hold as much as can be taken over. Of a holder that has signed two logs that may be less: who takes it over
 * pays for what was given too much, as far as it can.
 */
function coveredOf(row: StockRow, own: number): number {
  const { sold, released, shipped } = row.cells
  const reserved = Math.max(0, sold - released - shipped)
  const debt = Math.max(0, -rightsOf(row))
  return own >= debt ? reserved : Math.min(reserved, own)
}

function left(cells: StockCells, to: Origin, units: number, reserved: number): StockCells {
  const given = { ...cells.given, [to]: (cells.given[to] ?? 0) + units }
  return { ...cells, released: cells.released + reserved, given }
}

function eventOf({ sku, location, holder, cells }: ReclaimedRow): CommitEvent {
  const data = { sku, location, holder, cells: { ...cells } satisfies JsonObject }
  return { type: reclaimedEvent, entityId: stockId(sku), data, placement: 'everywhere' }
}

/** Puts a reclaimed row in its place among those of other holders; the own row, with what it was given more. */
export function takeOver(row: ReclaimedRow, others: StockRow[], own: StockRow): StockRow {
  const place = others.findIndex(({ holder, location }) => holder === row.holder && location === row.location)
  const before = others[place]
  if (before === undefined) throw new Error(`${row.holder} has no row of ${row.sku} that could be taken over`)
  others[place] = { ...before, cells: row.cells }
  const more = (row.cells.given[own.holder] ?? 0) - (before.cells.given[own.holder] ?? 0)
  return { ...own, givenIn: own.givenIn + more }
}

/** Rows of fenced holders that a commit writes, besides those of its own. Its shape has been judged. */
export function reclaimedRows({ events }: Pick<Commit, 'events'>): readonly ReclaimedRow[] {
  const rows: ReclaimedRow[] = []
  // Only these events' data is looked at: reading it of every event would parse them all.
  for (const event of events) if (event.type === reclaimedEvent) rows.push(event.data as unknown as ReclaimedRow)
  return rows
}

/** All rows that a commit writes. */
export function rowsOf(commit: Pick<Commit, 'origin' | 'events' | 'stock'>): readonly ReclaimedRow[] {
  const { origin, stock } = commit
  const own = stock.map(({ sku, location, cells }) => ({ sku, location, holder: origin, cells }))
  const others = reclaimedRows(commit)
  return others.length === 0 ? own : [...own, ...others]
}

/** The last absolute cells of each row that commits write, in their order: later ones hold at least what earlier ones did. */
export function lastRowsOf(commits: readonly Parameters<typeof rowsOf>[0][]): readonly ReclaimedRow[] {
  const [first] = commits
  if (commits.length === 1 && first !== undefined) return rowsOf(first)
  const last = new Map<Origin, Map<string, ReclaimedRow>>()
  for (const commit of commits) {
    for (const row of rowsOf(commit)) innerMap(last, row.holder).set(nameOf(row), row)
  }
  return [...last.values()].flatMap((rows) => [...rows.values()])
}

/** Joining the two for every row would cost as much as the rest, and there is one location. */
function nameOf({ sku, location }: ReclaimedRow): string {
  return location === mainLocation ? sku : `${sku}\n${location}`
}
