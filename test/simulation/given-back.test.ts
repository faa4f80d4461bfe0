// A till that signs to have taken back what an order holds, though a region has accepted the order: its caller had told it under
// another key, or somebody means ill. Its units are the order's or for sale, and never both.

import { closeLease } from '@causeway/schema/documents/lease/close-lease'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { cancelOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import type { SmallDevice } from '@causeway/schema/documents/testing/small-device'
import { describe, expect, it } from 'vitest'
import type { SimulatedCluster } from './cluster.ts'
import { accepted, lend, levelIn, order, rightsIn, shop } from './fences/shop.ts'
import { ap, ask, eu, us } from './steps.ts'

const idOf = (till: SmallDevice) => till.lease.terms.id

/** The till's order of four, which eu has accepted. */
async function sold(cluster: SimulatedCluster): Promise<SmallDevice> {
  const till = await lend(cluster)
  till.sell('o1', 4)
  await accepted(ask(cluster, eu, placeOrder, { ...order('o1', 4), leases: [till.chain()] }))
  return till
}

/** ap is told that the order holds nothing, and that the till is done. */
async function takenBack(cluster: SimulatedCluster, till: SmallDevice): Promise<void> {
  till.takeBack('o1')
  till.close()
  await accepted(ask(cluster, ap, closeLease, { id: idOf(till), entries: till.chain().entries }))
  await cluster.time.runFor(5_000)
}

function expectEverywhere(cluster: SimulatedCluster, onHand: number, reserved: number): void {
  for (const region of [ap, eu, us]) {
    const available = onHand - reserved
    expect(levelIn(cluster, region)).toMatchObject({ onHand, reserved, leased: 0, available })
    expect(Object.values(rightsIn(cluster, region)).reduce((sum, units) => sum + units, 0)).toBe(available)
    expect(cluster.database(region).obligations.size).toBe(0)
  }
}

const incidentsIn = (cluster: SimulatedCluster, region: string) => [...cluster.database(region).incidents.values()]

describe('a till that takes back what an accepted order holds', () => {
  it('S6 S8: the order keeps its units, and operators of the region that lent them are told device and order', async () => {
    const cluster = await shop(41)
    const till = await sold(cluster)
    await takenBack(cluster, till)
    expectEverywhere(cluster, 90, 4)
    const detail = expect.stringMatching(/The device till has given 4 units .* for order o1, which stands/)
    expect(incidentsIn(cluster, us)).toMatchObject([{ kind: 'salvage', entityIds: [idOf(till), 'o1'], detail }])
    await accepted(ask(cluster, ap, shipOrder, { id: 'o1' }))
    await cluster.time.runFor(5_000)
    expectEverywhere(cluster, 86, 0)
  })

  it('S6 S8: of an order that was shipped before they are told so, and what has left is not sold once more', async () => {
    const cluster = await shop(42)
    const till = await sold(cluster)
    await accepted(ask(cluster, eu, shipOrder, { id: 'o1' }))
    await cluster.time.runFor(5_000)
    await takenBack(cluster, till)
    expectEverywhere(cluster, 86, 0)
    const detail = expect.stringContaining('order o1, which was shipped')
    expect(incidentsIn(cluster, us)).toMatchObject([{ kind: 'salvage', entityIds: [idOf(till), 'o1'], detail }])
  })

  for (const when of ['before', 'after'])
    it(`S6 S8: it comes back once where the order is cancelled ${when} it: operators are told of an order that stands`, async () => {
      const cluster = await shop(when === 'before' ? 43 : 44)
      const till = await sold(cluster)
      const cancel = async () => {
        await accepted(ask(cluster, eu, cancelOrder, { id: 'o1' }))
        await cluster.time.runFor(5_000)
      }
      if (when === 'before') await cancel()
      await takenBack(cluster, till)
      if (when === 'after') await cancel()
      expectEverywhere(cluster, 90, 0)
      expect(incidentsIn(cluster, us)).toHaveLength(when === 'before' ? 0 : 1)
    })
})
