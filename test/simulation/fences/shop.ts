// What scenarios about retired regions are told with: a shop in three regions, what each shows of its stock, and when a
// region is gone. Knows no scenario.

import { sha256 } from '@causeway/regions/crypto'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { leaseStock } from '@causeway/schema/documents/lease/lease-stock'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { SmallDevice, smallKey } from '@causeway/schema/documents/testing/small-device'
import { receiveStock } from '@causeway/schema/stock/commands'
import { rightsByRegion, stockLevel } from '@causeway/schema/stock/levels'
import { expect } from 'vitest'
import { rowsOf } from '../checkers/stock-watch.ts'
import type { ClusterListeners, SimulatedCluster } from '../cluster.ts'
import { ask, eu, open, product, short, us } from '../steps.ts'

export const order = (id: string, quantity: number) => ({ id, lines: [{ sku: 'mug-sku', quantity }] })

export async function accepted(answer: ReturnType<typeof ask>): Promise<void> {
  expect(await answer).toMatchObject({ status: 'accepted' })
}

/** Three regions, and 90 units of one thing shared among them. */
export async function shop(seed: number, retention = short, listeners?: ClusterListeners): Promise<SimulatedCluster> {
  const cluster = await open(seed, retention, listeners)
  await accepted(ask(cluster, eu, upsertProduct, product('mug')))
  await accepted(ask(cluster, eu, receiveStock, { sku: 'mug-sku', quantity: 90 }))
  await cluster.time.runFor(2_000)
  return cluster
}

/** us lends ten units to a till. */
export async function lend(cluster: SimulatedCluster, sku = 'mug-sku'): Promise<SmallDevice> {
  const terms = { deviceId: 'till', sku, quantity: 10, minutes: 60, publicKey: smallKey('till') }
  const answer = await ask(cluster, us, leaseStock, terms)
  if (answer.status !== 'accepted') throw new Error(JSON.stringify(answer))
  const id = String(answer.result.id)
  await cluster.time.runFor(1_000)
  const state = cluster.database(eu).documents.get(`lease/${id}`)?.document.state
  const view = state && leaseKind.view(id, state)
  if (view === undefined) throw new Error('the lease is not known in eu')
  return SmallDevice.of('till', view, sha256)
}

export const rightsIn = (cluster: SimulatedCluster, id: string) =>
  Object.fromEntries(
    rightsByRegion(rowsOf(cluster.database(id), 'mug-sku')).map(({ region, units }) => [region, units]),
  )
export const levelIn = (cluster: SimulatedCluster, id: string) => stockLevel(rowsOf(cluster.database(id), 'mug-sku'))
export function linesIn(cluster: SimulatedCluster, region: string, id: string) {
  const state = cluster.database(region).documents.get(`order/${id}`)?.document.state
  return state && orderKind.view(id, state)?.lines
}
export const leftIn = (cluster: SimulatedCluster, id: string) =>
  cluster
    .region(id)
    ?.fencing()
    .fences.decided.map(({ key }) => key) ?? []

export async function isTakenOver(cluster: SimulatedCluster, gone: string, asked: readonly string[]): Promise<void> {
  await cluster.time.runUntil(
    `${gone} is taken over`,
    () => asked.every((id) => leftIn(cluster, id).includes(gone) && rightsIn(cluster, id)[gone] === 0),
    60_000,
  )
}
