// Sells to the shoppers of three regions oceans apart, in virtual time, on the very nodes that production runs, and looks at
// every refusal: were the units there after all? With rights that follow demand, with shares that stay where they
// are, and with one region that owns all stock and is asked for each sale.

import type { Region } from '@causeway/regions/region'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { recordStockMovements } from '@causeway/schema/stock/commands'
import { oceans } from '../../support/wan/wan.ts'
import { SimulatedCluster } from '../cluster.ts'
import { type DemandOptions, drawOrders, unitsWanted, type WantedOrder } from './demand.ts'

export const threeRegions = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const

/** `followed`: rights follow demand; `fixed`: even shares that nobody can ask for; `owner`: every sale crosses to one region. */
export type Policy = 'followed' | 'fixed' | 'owner'

export interface SellOptions extends Omit<DemandOptions, 'regions'> {
  readonly policy: Policy
  /** Units there are, as a share of those that are wanted of each SKU. */
  readonly stockShare: number
}

export interface Sale {
  readonly order: WantedOrder
  /** As the shopper had to wait, from asking to the answer. */
  readonly tookMs: number
  readonly accepted: boolean
  readonly codes: readonly string[]
  /** Refused, while all of its units were unsold somewhere. */
  readonly wasAvailable: boolean
}

export interface SoldThrough {
  readonly sales: readonly Sale[]
  readonly unitsWanted: number
  readonly unitsStocked: number
  readonly unitsLeft: number
  /** What the regions' nodes have asked of each other. */
  readonly requests: number
  readonly unitsMoved: number
}

/** In the middle: the nearest to both others. */
const owner = 'eu-west-1'
const principal = { subject: 'shop', roles: ['operator' as const], region: null }
const deadlineMs = 5_000
const jitterMs = 2

export async function sellThrough(options: SellOptions): Promise<SoldThrough> {
  const { policy, seed, stockShare } = options
  const orders = drawOrders({ ...options, regions: threeRegions })
  const members = policy === 'owner' ? [owner] : threeRegions
  const cluster = new SimulatedCluster(seed, members, undefined, {
    serviceOf: (service) =>
      policy === 'fixed' ? { ...service, requestRights: async () => ({ items: [], position: null }) } : service,
  })
  for (const from of members)
    for (const to of members)
      if (from !== to) cluster.network.setDelay(from, to, { minimumMs: oneWayMs(from, to), jitterMs })
  await cluster.startAll()
  const wanted = unitsWanted(orders)
  const stock = new Map([...wanted].map(([sku, units]) => [sku, Math.ceil(units * stockShare)]))
  await fill(cluster, stock)
  const sales: Sale[] = []
  for (const order of orders) {
    const wayMs = policy === 'owner' ? oneWayMs(order.region, owner) : 0
    const askedMs = cluster.time.now() + order.atMs
    const answered = (sale: Omit<Sale, 'order' | 'tookMs'>) =>
      cluster.time.after(wayMs, () => sales.push({ order, tookMs: cluster.time.now() - askedMs, ...sale }))
    cluster.time.after(order.atMs + wayMs, () => {
      void sell(cluster, policy === 'owner' ? owner : order.region, order).then(answered)
    })
  }
  const isOver = () => sales.length === orders.length
  await cluster.time.runUntil('every shopper is answered', isOver, options.forMs + 2 * deadlineMs)
  const statuses = members.map((id) => regionOf(cluster, id).rights())
  return {
    sales,
    unitsWanted: sum(wanted.values()),
    unitsStocked: sum(stock.values()),
    unitsLeft: sum([...stock.keys()].map((sku) => unsold(cluster, sku))),
    requests: sum(statuses.flatMap(({ asked }) => [...asked.values()].map(({ answered }) => answered))),
    unitsMoved: sum(statuses.flatMap(({ given }) => [...given.values()])),
  }
}

function oneWayMs(from: string, to: string): number {
  const { roundTripsMs } = oceans
  return from === to ? 0 : (roundTripsMs[from]?.[to] ?? roundTripsMs[to]?.[from] ?? 0) / 2
}

function regionOf(cluster: SimulatedCluster, id: string): Region {
  const region = cluster.region(id)
  if (region === undefined) throw new Error(`${id} is down`)
  return region
}

async function fill(cluster: SimulatedCluster, stock: ReadonlyMap<string, number>): Promise<void> {
  const call = { principal, resent: false, deadlineAt: cluster.time.now() + deadlineMs }
  const region = regionOf(cluster, owner)
  let done = 0
  const count = () => {
    done += 1
  }
  for (const sku of stock.keys()) {
    const variants = [{ sku, title: sku, price: { amount: '4.00', currencyCode: 'GBP' } }]
    void region.execute(upsertProduct, { id: `product-${sku}`, title: sku, variants } as never, call).then(count)
  }
  await cluster.time.runUntil('the goods are known', () => done === stock.size, deadlineMs)
  const movements = [...stock].map(([sku, quantity]) => ({ id: sku, sku, kind: 'RECEIPT' as const, quantity }))
  void region.execute(recordStockMovements, { movements }, call).then(count)
  await cluster.time.runUntil('the stock is there', () => done > stock.size, deadlineMs)
  await cluster.time.runFor(1_000)
}

async function sell(
  cluster: SimulatedCluster,
  region: string,
  order: WantedOrder,
): Promise<Omit<Sale, 'order' | 'tookMs'>> {
  const parsed = placeOrder.parse({ id: order.id, lines: order.lines })
  if (!('input' in parsed)) throw new Error(`${order.id} is no order`)
  const call = { principal, resent: false, deadlineAt: cluster.time.now() + deadlineMs }
  const answer = await regionOf(cluster, region).execute(placeOrder, parsed.input, call)
  const codes = answer.status === 'refused' ? answer.errors.map(({ code }) => code) : []
  const accepted = answer.status === 'accepted'
  const wasAvailable = !accepted && order.lines.every(({ sku, quantity }) => unsold(cluster, sku) >= quantity)
  return { accepted, codes, wasAvailable }
}

/** Units that are nowhere sold, gifts under way among them: each row as its own region has it. */
function unsold(cluster: SimulatedCluster, sku: string): number {
  return sum(
    cluster.members.map((id) => {
      const row = cluster.database(id).stock.get([sku, 'main', id].join('\u0000'))
      if (row === undefined) return 0
      const { received, returned, released, sold, writtenOff } = row.cells
      return received + returned + released - sold - writtenOff
    }),
  )
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const one of numbers) total += one
  return total
}
