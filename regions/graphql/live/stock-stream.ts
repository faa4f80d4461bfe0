// stockChanged: the level of some SKUs after every commit that changed it. Commits carry absolute rows, so levels are
// computed from the log alone; the store is read once, for the rows that the log ahead does not touch.

import type { StoreView } from '@causeway/db/views'
import type { Origin } from '@causeway/schema/clock/origin'
import { covers, type VersionVector } from '@causeway/schema/clock/version-vector'
import { idRule, isCallerId } from '@causeway/schema/documents/ids'
import { isLeaseRow } from '@causeway/schema/stock/lease/holder'
import { rowsOf } from '@causeway/schema/stock/reclaim'
import { emptyCells, type OwnStockRow, type StockCells, type StockRow } from '@causeway/schema/stock/row'
import { leasedSkus, tellsOfLeases } from '../../stock/lease-rows.ts'
import type { RequestContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { type StockLevel, stockSource } from '../stock-level.ts'
import { closable, type Emission, type Step, startOf, stepsAfter } from './stream.ts'

export const maximumSkus = 1_000

/** Commits kept while catching up; beyond, the rows that they did not touch may show their newer state early. */
const maximumCatchUp = 20_000

export type ShownLevel = StockLevel & { readonly updatedAt: number }

export interface StockChangedArgs {
  readonly skus: readonly string[]
  readonly after?: string | null
}

export function stockChanges(
  args: StockChangedArgs,
  context: RequestContext,
): AsyncIterableIterator<Emission<ShownLevel>> {
  if (args.skus.length === 0 || args.skus.length > maximumSkus) {
    throw apiError('BAD_USER_INPUT', `\`skus\` is 1 to ${maximumSkus} SKUs, not ${args.skus.length}.`)
  }
  const wrong = args.skus.findIndex((sku) => !isCallerId(sku))
  if (wrong >= 0) throw apiError('BAD_USER_INPUT', `\`skus[${wrong}]\` is no SKU: ${idRule}.`)
  const start = startOf(args.after)
  return closable((signal) => follow([...new Set(args.skus)].sort(), start, context, signal))
}

async function* follow(
  skus: readonly string[],
  start: VersionVector | null,
  context: RequestContext,
  signal: AbortSignal,
): AsyncGenerator<Emission<ShownLevel>> {
  const { region } = context
  const read = await readRows(skus, start, context)
  const steps = stepsAfter(region, read.start, signal)
  const ahead = await catchUp(steps, read.start, read.holds)
  const watched = new Set(skus)
  const shelf = new Shelf(read.rows)
  // A row that changes in the commits ahead is shown as the first of them has it: what it was before is not recorded.
  for (const { entry } of [...ahead].reverse()) {
    for (const row of rowsOf(entry.commit)) if (watched.has(row.sku)) shelf.put(row, row.holder)
  }
  const level = (sku: string, wallMs: number) => ({
    ...stockSource(sku, shelf.rows(sku), region.members),
    updatedAt: wallMs,
  })
  if (start === null) for (const sku of skus) yield { value: level(sku, read.wallMs), token: read.start }
  const show = async function* ({ entry, before, after }: Step): AsyncGenerator<Emission<ShownLevel>> {
    const touched = new Set<string>()
    for (const row of rowsOf(entry.commit)) {
      if (!watched.has(row.sku)) continue
      shelf.put(row, row.holder)
      touched.add(row.sku)
    }
    if (tellsOfLeases(entry.commit)) {
      // Rows of leases are in no commit: they are shown as they stand by now, and again with whatever moves them next.
      for (const sku of leasedSkus(entry.commit)) if (watched.has(sku)) touched.add(sku)
      for (const row of await loadRows([...touched], region.store)) if (isLeaseRow(row)) shelf.put(row, row.holder)
    }
    let left = touched.size
    // The token moves past the commit with its last level: one that is cut off before it is shown again, none is lost.
    for (const sku of [...touched].sort()) {
      left -= 1
      yield { value: level(sku, entry.sealed.time.wallMs), token: left === 0 ? after : before }
    }
  }
  for (const step of ahead) yield* show(step)
  for await (const step of steps) yield* show(step)
}

/** Rows of the SKUs as of one moment, and where the subscription starts: there, where it says nothing else. */
async function readRows(skus: readonly string[], start: VersionVector | null, { region }: RequestContext) {
  const view = region.store.view()
  try {
    const [rows, { frontier, time }] = await Promise.all([loadRows(skus, view), view.moment])
    return { rows, start: start ?? frontier, holds: frontier, wallMs: time.wallMs }
  } finally {
    view.end()
  }
}

async function loadRows(skus: readonly string[], from: Pick<StoreView, 'load'>): Promise<readonly StockRow[]> {
  const { stock } = await from.load({ documents: [], ids: [], aliases: [], skus, keys: [], bytes: [] })
  return stock
}

/** The commits between the start and what the rows hold. */
async function catchUp(steps: AsyncGenerator<Step>, start: VersionVector, holds: VersionVector): Promise<Step[]> {
  const ahead: Step[] = []
  let reached = start
  while (!covers(reached, holds) && ahead.length < maximumCatchUp) {
    const { done, value } = await steps.next()
    if (done === true) break
    ahead.push(value)
    reached = value.after
  }
  return ahead
}

/** The rows of the watched SKUs as of one place in the log. */
class Shelf {
  readonly #cells = new Map<string, Map<string, { holder: Origin; location: string; cells: StockCells }>>()

  constructor(rows: readonly StockRow[]) {
    for (const row of rows) this.put(row, row.holder)
  }

  put(row: OwnStockRow, holder: Origin): void {
    const held = this.#cells.get(row.sku) ?? new Map()
    held.set(`${row.location}/${holder}`, { holder, location: row.location, cells: row.cells })
    this.#cells.set(row.sku, held)
  }

  rows(sku: string): StockRow[] {
    const held = [...(this.#cells.get(sku)?.values() ?? [])]
    // A holder that has only been given units has no row of its own yet, but a share.
    const seen = new Set(held.map(({ holder, location }) => `${location}/${holder}`))
    for (const { location, cells } of [...held]) {
      for (const holder of Object.keys(cells.given)) {
        if (seen.has(`${location}/${holder}`)) continue
        seen.add(`${location}/${holder}`)
        held.push({ holder, location, cells: emptyCells })
      }
    }
    return held.map(({ holder, location, cells }) => {
      const givers = held.filter((other) => other.location === location)
      const givenIn = givers.reduce((sum, { cells: { given } }) => sum + (given[holder] ?? 0), 0)
      return { sku, location, holder, cells, givenIn }
    })
  }
}
