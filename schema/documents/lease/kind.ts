// A lease: units of one SKU lent to a device until a time (S6). The document holds facts alone; the stock row of the lease
// follows from it, so that every region that carries the facts shows the same row.

import type { Origin } from '../../clock/origin.ts'
import { emptyCells, mainLocation, type StockCells } from '../../stock/row.ts'
import type { DocumentKind, DocumentState } from '../document.ts'
import { factsMap } from '../fact-change.ts'
import { type LeaseRecord, readLeaseFacts } from './facts.ts'
import { foldLease, type LeaseFold } from './fold.ts'

export interface LeaseView {
  readonly id: string
  readonly deviceId: string
  readonly sku: string
  readonly quantity: number
  /** By the device, what it took back subtracted; as far as its chain is known here. */
  readonly sold: number
  readonly opensAt: number
  readonly expiresAt: number
  readonly closed: boolean
  readonly fold: LeaseFold
  /** What the view was computed from, in the order of `readLeaseFacts`. */
  readonly records: readonly LeaseRecord[]
}

export const leaseKind: DocumentKind<LeaseView> = {
  name: 'lease',
  maps: [factsMap],
  texts: [],
  factsOnly: true,
  named: false,
  home: false,
  // Facts of a lease never stand against each other: openings are ordered, the chain tells its forks itself.
  touches: () => [],
  view: viewLease,
  index: ({ deviceId, sku, closed, opensAt }) => ({
    sortKey: leaseSortKey(opensAt),
    owner: deviceId,
    status: leaseStatus(!closed),
    tags: [sku],
    aliases: [],
    searchText: [],
  }),
}

/** Leases are found by the time at which they were opened. */
export function leaseSortKey(opensAt: number): string {
  return opensAt.toString(36).padStart(9, '0')
}

/** As leases are filed. */
export function leaseStatus(isOpen: boolean): string {
  return isOpen ? 'OPEN' : 'CLOSED'
}

function viewLease(id: string, state: DocumentState): LeaseView | undefined {
  const records = readLeaseFacts(state)
  const fold = foldLease(records)
  if (fold === undefined) return undefined
  const { opened, expiresAt, sold, released, ended } = fold
  const { deviceId, sku, units: quantity, opensAt } = opened
  return { id, deviceId, sku, quantity, sold: sold - released, opensAt, expiresAt, closed: ended, fold, records }
}

export interface LeaseRow {
  readonly sku: string
  readonly location: string
  readonly holder: Origin
  readonly cells: StockCells
}

/**
 * The row that the device writes by its chain, as far as it is known: what went back to regions counts as sold there, for
 * the region that took it has released it on its own row. A forked chain cannot take more than there is: what its branches
 * sold beyond that is told as an incident. Cells only grow with the facts.
 */
export function leaseRow({ id, fold }: LeaseView): LeaseRow {
  const { opened, openings, sold, released, returned } = fold
  let lent = 0
  for (const { units } of openings) lent += units
  let back = 0
  for (const units of returned.values()) back += units
  const cells = { ...emptyCells, sold: Math.min(sold + back, lent + released), released }
  return { sku: opened.sku, location: mainLocation, holder: id, cells }
}

/** Units that the branches of a forked chain sold and the lease does not hold. */
export function oversold({ opened, sold, released }: LeaseFold): number {
  return Math.max(0, sold - released - opened.units)
}
