// Several small regions for tests, and the ways in which commits reach one from another: in any causal order, late,
// or not yet. Checks after every step what must hold in every causal prefix.

import type { RegionId } from '../../clock/origin.ts'
import { sequenceOf } from '../../clock/version-vector.ts'
import { acknowledge } from '../../stock/acknowledge.ts'
import { giveRights } from '../../stock/give-rights.ts'
import { isLeaseRow } from '../../stock/lease/holder.ts'
import { rightsOf } from '../../stock/row.ts'
import { unitsGivenBack } from '../lease/given-back.ts'
import { leaseKind } from '../lease/kind.ts'
import { orderKind } from '../order/kind.ts'
import { variantValue } from '../product/kind.ts'
import { SmallRegion } from './small-region.ts'

export const threeRegions = ['ap', 'eu', 'us'] as const

export class SmallCluster {
  readonly regions: readonly SmallRegion[]
  #requests = 0

  /** Every region knows one product with these SKUs, at 1.00 GBP. */
  constructor(skus: readonly string[], members: readonly RegionId[] = threeRegions) {
    this.regions = members.map((id) => new SmallRegion(id, members))
    const variant = variantValue({
      title: 'a thing',
      price: { minor: 100, currencyCode: 'GBP' },
      claim: { time: { wallMs: 0, counter: 0 }, region: members[0] ?? '' },
    })
    const variants = skus.map((sku) => ({ map: 'variants', key: sku, value: variant }))
    const edits = [{ map: 'fields', key: 'title', value: 'A thing' }, ...variants]
    for (const region of this.regions) region.seed({ kind: 'product', id: 'p1', edits })
  }

  region(id: RegionId): SmallRegion {
    const region = this.regions.find((each) => each.id === id)
    if (region === undefined) throw new Error(`no region ${id}`)
    return region
  }

  /** Brings the next commit of `from` to `to`; false where there is none or it must wait for another. */
  deliver(from: RegionId, to: RegionId): boolean {
    const receiver = this.region(to)
    const commit = this.region(from).log[sequenceOf(receiver.frontier, from)]
    if (from === to || commit === undefined) return false
    const applied = receiver.apply(commit)
    this.check()
    return applied
  }

  /** Everything reaches everyone. */
  deliverAll(): void {
    let moved = true
    while (moved) {
      moved = false
      for (const from of this.regions) for (const to of this.regions) while (this.deliver(from.id, to.id)) moved = true
    }
  }

  /** Asks the others for what a region lacks. */
  ask(id: RegionId, sku: string, units: number): void {
    for (const peer of this.regions) {
      if (peer.id === id) continue
      peer.run(giveRights, { requestId: `request-${++this.#requests}`, to: id, items: [{ sku, units }] })
      while (this.deliver(peer.id, id));
    }
    this.check()
  }

  /** Until nothing is owed that could be settled: deliveries, acknowledgements, settling, asking for rights. */
  quiesce(): void {
    for (let round = 0; round < 12; round++) {
      this.deliverAll()
      for (const region of this.regions) {
        for (const { sku, missing } of region.settle()) this.ask(region.id, sku, missing)
        this.check()
      }
      for (const region of this.regions) region.run(acknowledge, {})
    }
    this.deliverAll()
  }

  /** S1: in every causal prefix, on every replica, no row's rights are negative. */
  check(): void {
    for (const region of this.regions)
      for (const sku of region.rows.keys()) {
        const rows = region.stock(sku)
        // What a lease has sold is released and shipped by the origin that lent it: then only the sums tell.
        const isLent = rows.some(isLeaseRow)
        let left = 0
        for (const row of rows) {
          const { sold, released, shipped } = row.cells
          if (rightsOf(row) < 0) throw new Error(`S1: ${region.id} sees ${row.holder} with negative rights of ${sku}`)
          left += sold - released - shipped
          if (!isLent && released + shipped > sold)
            throw new Error(`S8: ${row.holder} released more of ${sku} than it sold`)
        }
        if (left + unitsToSellAnew(region, sku) < 0)
          throw new Error(`S8: ${-left} more of ${sku} were released than sold`)
      }
  }
}

/** Of what chains have given back of orders that stand for it, what the lender has not sold anew yet. */
function unitsToSellAnew(region: SmallRegion, sku: string): number {
  let units = 0
  for (const key of region.states.keys()) {
    const [kind, id = ''] = key.split('/')
    const lease = kind === leaseKind.name ? region.view(leaseKind, id) : undefined
    if (lease?.sku !== sku) continue
    for (const orderId of lease.fold.orders.keys()) {
      const order = region.view(orderKind, orderId)
      if (order !== undefined) units += unitsGivenBack(order, lease)
    }
  }
  return units
}
