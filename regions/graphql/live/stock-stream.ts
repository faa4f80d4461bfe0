// stockChanged: the level of some SKUs after every commit that changed it. Commits carry absolute rows, so levels follow from
// the log; the store is read for what the log ahead does not tell: rows that it does not touch, and rows of leases. What a row was
// before the log ahead is recorded nowhere: a level is shown from where on all of its rows are known, and is exactly that of its token.

import type { StoreView } from '@causeway/db/views'
import type { Origin } from '@causeway/schema/clock/origin'
import { covers, type VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import { idRule, isCallerId } from '@causeway/schema/documents/ids'
import { type ReclaimedRow, rowsOf } from '@causeway/schema/stock/reclaim'
import { emptyCells, type OwnStockRow, type StockCells, type StockRow } from '@causeway/schema/stock/row'
import { leasedSkus, tellsOfLeases } from '../../stock/lease-rows.ts'
import type { RequestContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { type StockLevel, stockSource } from '../stock-level.ts'
import { closable, type Emission, heldOf, type Step, startOf, stepsAfter } from './stream.ts'

export const maximumSkus = 1_000

/** Commits shown one by one while catching up; who is further behind is shown each SKU once, as it stands then. */
export const maximumCatchUp = 20_000

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
  const start = startOf(args.after, context.region)
  return closable((signal) => follow([...new Set(args.skus)].sort(), start, context, signal))
}

async function* follow(
  skus: readonly string[],
  asked: VersionVector | null,
  context: RequestContext,
  signal: AbortSignal,
): AsyncGenerator<Emission<ShownLevel>> {
  const { region } = context
  const start = asked && (await heldOf(asked, context))
  const watched = new Set(skus)
  const shelf = new Shelf()
  const level = (sku: string, wallMs: number) => ({
    ...stockSource(sku, shelf.rows(sku), region.members),
    updatedAt: wallMs,
  })
  const read = await readRows(skus, context)
  const begin = start ?? read.frontier
  const steps = stepsAfter(region, begin, signal)
  const ahead = new Ahead(begin, watched)
  await ahead.take(steps, read.frontier)
  shelf.fill(read.rows)
  if (start === null) for (const sku of skus) yield { value: level(sku, read.wallMs), token: begin }
  yield* show(ahead, watched, read.wallMs)
  for await (const step of steps) {
    const ahead = new Ahead(step.before, watched)
    ahead.add(step)
    const fresh = new Set<string>()
    let wallMs = 0
    // Rows that no commit tells are read, and the log is followed up to the moment that was read.
    for (let wanted = ahead.unread(fresh); wanted.length > 0; wanted = ahead.unread(fresh)) {
      for (const sku of wanted) fresh.add(sku)
      const read = await readRows([...fresh], context)
      await ahead.take(steps, read.frontier)
      shelf.fill(read.rows)
      wallMs = read.wallMs
    }
    yield* show(ahead, fresh, wallMs)
  }

  /** `fresh`: SKUs whose rows on the shelf are as of the end of what lies ahead, `readMs`; all others' as of its beginning. */
  function* show(ahead: Ahead, fresh: ReadonlySet<string>, readMs: number): Generator<Emission<ShownLevel>> {
    if (ahead.changes === null) {
      yield* inTurn([...ahead.touched], readMs, ahead.from, ahead.reached)
      return
    }
    const knownFrom = new Map<string, number>()
    const rows = new Set<string>()
    for (const [place, change] of ahead.changes.entries()) {
      if (!change.isTold) for (const sku of change.skus) knownFrom.set(sku, place)
      for (const row of change.rows) {
        const name = `${row.sku}/${nameOf(row, row.holder)}`
        if (rows.has(name) || !fresh.has(row.sku)) continue
        rows.add(name)
        knownFrom.set(row.sku, place)
        shelf.put(row, row.holder)
      }
    }
    for (const [place, change] of ahead.changes.entries()) {
      for (const row of change.rows) shelf.put(row, row.holder)
      const known = [...change.skus].filter((sku) => place >= (knownFrom.get(sku) ?? 0))
      yield* inTurn(known, change.wallMs, change.before, change.after)
    }
  }

  /** The token moves past the commit with its last level: one that is cut off before it is shown again, none is lost. */
  function* inTurn(
    skus: readonly string[],
    wallMs: number,
    before: VersionVector,
    after: VersionVector,
  ): Generator<Emission<ShownLevel>> {
    let left = skus.length
    for (const sku of skus.toSorted()) {
      left -= 1
      yield { value: level(sku, wallMs), token: left === 0 ? after : before }
    }
  }
}

/** A commit that changes levels of the watched SKUs. */
interface Change {
  readonly rows: readonly ReclaimedRow[]
  readonly skus: ReadonlySet<string>
  /** False where it may have changed other rows, too: those of leases are in no commit, and of two logs they are merged. */
  readonly isTold: boolean
  readonly wallMs: number
  readonly before: VersionVector
  readonly after: VersionVector
}

/** What of the log lies between a subscriber and a moment that was read. */
class Ahead {
  readonly from: VersionVector
  readonly touched = new Set<string>()
  readonly #watched: ReadonlySet<string>
  reached: VersionVector
  /** Null where they are more than are shown one by one. */
  changes: Change[] | null = []

  constructor(from: VersionVector, watched: ReadonlySet<string>) {
    this.from = from
    this.reached = from
    this.#watched = watched
  }

  add({ entry, before, after }: Step): void {
    this.reached = after
    const written = rowsOf(entry.commit).filter(({ sku }) => this.#watched.has(sku))
    const isOfLeases = tellsOfLeases(entry.commit)
    const isBeside = isBranch(entry.sealed.origin)
    const skus = new Set(written.map(({ sku }) => sku))
    if (isOfLeases) for (const sku of leasedSkus(entry.commit)) if (this.#watched.has(sku)) skus.add(sku)
    if (skus.size === 0) return
    for (const sku of skus) this.touched.add(sku)
    if (this.changes === null || this.changes.length >= maximumCatchUp) this.changes = null
    else {
      const rows = isBeside ? [] : written
      this.changes.push({
        rows,
        skus,
        isTold: !isOfLeases && !isBeside,
        wallMs: entry.sealed.time.wallMs,
        before,
        after,
      })
    }
  }

  /** Up to what `holds` covers. */
  async take(steps: AsyncGenerator<Step>, holds: VersionVector): Promise<void> {
    while (!covers(this.reached, holds)) {
      const { done, value } = await steps.next()
      if (done === true) return
      this.add(value)
    }
  }

  /** SKUs that have to be read and are not among `fresh`. */
  unread(fresh: ReadonlySet<string>): readonly string[] {
    const wanted =
      this.changes === null ? [this.touched] : this.changes.flatMap(({ isTold, skus }) => (isTold ? [] : [skus]))
    return [...new Set(wanted.flatMap((skus) => [...skus]))].filter((sku) => !fresh.has(sku))
  }
}

/** Rows of the SKUs as of one moment. */
async function readRows(skus: readonly string[], { region }: RequestContext) {
  const view = region.store.view()
  try {
    const [rows, { frontier, time }] = await Promise.all([loadRows(skus, view), view.moment])
    return { rows, frontier, wallMs: time.wallMs }
  } finally {
    view.end()
  }
}

async function loadRows(skus: readonly string[], from: Pick<StoreView, 'load'>): Promise<readonly StockRow[]> {
  const { stock } = await from.load({ documents: [], ids: [], aliases: [], skus, keys: [], bytes: [] })
  return stock
}

function nameOf({ location }: OwnStockRow, holder: Origin): string {
  return `${location}/${holder}`
}

/** The rows of the watched SKUs as of one place in the log. */
class Shelf {
  readonly #cells = new Map<string, Map<string, { holder: Origin; location: string; cells: StockCells }>>()

  fill(rows: readonly StockRow[]): void {
    for (const row of rows) this.put(row, row.holder)
  }

  put(row: OwnStockRow, holder: Origin): void {
    const held = this.#cells.get(row.sku) ?? new Map()
    held.set(nameOf(row, holder), { holder, location: row.location, cells: row.cells })
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
