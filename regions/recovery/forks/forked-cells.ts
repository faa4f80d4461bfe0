// Stock rows of origins that have signed two logs, out of a local log that holds both (C6, C9): what branches did is added to what
// the log under the origin's name says. Pure.

import type { Origin } from '@causeway/schema/clock/origin'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import { toHex } from '@causeway/schema/hex'
import { innerMap } from '@causeway/schema/inner-map'
import { emptyCells, type StockCells } from '@causeway/schema/stock/row'
import { withBranch } from './forked-rows.ts'

type Rows = ReadonlyMap<string, StockCells>

interface Step {
  readonly from: StockCells
  readonly to: StockCells
}

export class ForkedCells {
  readonly #skus: ReadonlySet<string>
  /** By origin and SKU, what its log says, in order. */
  readonly #logs = new Map<Origin, Map<string, { readonly sequence: number; readonly cells: StockCells }[]>>()
  /** What each branch had come to at a commit, by hash; of SKUs that it did not touch the log has it. */
  readonly #branches = new Map<string, { readonly rows: Rows; readonly after: number }>()
  readonly #steps = new Map<Origin, Map<string, Step[]>>()

  constructor(skus: ReadonlySet<string>) {
    this.#skus = skus
  }

  /** Of the log under the origin's name, in order. */
  take({ origin, lastSequence }: SealedCommit, { stock }: Pick<Commit, 'stock'>): void {
    for (const { sku, cells } of stock) {
      if (!this.#skus.has(sku)) continue
      const log = innerMap(this.#logs, origin)
      log.set(sku, [...(log.get(sku) ?? []), { sequence: lastSequence, cells }])
    }
  }

  /** Beside it, in order: what it follows has been taken before. */
  takeBeside({ hash, previousHash }: SealedCommit, { origin, firstSequence, stock }: Commit): void {
    const before = this.#branches.get(toHex(previousHash))
    const after = before?.after ?? firstSequence - 1
    const rows = new Map(before?.rows)
    for (const { sku, cells } of stock) {
      if (!this.#skus.has(sku)) continue
      const steps = innerMap(this.#steps, origin)
      const from = rows.get(sku) ?? this.#at(origin, sku, after)
      steps.set(sku, [...(steps.get(sku) ?? []), { from, to: cells }])
      rows.set(sku, cells)
    }
    this.#branches.set(toHex(hash), { rows, after })
  }

  /** Rows that are more than what the log under the name says. */
  *rows(): Iterable<{ readonly holder: Origin; readonly sku: string; readonly cells: StockCells }> {
    for (const [holder, bySku] of this.#steps) {
      for (const [sku, steps] of bySku) {
        const own = this.#at(holder, sku, Number.POSITIVE_INFINITY)
        yield { holder, sku, cells: steps.reduce((row, { from, to }) => withBranch(row, from, to), own) }
      }
    }
  }

  #at(origin: Origin, sku: string, sequence: number): StockCells {
    const log = this.#logs.get(origin)?.get(sku) ?? []
    return log.findLast((one) => one.sequence <= sequence)?.cells ?? emptyCells
  }
}
