// Runs an import plan against a system: goods, stock, customers, orders, returns, each phase after every region holds
// what it builds on. Resumable, for every key is the plan's: what is already there is answered, not done again.

import { setTimeout as delay } from 'node:timers/promises'
import { decodeToken, encodeToken } from '@causeway/schema/clock/causal-token'
import { emptyVector, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { ApiClient } from '../api/client.ts'
import { untilAnswered } from '../api/retry.ts'
import { type LaneJob, Pacer, runLanes } from './lanes.ts'
import {
  awaitToken,
  type Refusal,
  type SendContext,
  type Sent,
  sendCustomer,
  sendGoods,
  sendOrders,
  sendReceipts,
  sendReturn,
} from './operations.ts'
import type { ImportPlan, PlannedOrder } from './plan.ts'
import type { Progress } from './progress.ts'

export interface ImportOptions {
  readonly client: ApiClient
  readonly regions: readonly string[]
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly now: () => number
  /** Invoices a second, at most. */
  readonly rate?: number
}

export interface LaneTime {
  readonly region: string
  readonly lists: number
  /** From the first list sent to the last one answered. */
  readonly elapsedMs: number
  /** Sum over lists of the time to their answer. */
  readonly answerMs: number
}

export interface ImportResult {
  readonly placed: readonly PlannedOrder[]
  readonly refusals: readonly Refusal[]
  readonly returnsDone: number
  readonly orderPhase: { readonly elapsedMs: number; readonly cpuMs: number; readonly lanes: readonly LaneTime[] }
}

const goodsPerList = 200
const ordersPerList = 100
const linesPerList = 3_000
const ordersInFlight = 4
const othersInFlight = 8
const stockAttempts = 20
const stockRetryMs = 250
const barrierLimitMs = 10 * 60 * 1000

// Units may be on their way: given by another region and not yet applied here.
const stockCodes: ReadonlySet<string> = new Set(['OUT_OF_STOCK', 'STOCK_UNREACHABLE'])

export async function runImport(plan: ImportPlan, options: ImportOptions): Promise<ImportResult> {
  const { client, progress, signal } = options
  const refusals: Refusal[] = []
  let reached: VersionVector = emptyVector

  const take = (sent: Sent) => {
    for (const token of sent.tokens) reached = mergeVectors(reached, decodeToken(token))
    refusals.push(...sent.refusals)
  }
  const context = (laneSignal: AbortSignal): SendContext => ({
    client,
    signal: laneSignal,
    after: encodeToken(reached),
  })
  const lanes = async (
    name: string,
    unit: string,
    jobs: readonly (LaneJob & { readonly count: number })[],
    inFlight: number,
  ) => {
    progress.begin(
      name,
      unit,
      jobs.reduce((sum, job) => sum + job.count, 0),
    )
    const counted = jobs.map((job) => ({
      region: job.region,
      send: async (laneSignal: AbortSignal) => {
        await job.send(laneSignal)
        progress.advance(job.count)
      },
    }))
    await runLanes(counted, {
      inFlight,
      signal,
      onAnswer: () => undefined,
      onWait: (region, error) => progress.waiting(region, error.message),
    })
    progress.end()
  }
  const barrier = async () => {
    const token = encodeToken(reached)
    for (const region of options.regions) {
      await untilAnswered(() => awaitToken({ client, signal }, region, token), {
        signal,
        longestMs: barrierLimitMs,
        onWait: (error) => progress.waiting(region, error.message),
      })
    }
  }

  await lanes(
    'goods',
    'products',
    chunk(plan.goods, goodsPerList).map((goods) => ({
      region: 'the gateway',
      count: goods.length,
      send: async (laneSignal) => take(await sendGoods({ client, signal: laneSignal }, goods)),
    })),
    ordersInFlight,
  )
  await barrier()
  await lanes(
    'stock',
    'receipts',
    plan.receipts.map((receipts) => ({
      region: receipts.region,
      count: receipts.units.size,
      send: async (laneSignal) => take(await sendReceipts({ client, signal: laneSignal }, receipts)),
    })),
    ordersInFlight,
  )
  await lanes(
    'customers',
    'customers',
    plan.customers.map((customer) => ({
      region: customer.region,
      count: 1,
      send: async (laneSignal) => take(await sendCustomer({ client, signal: laneSignal }, customer)),
    })),
    othersInFlight,
  )
  await barrier()

  const placed: PlannedOrder[] = []
  const laneTimes = new Map<string, { lists: number; startedAtMs: number; endedAtMs: number; answerMs: number }>()
  const pacer = new Pacer(options.rate)
  const cpuBefore = process.cpuUsage()
  const startedAtMs = options.now()
  await lanes(
    'orders',
    'invoices',
    listOrders(plan.orders, options.rate).map((list) => {
      let waitMs: number | undefined
      return {
        region: list.region,
        count: list.orders.length,
        send: async (laneSignal) => {
          // Claimed once, however often the list has to be sent.
          waitMs ??= pacer.claim(list.orders.length, options.now())
          if (waitMs > 0) await delay(waitMs, undefined, { signal: laneSignal })
          waitMs = 0
          const sentAtMs = options.now()
          const outcome = await placeList(context(laneSignal), list.region, list.orders)
          const time = laneTimes.get(list.region) ?? { lists: 0, startedAtMs: sentAtMs, endedAtMs: 0, answerMs: 0 }
          laneTimes.set(list.region, time)
          time.lists += 1
          time.endedAtMs = options.now()
          time.answerMs += time.endedAtMs - sentAtMs
          placed.push(...outcome.placed)
          take(outcome)
        },
      }
    }),
    ordersInFlight,
  )
  const elapsedMs = options.now() - startedAtMs
  const cpu = process.cpuUsage(cpuBefore)

  let returnsDone = 0
  await lanes(
    'cancellations',
    'returns',
    plan.returns.map((planned) => ({
      region: planned.region,
      count: 1,
      send: async (laneSignal) => {
        const sent = await sendReturn({ client, signal: laneSignal }, planned)
        take(sent)
        if (sent.refusals.length === 0) returnsDone += 1
      },
    })),
    othersInFlight,
  )
  return {
    placed,
    refusals,
    returnsDone,
    orderPhase: {
      elapsedMs,
      cpuMs: (cpu.user + cpu.system) / 1000,
      lanes: [...laneTimes].map(([region, time]) => ({
        region,
        lists: time.lists,
        elapsedMs: time.endedAtMs - time.startedAtMs,
        answerMs: time.answerMs,
      })),
    },
  }
}

async function placeList(
  context: SendContext,
  region: string,
  orders: readonly PlannedOrder[],
): Promise<Sent & { readonly placed: readonly PlannedOrder[] }> {
  const placed: PlannedOrder[] = []
  const refusals: Refusal[] = []
  const tokens: string[] = []
  let pending = orders
  for (let attempt = 1; pending.length > 0; attempt += 1) {
    const sent = await sendOrders(context, region, pending)
    tokens.push(...sent.tokens)
    const refused = new Map(sent.refusals.map((refusal) => [refusal.subject, refusal]))
    placed.push(...pending.filter((order) => !refused.has(order.invoice)))
    const again = attempt < stockAttempts ? [...refused.values()].filter(({ code }) => stockCodes.has(code)) : []
    refusals.push(...[...refused.values()].filter((refusal) => !again.includes(refusal)))
    const invoices = new Set(again.map(({ subject }) => subject))
    pending = pending.filter((order) => invoices.has(order.invoice))
    if (pending.length > 0) await delay(stockRetryMs, undefined, { signal: context.signal })
  }
  return { placed, refusals, tokens }
}

/** Lists of one region each, in the order of the file, bounded in orders and in lines. */
export function listOrders(
  orders: readonly PlannedOrder[],
  rate: number | undefined,
): readonly { readonly region: string; readonly orders: readonly PlannedOrder[] }[] {
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

function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks: Item[][] = []
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size))
  return chunks
}
