// The stock rows that a batch of commits leaves: of each the last. Pure.

import type { StockWrite } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import type { Commit } from '@causeway/schema/commit/commit'
import { rowsOf } from '@causeway/schema/stock/reclaim'
import { mainLocation } from '@causeway/schema/stock/row'

/** The last absolute cells of each row: later commits hold at least what earlier ones did. */
export function stockOf(commits: readonly { readonly commit: Commit }[]): readonly StockWrite[] {
  if (commits.length === 1) return commits.flatMap(({ commit }) => rowsOf(commit))
  const last = new Map<Origin, Map<string, StockWrite>>()
  for (const { commit } of commits) {
    for (const row of rowsOf(commit)) {
      const rows = last.get(row.holder) ?? new Map<string, StockWrite>()
      last.set(row.holder, rows.set(nameOf(row), row))
    }
  }
  return [...last.values()].flatMap((rows) => [...rows.values()])
}

/** Joining the two for every row would cost as much as the rest, and there is one location. */
function nameOf({ sku, location }: StockWrite): string {
  return location === mainLocation ? sku : `${sku}\n${location}`
}
