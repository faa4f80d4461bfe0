// How a shortage is told: what is known, and where it lies. By the time it is told for good, whoever could be asked has
// given what they could: units that are known all the same lie where they could not be had (S4).

import { type Origin, regionOf } from '../clock/origin.ts'
import { counted, plural } from '../counted.ts'
import type { UserError } from '../documents/command.ts'
import { maximumQuantity } from '../documents/parsing.ts'
import { rightsByRegion } from './levels.ts'
import type { StockRow } from './row.ts'

/** `rows` are all rows of the SKU that are known here; `here` is what this origin itself still holds of it. */
export function describeShortage(
  sku: string,
  units: number,
  rows: readonly StockRow[],
  here: { readonly origin: Origin; readonly units: number },
): UserError {
  const region = regionOf(here.origin)
  // What this region held before it was restored is its own again once that log is fenced (S7), and until then nobody's to sell.
  const elsewhere = rightsByRegion(rows.filter(({ holder }) => holder !== here.origin))
  const others = elsewhere.filter((right) => right.region !== region)
  const earlier = Math.max(0, elsewhere.find((right) => right.region === region)?.units ?? 0)
  const own = Math.max(0, here.units)
  const rights = [...others, { region, units: own + earlier }].sort((left, right) =>
    left.region < right.region ? -1 : 1,
  )
  const available = rights.reduce((sum, right) => sum + Math.max(0, right.units), 0)
  // More than that the API has no whole number for.
  const shown = rights.map((right) => ({ ...right, units: Math.min(right.units, maximumQuantity) }))
  const known = { sku, available: Math.min(available, maximumQuantity), rights: shown }
  const asked = `${counted(units, 'unit')} of ${sku} ${plural(units, 'was', 'were')} asked for`
  if (available < units) {
    const left =
      available === 0 ? 'none is left.' : `${available} ${plural(available, 'is', 'are')} left: ask for fewer.`
    const message = `${asked}, ${left}`
    return { code: 'OUT_OF_STOCK', message, ...known }
  }
  const holders = others.filter(({ units }) => units > 0).map((right) => right.region)
  if (earlier > 0) holders.push(`${region} from before it was restored`)
  const more = available - own
  const where = `${more} more ${plural(more, 'is', 'are')} known in ${holders.join(', ')} and could not be had from there now`
  const message = `${asked}, ${own} can be sold here; ${where}: try again later.`
  return { code: 'STOCK_UNREACHABLE', message, ...known }
}
