// What must hold of a simulated cluster, judged from its databases and logs alone. Stands apart from the code it
// checks: it counts units and orders by itself. Safety is checked all the time, liveness once the cluster is quiet.

import type { MemoryDatabase } from '@causeway/db/memory/database'
import type { RegionId } from '@causeway/schema/clock/origin'
import { covers, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { orderKind } from '@causeway/schema/documents/order/kind'
import type { StockRow } from '@causeway/schema/stock/row'
import type { SimulatedCluster } from './cluster.ts'

export class Violation extends Error {
  readonly rule: string
  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`)
    this.name = 'Violation'
    this.rule = rule
  }
}

/** Units a row's holder may still sell, counted here on purpose and not by the code under test. */
function unitsLeft(row: StockRow, rows: readonly StockRow[]): number {
  const { received, returned, released, sold, writtenOff, given } = row.cells
  const out = Object.values(given).reduce((sum, units) => sum + units, 0)
  const into = rows
    .filter(({ sku }) => sku === row.sku)
    .reduce((sum, { cells }) => sum + (cells.given[row.holder] ?? 0), 0)
  return received + returned + released + into - out - sold - writtenOff
}

export function stockRows(database: MemoryDatabase): readonly StockRow[] {
  return [...database.stock.values()]
}

/** S1, and the derived sum of gifts, on one replica as it stands. */
export function checkStock(region: RegionId, database: MemoryDatabase): void {
  const rows = stockRows(database)
  for (const row of rows) {
    const left = unitsLeft(row, rows)
    if (left < 0) throw new Violation('S1', `${row.holder} has ${left} units of ${row.sku}, as ${region} sees it`)
    const into = rows
      .filter(({ sku }) => sku === row.sku)
      .reduce((sum, { cells }) => sum + (cells.given[row.holder] ?? 0), 0)
    if (into !== row.givenIn)
      throw new Violation('S3', `${region} counts ${row.givenIn} units given to ${row.holder}, given are ${into}`)
  }
}

/** C1, C2, W1: every log is dense per origin and causal in the order in which it was applied. */
export function checkLog(region: RegionId, database: MemoryDatabase): void {
  let frontier: VersionVector = {}
  for (const { commit, position } of database.commits) {
    const { origin, firstSequence, lastSequence, clock } = commit
    const held = sequenceOf(frontier, origin)
    if (firstSequence !== held + 1 || lastSequence < firstSequence) {
      throw new Violation(
        'W1',
        `${region} applied ${origin}:${firstSequence}..${lastSequence} at ${position} after ${held}`,
      )
    }
    if (!covers(frontier, clock))
      throw new Violation('C1', `${region} applied ${origin}:${firstSequence} before its causes`)
    frontier = { ...frontier, [origin]: lastSequence }
  }
  if (!covers(frontier, database.head.frontier) || !covers(database.head.frontier, frontier)) {
    throw new Violation('C2', `the frontier of ${region} is not what its log holds`)
  }
}

/** What callers were told, kept by the workload. */
export interface Told {
  /** Ids of orders that a caller was told are placed. */
  readonly placed: ReadonlySet<string>
  /** Units received, per SKU and key, of commands of which a caller was told that they were accepted. */
  readonly received: ReadonlyMap<string, { readonly sku: string; readonly units: number }>
  /** The same of all that were ever asked for, told or not. */
  readonly asked: ReadonlyMap<string, { readonly sku: string; readonly units: number }>
}

/** Once all is healed and quiet: every region holds the same, nothing acknowledged is lost, every unit is accounted for. */
export async function checkConverged(cluster: SimulatedCluster, told: Told): Promise<void> {
  const digests = new Map<string, RegionId[]>()
  for (const member of cluster.members) {
    const region = cluster.region(member)
    if (!region) throw new Error(`${member} is down`)
    const digest = await region.digest()
    digests.set(digest, [...(digests.get(digest) ?? []), member])
  }
  if (digests.size > 1) throw new Violation('C3', `regions differ: ${JSON.stringify([...digests.values()])}`)
  for (const member of cluster.members) checkAccounts(member, cluster.database(member), told)
}

function checkAccounts(region: RegionId, database: MemoryDatabase, told: Told): void {
  const sold = new Map<string, number>()
  const orders = new Set<string>()
  for (const { kind, id, state } of [...database.documents.values()].map(({ document }) => document)) {
    if (kind !== 'order') continue
    const order = orderKind.view(id, state)
    if (!order) continue
    orders.add(id)
    if (order.cancelled) continue
    for (const { sku, quantity, returnedQuantity } of order.lines) {
      sold.set(sku, (sold.get(sku) ?? 0) + quantity - returnedQuantity)
    }
  }
  for (const id of told.placed)
    if (!orders.has(id)) throw new Violation('W2', `order ${id} was answered and is not in ${region}`)
  const outcomes = [...database.outcomes.values()].flatMap((byOrigin) => [...byOrigin.values()])
  const accepted = new Set(outcomes.filter((outcome) => outcome.accepted).map(({ key }) => key))
  for (const key of told.received.keys()) {
    if (!accepted.has(key)) throw new Violation('I1', `receipt ${key} was answered and ${region} does not know it`)
  }
  const received = new Map<string, number>()
  for (const [key, { sku, units }] of told.asked) {
    if (accepted.has(key)) received.set(sku, (received.get(sku) ?? 0) + units)
  }
  const rows = stockRows(database)
  for (const sku of new Set([...received.keys(), ...sold.keys()])) {
    const left = rows.filter((row) => row.sku === sku).reduce((sum, row) => sum + unitsLeft(row, rows), 0)
    const expected = (received.get(sku) ?? 0) - (sold.get(sku) ?? 0)
    if (left !== expected) {
      throw new Violation('S8', `${region} has ${left} units of ${sku} left; received less sold is ${expected}`)
    }
  }
}
