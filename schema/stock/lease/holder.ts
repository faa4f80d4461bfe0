// Stock rows that a device holds: how they are named, and what they add up to. Knows no document.

import type { StockRow } from '../row.ts'

/** `lease-` and 26 characters: the id of a lease is the holder of its row. */
const leasePattern = /^lease-[0-9a-z]{26}$/

/** True for the holder of a lease's row; no region may be called so. */
export function isLeaseHolder(holder: string): boolean {
  return leasePattern.test(holder)
}

export function isLeaseRow(row: Pick<StockRow, 'holder'>): boolean {
  return isLeaseHolder(row.holder)
}
