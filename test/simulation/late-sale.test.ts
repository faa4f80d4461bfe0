// A till that was given up for lost and comes back with a sale.

import { sha256 } from '@causeway/regions/crypto'
import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { leaseKind } from '@causeway/schema/documents/lease/kind'
import { leaseStock } from '@causeway/schema/documents/lease/lease-stock'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { SmallDevice, smallKey } from '@causeway/schema/documents/testing/small-device'
import { expect, it } from 'vitest'
import { order, shop } from './fences/shop.ts'
import { ask, eu, us } from './steps.ts'

it('S6: what it sold and tells too late is refused, and the operators of the region that refused it are told the order', async () => {
  const cluster = await shop(31)
  const terms = { deviceId: 'till', sku: 'mug-sku', quantity: 10, minutes: 60, publicKey: smallKey('till') }
  const lent = await ask(cluster, us, leaseStock, terms)
  if (lent.status !== 'accepted') throw new Error(JSON.stringify(lent))
  const id = String(lent.result.id)
  const state = cluster.database(us).documents.get(`lease/${id}`)?.document.state
  const view = state && leaseKind.view(id, state)
  if (view === undefined) throw new Error('the lease is not known')
  const device = SmallDevice.of('till', view, sha256)
  device.sell('gone', 4)
  expect(await ask(cluster, us, closeLease, { id, withoutDevice: true })).toMatchObject({ status: 'accepted' })
  await cluster.time.runFor(3_000)
  const sale = { ...order('gone', 4), leases: [device.chain()] }
  for (const key of ['first', 'first', 'second'])
    expect(await ask(cluster, eu, placeOrder, sale, key)).toMatchObject({ errors: [{ code: 'LEASE_EXPIRED' }] })
  await cluster.time.runFor(2_000)
  const incidents = [...cluster.database(eu).incidents.values()]
  expect(incidents).toMatchObject([
    { kind: 'salvage', entityIds: [id, 'gone'], detail: expect.stringContaining('till') },
  ])
  expect([...cluster.database(us).incidents.values()]).toEqual([])
})
