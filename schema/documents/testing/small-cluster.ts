// Several small regions for tests, and the ways in which commits reach one from another: in any causal order, late,
// or not yet. Checks after every step what must hold in every causal prefix.

import type { RegionId } from '../../clock/origin.ts'
import { sequenceOf } from '../../clock/version-vector.ts'
import { acknowledge } from '../../stock/acknowledge.ts'
import { giveRights } from '../../stock/give-rights.ts'
import { inheritKeys } from '../../stock/inherit-keys.ts'
import { isLeaseRow } from '../../stock/lease/holder.ts'
import { reclaimStock } from '../../stock/reclaim.ts'
import { rightsOf } from '../../stock/row.ts'
import { unitsGivenBack } from '../lease/given-back.ts'
import { leaseKind } from '../lease/kind.ts'
import { inheritOrders } from '../order/inherit.ts'
import { orderKind } from '../order/kind.ts'
import { variantValue } from '../product/kind.ts'
import type { SmallCommit } from './small-commit.ts'
import { SmallRegion } from './small-region.ts'

export const threeRegions = ['ap', 'eu', 'us'] as const

export class SmallCluster {
  readonly regions: readonly SmallRegion[]
  #requests = 0
  /** Who is retired, how far its log goes, and by which commit of its heir others know so. */
  #retired: { readonly id: RegionId; readonly height: number; readonly heir: RegionId; readonly told: number } | null =
    null

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
    if (from === to || commit === undefined || this.#isBeyond(commit) || to === this.#retired?.id) return false
    const applied = receiver.apply(commit)
    this.#leave(receiver)
    this.check()
    return applied
  }

  /**
   * Everybody who stays has said how far they hold its log, and gives it nothing any more; `heir` has heard all that, others are yet
   * to (S7). What it left is taken over by `inherit`.
   */
  retire(id: RegionId, heir: RegionId): void {
    const stay = this.regions.filter((region) => region.id !== id)
    const height = Math.max(...stay.map(({ frontier }) => sequenceOf(frontier, id)))
    this.#retired = { id, height, heir, told: Number.MAX_SAFE_INTEGER }
    for (const region of stay) region.standing = stay.map((each) => each.id)
    for (let moved = true; moved; ) {
      moved = false
      for (const from of this.regions) while (this.deliver(from.id, heir)) moved = true
    }
    const successor = this.region(heir)
    successor.estate = [id]
    successor.run(acknowledge, {})
    this.#retired = { id, height, heir, told: sequenceOf(successor.frontier, heir) }
    this.#leave(successor)
  }

  /** Takes over a part of what was left behind, as often as it is called. */
  inherit(part: 'stock' | 'orders' | 'keys'): void {
    if (this.#retired === null) return
    const { id: from, heir } = this.#retired
    const region = this.region(heir)
    if (part === 'stock') region.run(reclaimStock, { from, skus: [...region.rows.keys()] })
    const ids = [...region.states.keys()].flatMap((key) => (key.startsWith('order/') ? [key.slice(6)] : []))
    if (part === 'orders') region.run(inheritOrders, { from, ids })
    const keys = new Set(region.outcomes.flatMap(({ key, origin }) => (origin === from ? [key] : [])))
    if (part === 'keys') region.run(inheritKeys, { from, keys: [...keys] })
    this.check()
  }

  /** Who is not retired. */
  get staying(): readonly SmallRegion[] {
    return this.regions.filter(({ id }) => id !== this.#retired?.id)
  }

  /** All commits that count, in no order. */
  get logs(): readonly SmallCommit[] {
    return this.regions.flatMap(({ log }) => log.filter((commit) => !this.#isBeyond(commit)))
  }

  #isBeyond({ origin, sequence }: SmallCommit): boolean {
    return origin === this.#retired?.id && sequence > this.#retired.height
  }

  #leave(region: SmallRegion): void {
    if (this.#retired !== null && sequenceOf(region.frontier, this.#retired.heir) >= this.#retired.told)
      region.members = region.standing
  }

  /** Everything reaches everyone. */
  deliverAll(): void {
    let moved = true
    while (moved) {
      moved = false
      for (const from of this.regions) for (const to of this.staying) while (this.deliver(from.id, to.id)) moved = true
    }
  }

  /** Asks the others for what a region lacks. */
  ask(id: RegionId, sku: string, units: number): void {
    for (const peer of this.staying) {
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
      for (const region of this.staying) {
        for (const { sku, missing } of region.settle()) this.ask(region.id, sku, missing)
        this.check()
      }
      for (const region of this.staying) region.run(acknowledge, {})
    }
    this.deliverAll()
  }

  /** S1: in every causal prefix, on every replica, no row's rights are negative. */
  check(): void {
    for (const region of this.regions)
      for (const sku of region.rows.keys()) {
        const rows = region.stock(sku)
        // What a lease has sold is released and shipped by the origin that lent it: then only the sums tell.
        // So it is with what was held by one that is retired, until its row is taken over.
        const isLent = rows.some(isLeaseRow) || this.#retired !== null
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
