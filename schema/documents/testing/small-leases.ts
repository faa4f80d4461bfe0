// For tests: a small cluster with stock, a till that has taken a lease there, and what it brings to which region.

import { receiveStock } from '../../stock/commands.ts'
import { stockLevel } from '../../stock/levels.ts'
import type { Decision } from '../command.ts'
import { closeLease } from '../lease/close-lease.ts'
import { type LeaseView, leaseKind } from '../lease/kind.ts'
import { leaseStock } from '../lease/lease-stock.ts'
import { placeOrder } from '../order/place.ts'
import { SmallCluster } from './small-cluster.ts'
import { SmallDevice, smallKey } from './small-device.ts'
import type { SmallRegion } from './small-region.ts'

const terms = { deviceId: 'till-1', sku: 'mug', quantity: 10, minutes: 60 }

export function stocked(units = 30): SmallCluster {
  const cluster = new SmallCluster(['mug', 'hat'])
  cluster.region('eu').run(receiveStock, { sku: 'mug', quantity: units }, { key: 'stock', wallMs: 1_000_000 })
  cluster.deliverAll()
  return cluster
}

function idOf(decision: Decision): string {
  if (decision.status !== 'accepted') throw new Error(JSON.stringify(decision.errors))
  return String(decision.result.id)
}

export function viewOf(region: SmallRegion, id: string): LeaseView {
  const view = region.view(leaseKind, id)
  if (view === undefined) throw new Error(`${region.id} knows no lease ${id}`)
  return view
}

export function lend(cluster: SmallCluster, at = 'eu', key = 'lease-1', publicKey: string | null = smallKey('till-1')) {
  const region = cluster.region(at)
  const id = idOf(region.run(leaseStock, { ...terms, publicKey }, { key }))
  return { id, device: SmallDevice.of('till-1', viewOf(region, id)) }
}

export function place(region: SmallRegion, device: SmallDevice, order: string, units: number, from = 1): Decision {
  const lines = [{ sku: 'mug', quantity: units }]
  return region.run(placeOrder, { id: order, lines, leases: [device.chain(from)] }, { key: `key-${order}` })
}

export const close = (region: SmallRegion, device: SmallDevice) =>
  region.run(closeLease, { id: device.lease.terms.id, entries: device.chain().entries })

export function level(region: SmallRegion) {
  return stockLevel(region.stock('mug'))
}
