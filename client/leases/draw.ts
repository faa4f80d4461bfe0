// Which leases an order is sold from, and which part of an order's input says so. Of a SKU all units come from one lease or none
// do; the one that ends first goes first. Pure.

import { unitsLeft } from '@causeway/schema/stock/lease/device'
import type { HeldLease } from './record.ts'

/** As it stands in the input of a queued order. */
export interface LeaseDraw {
  readonly id: string
  readonly sku: string
  readonly units: number
  /** The entry that says so; those up to it go along with the order. */
  readonly upTo: number
}

interface OrderLines {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

export interface PlannedDraw {
  readonly askId: string
  readonly sku: string
  readonly units: number
}

/** `sellable`: leases that sell now. `missing`: of each SKU that no lease holds enough of, the units and the most that one has. */
export function planDraws(
  { lines }: OrderLines,
  sellable: readonly HeldLease[],
): {
  readonly draws: readonly PlannedDraw[]
  readonly missing: readonly { readonly sku: string; readonly units: number; readonly most: number }[]
} {
  const needed = new Map<string, number>()
  for (const { sku, quantity } of lines) needed.set(sku, (needed.get(sku) ?? 0) + quantity)
  const draws: PlannedDraw[] = []
  const missing: { sku: string; units: number; most: number }[] = []
  for (const [sku, units] of needed) {
    const ofSku = sellable
      .filter(({ lease }) => lease.terms.sku === sku)
      .sort((left, right) => left.lease.terms.expiresAt - right.lease.terms.expiresAt)
    const found = ofSku.find(({ lease }) => unitsLeft(lease) >= units)
    if (found === undefined)
      missing.push({ sku, units, most: Math.max(0, ...ofSku.map(({ lease }) => unitsLeft(lease))) })
    else draws.push({ askId: found.askId, sku, units })
  }
  return { draws, missing }
}

/** None for an order that is sold from no lease, and for what is no order. */
export function drawsOf({ input }: { readonly input: object }): readonly LeaseDraw[] {
  return 'leases' in input && Array.isArray(input.leases) ? (input.leases as readonly LeaseDraw[]) : []
}
