// Once all is quiet: every order is what its facts come to, and every unit is accounted for. What must be there is worked
// out from what callers asked and from the logs, never from the rows.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import { orderKind } from '@causeway/schema/documents/order/kind'
import type { Asked, Told } from '../callers/told.ts'
import { type Departures, mayBeLost } from './departures.ts'
import type { Written } from './history.ts'
import { type SignedSale, signedSales } from './leases.ts'
import { factsOf, type KnownFact, modelOrder } from './order-model.ts'
import { rowsOf, unitsLeft } from './stock-watch.ts'
import { Violation } from './violation.ts'

export interface AccountsSetting {
  readonly region: RegionId
  readonly database: MemoryDatabase
  readonly told: Told
  readonly departures: Departures
  /** What the region's log holds, as it was written. */
  readonly log: readonly Written[]
}

/** I2, worked out here: accepted beats refused, of a list more taken beats less, then the lower time and origin. */
export function winner(database: MemoryDatabase, key: string): KnownOutcome | undefined {
  const all = [...(database.outcomes.get(key)?.values() ?? [])]
  const ranked = all.sort((left, right) => {
    if (left.accepted !== right.accepted) return left.accepted ? -1 : 1
    if (rejections(left) !== rejections(right)) return rejections(left) - rejections(right)
    return compareTimes(left.time, right.time) || (left.origin < right.origin ? -1 : 1)
  })
  return ranked[0]
}

function rejections({ result }: KnownOutcome): number {
  return Array.isArray(result.rejected) ? result.rejected.length : 0
}

/** S5, S8: every order shows what its facts come to. */
export function checkOrders({ region, database, log }: AccountsSetting): void {
  for (const [id, facts] of factsOf(log)) {
    const model = modelOrder(facts)
    const state = database.documents.get(`order/${id}`)?.document.state
    const order = state && orderKind.view(id, state)
    if (model === undefined || order === undefined)
      throw new Violation('W3', `${region} has facts of ${id} and no order`)
    const shown = JSON.stringify(
      order.lines.map((line) => [line.id, line.sku, line.quantity, line.shippedQuantity, line.returnedQuantity]),
    )
    const lines = [...model.lines].map(([line, { sku, quantity, shipped, returned }]) => [
      line,
      sku,
      quantity,
      shipped,
      returned,
    ])
    if (order.region !== model.region || shown !== JSON.stringify(lines))
      throw new Violation('S5', `${region} shows ${id} as placed in ${order.region} with ${shown}`)
    const isShipped = order.status === 'SHIPPED' || order.status === 'DELIVERED'
    if (order.cancelled !== model.isCancelled || isShipped !== model.isShipped)
      throw new Violation(
        'S8',
        `${region} shows ${id} as ${order.status}, which its facts do not come to: ${JSON.stringify(facts)}`,
      )
  }
}

/** I2, I4, S8: what is left to sell is what came in once, less what stands as taken; and what is held is for orders that wait. */
export function checkUnits({ region, database, told, departures, log }: AccountsSetting): void {
  const expected = new Map<string, number>()
  const add = (sku: string, units: number) => void expected.set(sku, (expected.get(sku) ?? 0) + units)
  const counted = new Set<string>()
  for (const asked of told.asked) {
    const outcome = asked.key === null || counted.has(asked.key) ? undefined : winner(database, asked.key)
    if (asked.key !== null) counted.add(asked.key)
    if (outcome?.accepted === true) for (const { sku, units } of unitsOf(asked, outcome)) add(sku, units)
  }
  const orders = factsOf(log)
  const held = new Map<string, number>()
  const hold = (sku: string, units: number) => void held.set(sku, (held.get(sku) ?? 0) + units)
  for (const facts of orders.values()) {
    const model = modelOrder(facts)
    for (const [sku, units] of model?.taken ?? []) add(sku, -units)
    for (const [sku, units] of model?.held ?? []) hold(sku, units)
  }
  for (const sale of signedSales(log)) {
    if (isPlaced(sale, orders)) continue
    requireLost(sale, { region, told, departures })
    add(sale.sku, -sale.units)
    hold(sale.sku, sale.units)
  }
  for (const [sku, units] of expected) {
    const rows = rowsOf(database, sku)
    const left = rows.reduce((sum, row) => sum + unitsLeft(row, rows), 0)
    if (left !== units) throw new Violation('S8', `${region} has ${left} units of ${sku} left; it should be ${units}`)
    const reserved = rows.reduce((sum, { cells }) => sum + cells.sold - cells.released - cells.shipped, 0)
    if (reserved !== (held.get(sku) ?? 0))
      throw new Violation(
        'S8',
        `${region} holds ${reserved} units of ${sku} for orders; it should be ${held.get(sku) ?? 0}`,
      )
  }
}

function isPlaced({ lease, order }: SignedSale, orders: ReadonlyMap<string, readonly KnownFact[]>): boolean {
  return (orders.get(order) ?? []).some(
    ({ fact }) => fact.kind === 'placed' && fact.lines.some((line) => line.lease?.id === lease),
  )
}

/**
 * A device's chain comes with any of its sales, so others may know of one whose order went with the disk of the region that had
 * accepted it, or is beyond its end. Its units are gone: the device was told so (S6, W8). Of no other sale may the order be missing.
 */
function requireLost(
  { lease, order, units }: SignedSale,
  { region, told, departures }: Pick<AccountsSetting, 'region' | 'told' | 'departures'>,
): void {
  const isLost = told.asked.some(
    ({ name, input, answer }) =>
      name === 'placeOrder' &&
      input.id === order &&
      answer?.status === 'accepted' &&
      mayBeLost(departures, answer.token),
  )
  if (!isLost)
    throw new Violation('S6', `${region} has ${units} units of ${lease} sold for ${order}, and no such order`)
}

type Movement = { readonly id: string; readonly sku: string; readonly kind: string; readonly quantity: number }

function unitsOf({ name, input }: Asked, { result }: KnownOutcome): readonly { sku: string; units: number }[] {
  if (name === 'receiveStock') return [{ sku: String(input.sku), units: Number(input.quantity) }]
  if (name !== 'recordStockMovements') return []
  const rejected = new Set(((result.rejected ?? []) as unknown as readonly { id: string }[]).map(({ id }) => id))
  return (input.movements as unknown as readonly Movement[])
    .filter(({ id }) => !rejected.has(id))
    .map(({ sku, kind, quantity }) => ({ sku, units: kind === 'RECEIPT' || kind === 'RETURN' ? quantity : -quantity }))
}
