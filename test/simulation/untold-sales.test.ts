// A till's order that went with the disk of the only region that had it, after the till had been told that it stands. The till's next
// sale tells all regions that it was made, and its units are held for an order that nobody will ever send.

import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { expect, it } from 'vitest'
import type { SimulatedCluster } from './cluster.ts'
import { accepted, lend, levelIn, order, shop } from './fences/shop.ts'
import { ap, ask, converged, eu, members, us } from './steps.ts'

const minuteMs = 60_000

const incidentsIn = (cluster: SimulatedCluster, region: string) => [...cluster.database(region).incidents.values()]

it('S6: the region that had lent the units tells its operators of an order that went with a disk, once, and of no other', async () => {
  const cluster = await shop(71)
  const till = await lend(cluster)
  const sell = (id: string, units: number) => {
    till.sell(id, units)
    return { ...order(id, units), leases: [till.chain()] }
  }
  const old = cluster.backUp(eu)
  for (const other of [ap, us]) cluster.network.cut(eu, other)
  await accepted(ask(cluster, eu, placeOrder, sell('lost', 3)))
  cluster.crash(eu)
  cluster.restore(eu, old)
  cluster.network.healAll()
  void cluster.start(eu)
  await accepted(ask(cluster, us, placeOrder, sell('kept', 2)))
  till.close()
  await accepted(ask(cluster, us, closeLease, till.chain()))
  await cluster.time.runFor(2 * minuteMs)
  await converged(cluster)
  // The till may yet tell it.
  expect(members.flatMap((region) => incidentsIn(cluster, region))).toEqual([])
  await cluster.time.runFor(28 * minuteMs)
  for (const region of members) {
    expect(incidentsIn(cluster, region).filter(({ kind }) => kind === 'salvage')).toMatchObject(
      region === us
        ? [{ entityIds: [till.lease.terms.id, 'lost'], detail: expect.stringContaining('sold 3 of mug-sku') }]
        : [],
    )
    expect(levelIn(cluster, region)).toMatchObject({ reserved: 5 })
  }
})
