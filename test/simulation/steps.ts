// What scenarios about a region's history are told with: three regions whose days are minutes, a command and its answer, and
// the look at whether all regions hold the same in the end. Knows no scenario.

import { defaultRetention, type HistoryRetention } from '@causeway/regions/history/retention'
import type { CommandAnswer } from '@causeway/regions/region'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { expect } from 'vitest'
import { type ClusterListeners, SimulatedCluster } from './cluster.ts'

export const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
export const members = [ap, eu, us]
const principal = { subject: 'staff', roles: ['operator' as const], region: null }
/** So short that minutes show what days do. */
export const short: HistoryRetention = { ...defaultRetention, logMs: 2_000, smallMs: 0, roundMs: 1_000 }

export async function open(seed: number, retention = short, listeners?: ClusterListeners): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster(seed, members, retention, listeners)
  await cluster.startAll()
  return cluster
}

export async function ask<Input>(
  cluster: SimulatedCluster,
  id: string,
  command: CommandDefinition<Input>,
  input: unknown,
  idempotencyKey?: string,
): Promise<CommandAnswer> {
  const region = cluster.region(id)
  if (!region) throw new Error(`${id} is down`)
  let asked: PromiseSettledResult<CommandAnswer> | undefined
  const deadlineAt = cluster.time.clockOf(id).now() + 5_000
  const call = { principal, resent: false, deadlineAt, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }
  void Promise.allSettled([region.execute(command, input as Input, call)]).then(([result]) => {
    asked = result
  })
  await cluster.time.runUntil('the answer', () => asked !== undefined, 20_000)
  if (asked === undefined) throw new Error('no answer')
  if (asked.status === 'rejected') throw asked.reason
  return asked.value
}

export const product = (id: string) => {
  const variants = [{ sku: `${id}-sku`, title: id, price: { amount: '1.00', currencyCode: 'GBP' } }]
  return { id, title: id, variants }
}

export async function converged(cluster: SimulatedCluster): Promise<void> {
  await cluster.time.runUntil(
    'every region stands at one frontier',
    () =>
      new Set(members.map((id) => JSON.stringify(Object.entries(cluster.database(id).head.frontier).sort()))).size ===
      1,
    60_000,
  )
  const digests = await Promise.all(members.map((id) => cluster.region(id)?.digest()))
  expect(new Set(digests).size).toBe(1)
}
