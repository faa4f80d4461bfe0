// What is on sale before devices come: products, a customer and stock, as staff bring it in. Knows no device.

import { VirtualGateway } from '../callers/gateway.ts'
import { Shopper } from '../callers/shopper.ts'
import { Told } from '../callers/told.ts'
import type { Watch } from '../checkers/watch.ts'
import type { SimulatedCluster } from '../cluster.ts'

export interface Shelves {
  readonly cluster: SimulatedCluster
  readonly watch: Watch
  readonly skus: readonly string[]
  readonly user: string
  /** Of each SKU. */
  readonly units: number
  /** Lets time pass until the condition holds. */
  readonly until: (what: string, condition: () => boolean) => Promise<void>
}

export async function fillShelves({ cluster, watch, skus, user, units, until }: Shelves): Promise<void> {
  const report = (fault: unknown) => watch.report(fault)
  const { time, trace, members } = cluster
  const own = members[0] ?? ''
  const told = new Told()
  const gateway = new VirtualGateway({ id: 'office', cluster, own, report, onAnswer: watch.answered })
  const random = cluster.random.fork('staff')
  const staff = new Shopper({ name: 'staff', gateways: [gateway], time, random, trace, told, report })
  for (const sku of skus) {
    const variants = [{ sku, title: sku, price: { amount: '2.50', currencyCode: 'GBP' } }]
    const input = { id: `product-${sku}`, title: sku, variants }
    void staff.ask({ name: 'upsertProduct', input, key: `make ${sku}` })
  }
  void staff.ask({ name: 'upsertCustomer', input: { id: user, homeRegion: own }, key: user })
  await until('the products are there', () => told.open === 0)
  await time.runFor(500)
  for (const sku of skus) void staff.ask({ name: 'receiveStock', input: { sku, quantity: units }, key: `fill ${sku}` })
  await until('the shelves are full', () => told.open === 0)
  await time.runFor(500)
  gateway.close()
}
