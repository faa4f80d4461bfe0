// Stock of an origin that has signed two logs (C6). Each of them counts on from where they part, so what the two did is added,
// each from there: merged by maximum, of two sales of one SKU only the larger would count. Finds what a branch's rows were before
// it in the log; where that is no longer kept, whatever both may have had in common is taken for it.

import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { readCommit } from '@causeway/schema/commit/codec'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import { toHex } from '@causeway/schema/hex'
import { emptyCells, mainLocation, type StockCells } from '@causeway/schema/stock/row'
import type { Beside } from '../../integrity/branches.ts'
import type { ChainIndex } from '../../integrity/chain-index.ts'

/** By SKU; rows of other locations there are none (S2). Null where the log no longer reaches back to it. */
export type Bases = ReadonlyMap<string, StockCells | null>

const window = 1_024

/** What each row that the commits have was before the first of them. */
export async function findBases(
  chain: Pick<ChainIndex, 'range'>,
  frontier: VersionVector,
  applied: Beside,
  commits: readonly SealedCommit[],
): Promise<Bases> {
  const bases = new Map<string, StockCells | null>()
  const wanted = new Set(commits.flatMap((sealed) => readCommit(sealed).stock.map(({ sku }) => sku)))
  const look = ({ stock }: Pick<Commit, 'stock'>): void => {
    for (const { sku, cells } of stock) if (wanted.delete(sku)) bases.set(sku, cells)
  }
  const [first] = commits
  if (first === undefined) return bases
  let { origin, firstSequence, previousHash } = first
  for (let before = applied.get(toHex(previousHash)); before !== undefined; before = applied.get(toHex(previousHash))) {
    look(readCommit(before))
    ;({ firstSequence, previousHash } = before)
  }
  let last = Math.min(firstSequence - 1, sequenceOf(frontier, origin))
  while (wanted.size > 0 && last > 0) {
    const from = Math.max(1, last - window + 1)
    const found = await chain.range(origin, from, last, frontier)
    if (found === null) break
    for (const sealed of found.toReversed()) look(readCommit(sealed))
    last = from - 1
  }
  for (const sku of wanted) bases.set(sku, last > 0 ? null : emptyCells)
  return bases
}

/** A row with what a branch did to it: `from` what it was where the branch begins, `to` what it is at its end. */
export function withBranch(row: StockCells, from: StockCells | null, to: StockCells): StockCells {
  const base = from ?? leastOf(row, to)
  const given: Record<string, number> = { ...row.given }
  for (const holder in to.given)
    given[holder] = (given[holder] ?? 0) + (to.given[holder] ?? 0) - (base.given[holder] ?? 0)
  return {
    received: row.received + to.received - base.received,
    returned: row.returned + to.returned - base.returned,
    sold: row.sold + to.sold - base.sold,
    released: row.released + to.released - base.released,
    shipped: row.shipped + to.shipped - base.shipped,
    writtenOff: row.writtenOff + to.writtenOff - base.writtenOff,
    given,
  }
}

function leastOf(one: StockCells, other: StockCells): StockCells {
  const given = Object.keys(one.given).map((holder) => [
    holder,
    Math.min(one.given[holder] ?? 0, other.given[holder] ?? 0),
  ])
  return {
    received: Math.min(one.received, other.received),
    returned: Math.min(one.returned, other.returned),
    sold: Math.min(one.sold, other.sold),
    released: Math.min(one.released, other.released),
    shipped: Math.min(one.shipped, other.shipped),
    writtenOff: Math.min(one.writtenOff, other.writtenOff),
    given: Object.fromEntries(given),
  }
}

/** The last cells of each of the commits' own rows, by SKU. */
export function lastCells(commits: readonly Pick<Commit, 'stock'>[]): ReadonlyMap<string, StockCells> {
  const last = new Map<string, StockCells>()
  for (const { stock } of commits)
    for (const { sku, location, cells } of stock) if (location === mainLocation) last.set(sku, cells)
  return last
}
