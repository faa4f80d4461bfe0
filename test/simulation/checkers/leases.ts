// S6, once all is quiet: a lease's row is what its chain says, as the logs tell it; what was lent is sold, back or still with
// the device; and of a closed lease nothing is left. Counts by itself, from the text that the device signed.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { Written } from './history.ts'
import { rowsOf, unitsLeft } from './stock-watch.ts'
import { Violation } from './violation.ts'

interface LeaseModel {
  readonly lent: Map<Origin, number>
  readonly sold: Map<number, number>
  readonly released: Map<number, number>
  readonly back: Map<string, number>
  sku: string
  isEnded: boolean
}

interface SignedText {
  readonly lease: string
  readonly sku: string
  readonly number: number
  readonly step: string
  readonly sold: number
  readonly released: number
  readonly order: string
}

/** Units that a device has signed to have sold for an order, from one lease. */
export interface SignedSale {
  readonly lease: string
  readonly sku: string
  readonly order: string
  readonly units: number
}

/** What devices have sold, as the entries say that any region knows of. */
export function signedSales(log: readonly Written[]): readonly SignedSale[] {
  const chains = new Map<string, Map<number, SignedText>>()
  for (const { commit } of log) {
    for (const { type, entityId, data } of commit.events) {
      if (type !== 'lease.entry') continue
      const chain = chains.get(entityId) ?? new Map<number, SignedText>()
      const text = JSON.parse(String(data.payload)) as SignedText
      chains.set(entityId, chain.set(text.number, text))
    }
  }
  return [...chains.values()].flatMap(salesOf)
}

function salesOf(chain: ReadonlyMap<number, SignedText>): readonly SignedSale[] {
  const units = new Map<string, number>()
  let before = { sold: 0, released: 0 }
  for (const text of [...chain.values()].sort((left, right) => left.number - right.number)) {
    const { order, sold, released } = text
    units.set(order, (units.get(order) ?? 0) + sold - before.sold - (released - before.released))
    before = text
  }
  const [{ lease = '', sku = '' } = {}] = [...chain.values()]
  return [...units].flatMap(([order, sum]) => (sum === 0 ? [] : [{ lease, sku, order, units: sum }]))
}

function modelsOf(log: readonly Written[]): ReadonlyMap<string, LeaseModel> {
  const models = new Map<string, LeaseModel>()
  for (const { commit } of log) {
    for (const { type, entityId, data } of commit.events) {
      if (!type.startsWith('lease.')) continue
      const fresh = { lent: new Map(), sold: new Map(), released: new Map(), back: new Map(), sku: '', isEnded: false }
      const model: LeaseModel = models.get(entityId) ?? fresh
      models.set(entityId, model)
      if (type === 'lease.opened') {
        model.sku = String(data.sku)
        model.lent.set(commit.origin, Number(data.units))
      }
      if (type === 'lease.returned') model.back.set(String(data.id), Number(data.units))
      if (type === 'lease.ended') model.isEnded = true
      if (type !== 'lease.entry') continue
      // Nobody copies a device here, so of one number there is one entry.
      const { number, step, sold, released } = JSON.parse(String(data.payload)) as SignedText
      model.sold.set(number, sold)
      model.released.set(number, released)
      if (step === 'close') model.isEnded = true
    }
  }
  return models
}

/** The number of leases that were looked at. */
export function checkLeases(region: RegionId, database: MemoryDatabase, log: readonly Written[]): number {
  const models = modelsOf(log)
  for (const [id, { sku, lent, sold, released, back, isEnded }] of models) {
    const rows = rowsOf(database, sku)
    const row = rows.find(({ holder }) => holder === id)
    const sum = (units: ReadonlyMap<unknown, number>) => [...units.values()].reduce((all, one) => all + one, 0)
    const out = Math.max(0, ...sold.values()) + sum(back)
    const takenBack = Math.max(0, ...released.values())
    if (row?.givenIn !== sum(lent) || row.cells.sold !== out || row.cells.released !== takenBack)
      throw new Violation('S6', `${region} shows ${JSON.stringify(row)} for ${id}; sold should be ${out}`)
    const left = unitsLeft(row, rows)
    if (left !== sum(lent) - out + takenBack)
      throw new Violation('S6', `${region} has ${left} units with the device of ${id}`)
    if (isEnded && left !== 0) throw new Violation('S6', `${left} units of ${id} did not come back to any region`)
  }
  return models.size
}
