// The order phase of an import: lists of one region each, several in flight, at the asked rate. Orders that lack units
// which are on their way between regions are sent again after all others, when nobody else takes them.

import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../api/client.ts'
import type { PhaseJob, RunPhase } from './import.ts'
import { Pacer } from './lanes.ts'
import { type Refusal, type Sent, sendOrders } from './operations.ts'
import type { PlannedOrder } from './plan.ts'

export interface OrderPhaseOptions {
  readonly client: ApiClient
  readonly signal: AbortSignal
  readonly now: () => number
  readonly rate?: number
  readonly runPhase: RunPhase
}

export interface LaneTime {
  readonly region: string
  readonly lists: number
  /** Sum over lists of the time to their answer. */
  readonly answerMs: number
}

export interface OrderPhase {
  readonly elapsedMs: number
  /** Of this process. */
  readonly cpuMs: number
  readonly lanes: readonly LaneTime[]
}

const ordersPerList = 100
const linesPerList = 3_000
const listsInFlight = 4
const lateAttempts = 20
const lateRetryMs = 250

const stockCodes: ReadonlySet<string> = new Set(['OUT_OF_STOCK', 'STOCK_UNREACHABLE'])

interface OrderList {
  readonly region: string
  readonly orders: readonly PlannedOrder[]
}

export async function placeOrders(
  orders: readonly PlannedOrder[],
  options: OrderPhaseOptions,
): Promise<OrderPhase & { readonly placed: readonly PlannedOrder[] }> {
  const { client, now, runPhase } = options
  const pacer = new Pacer(options.rate)
  const placed: PlannedOrder[] = []
  const late: PlannedOrder[] = []
  const lanes = new Map<string, { lists: number; answerMs: number }>()

  const job = (list: OrderList): PhaseJob => {
    let waitMs: number | undefined
    return {
      region: list.region,
      count: list.orders.length,
      send: async (signal) => {
        // Claimed once, however often the list has to be sent.
        waitMs ??= pacer.claim(list.orders.length, now())
        if (waitMs > 0) await delay(waitMs, undefined, { signal })
        waitMs = 0
        const sentAtMs = now()
        const outcome = await placeList({ client, signal }, list)
        const lane = lanes.get(list.region) ?? { lists: 0, answerMs: 0 }
        lanes.set(list.region, { lists: lane.lists + 1, answerMs: lane.answerMs + now() - sentAtMs })
        placed.push(...outcome.placed)
        late.push(...outcome.short.keys())
        return outcome
      },
    }
  }
  const lateJob = (order: PlannedOrder): PhaseJob => ({
    region: order.region,
    count: 1,
    send: async (signal) => {
      const outcome = await placeLate({ client, signal }, order)
      placed.push(...outcome.placed)
      return outcome
    },
  })

  const startedAtMs = now()
  const cpuBefore = process.cpuUsage()
  await runPhase('orders', 'invoices', listOrders(orders, options.rate).map(job), listsInFlight)
  if (late.length > 0) await runPhase('orders that lacked stock', 'invoices', late.map(lateJob), 1)
  const cpu = process.cpuUsage(cpuBefore)
  return {
    placed,
    elapsedMs: now() - startedAtMs,
    cpuMs: (cpu.user + cpu.system) / 1000,
    lanes: [...lanes].map(([region, lane]) => ({ region, ...lane })),
  }
}

interface Placed extends Sent {
  readonly placed: readonly PlannedOrder[]
  /** Refused for want of units; not among the refusals. */
  readonly short: ReadonlyMap<PlannedOrder, Refusal>
}

async function placeList(context: Parameters<typeof sendOrders>[0], { region, orders }: OrderList): Promise<Placed> {
  const sent = await sendOrders(context, region, orders)
  const refused = new Map(sent.refusals.map((refusal) => [refusal.subject, refusal]))
  const short = new Map<PlannedOrder, Refusal>()
  for (const order of orders) {
    const refusal = refused.get(order.invoice)
    if (refusal !== undefined && stockCodes.has(refusal.code)) short.set(order, refusal)
  }
  return {
    tokens: sent.tokens,
    placed: orders.filter((order) => !refused.has(order.invoice)),
    short,
    refusals: [...refused.values()].filter(({ code }) => !stockCodes.has(code)),
  }
}

async function placeLate(context: Parameters<typeof sendOrders>[0], order: PlannedOrder): Promise<Placed> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await placeList(context, { region: order.region, orders: [order] })
    if (outcome.short.size === 0) return outcome
    if (attempt === lateAttempts) return { ...outcome, refusals: [...outcome.short.values()] }
    await delay(lateRetryMs, undefined, { signal: context.signal })
  }
}

/** Lists of one region each, in the order of the file, bounded in orders and in lines. */
export function listOrders(orders: readonly PlannedOrder[], rate: number | undefined): readonly OrderList[] {
  const most = rate === undefined ? ordersPerList : Math.max(1, Math.min(ordersPerList, Math.ceil(rate / 10)))
  const lists: { region: string; orders: PlannedOrder[] }[] = []
  const open = new Map<string, { orders: PlannedOrder[]; lines: number }>()
  for (const order of orders) {
    let list = open.get(order.region)
    const full = list !== undefined && (list.orders.length >= most || list.lines + order.lines.length > linesPerList)
    if (list === undefined || full) {
      list = { orders: [], lines: 0 }
      open.set(order.region, list)
      lists.push({ region: order.region, orders: list.orders })
    }
    list.orders.push(order)
    list.lines += order.lines.length
  }
  return lists
}
