// Runs an import plan against a system: goods, stock, customers, orders, returns, each phase after the regions hold
// what it builds on. Resumable, for every key is the plan's: what is already there is answered, not done again.

import { decodeToken, encodeToken } from '@causeway/schema/clock/causal-token'
import { emptyVector, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { ApiClient } from '../api/client.ts'
import { untilAnswered } from '../api/retry.ts'
import { runLanes } from './lanes.ts'
import { awaitToken, type Refusal, type Sent, sendCustomer, sendGoods, sendReceipts, sendReturn } from './operations.ts'
import { type OrderPhase, placeOrders } from './place-orders.ts'
import type { ImportPlan, PlannedOrder } from './plan.ts'
import type { Progress } from './progress.ts'

export interface ImportOptions {
  readonly client: ApiClient
  /** Of the system; a receipt is shared evenly among them. */
  readonly regions: readonly string[]
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly now: () => number
  /** Receive what the file sells and no more, so that the regions have to give each other their shares. */
  readonly exactStock: boolean
  /** Invoices a second, at most. */
  readonly rate?: number
}

export interface ImportResult {
  readonly placed: readonly PlannedOrder[]
  readonly refusals: readonly Refusal[]
  readonly returnsDone: number
  readonly orderPhase: OrderPhase
}

/** One request of a phase. */
export interface PhaseJob {
  /** Whom it is sent to. */
  readonly region: string
  /** How many of the phase's units it does. */
  readonly count: number
  send(signal: AbortSignal): Promise<Sent>
}

export type RunPhase = (name: string, unit: string, jobs: readonly PhaseJob[], inFlight: number) => Promise<void>

const goodsPerList = 200
const listsInFlight = 4
const singlesInFlight = 16
const barrierLimitMs = 60 * 60 * 1000

/** Of what a region sells, its share holds so much: a shop that runs out of nothing has some left of everything. */
const stockedTimes = 2

export async function runImport(plan: ImportPlan, options: ImportOptions): Promise<ImportResult> {
  const { client, progress, signal } = options
  const refusals: Refusal[] = []
  let reached: VersionVector = emptyVector

  const runPhase: RunPhase = async (name, unit, jobs, inFlight) => {
    progress.begin(
      name,
      unit,
      jobs.reduce((sum, job) => sum + job.count, 0),
    )
    const counted = jobs.map(({ region, count, send }) => ({
      region,
      send: async (laneSignal: AbortSignal) => {
        const sent = await send(laneSignal)
        for (const token of sent.tokens) reached = mergeVectors(reached, decodeToken(token))
        refusals.push(...sent.refusals)
        progress.advance(count)
      },
    }))
    const onWait = (region: string, error: Error) => progress.waiting(region, error.message)
    await runLanes(counted, { inFlight, signal, onWait })
    progress.end()
  }

  /** Until every region that gets orders or customers has applied what was written so far. */
  const settle = async () => {
    const token = encodeToken(reached)
    for (const region of new Set([...plan.orders, ...plan.customers].map((each) => each.region))) {
      await untilAnswered(() => awaitToken({ client, signal }, region, token), {
        signal,
        longestMs: barrierLimitMs,
        onWait: (error) => progress.waiting(region, error.message),
      })
    }
  }

  await runPhase('goods', 'products', goodsJobs(plan, client), listsInFlight)
  await settle()
  const times = options.exactStock ? 1 : stockedTimes * options.regions.length
  await runPhase('stock', 'receipts', stockJobs(plan, client, times), listsInFlight)
  await runPhase('customers', 'customers', customerJobs(plan, client), singlesInFlight)
  await settle()
  const { placed, ...orderPhase } = await placeOrders(plan.orders, { ...options, runPhase })
  const returned = returnJobs(plan, client)
  await runPhase('cancellations', 'returns', returned.jobs, singlesInFlight)
  return { placed, refusals, returnsDone: returned.done(), orderPhase }
}

function goodsJobs({ goods }: ImportPlan, client: ApiClient): PhaseJob[] {
  const jobs: PhaseJob[] = []
  for (let start = 0; start < goods.length; start += goodsPerList) {
    const list = goods.slice(start, start + goodsPerList)
    // Not pinned: a product belongs to no region, so whichever is up takes it.
    jobs.push({ region: 'the gateway', count: list.length, send: (signal) => sendGoods({ client, signal }, list) })
  }
  return jobs
}

function stockJobs({ receipts }: ImportPlan, client: ApiClient, times: number): PhaseJob[] {
  return receipts.map((list) => ({
    region: list.region,
    count: list.units.size,
    send: (signal) => sendReceipts({ client, signal }, list, times),
  }))
}

function customerJobs({ customers }: ImportPlan, client: ApiClient): PhaseJob[] {
  return customers.map((customer) => ({
    region: customer.region,
    count: 1,
    send: (signal) => sendCustomer({ client, signal }, customer),
  }))
}

function returnJobs({ returns }: ImportPlan, client: ApiClient): { jobs: PhaseJob[]; done: () => number } {
  let done = 0
  const jobs = returns.map((planned) => ({
    region: planned.region,
    count: 1,
    send: async (signal: AbortSignal) => {
      const sent = await sendReturn({ client, signal }, planned)
      if (sent.refusals.length === 0) done += 1
      return sent
    },
  }))
  return { jobs, done: () => done }
}
