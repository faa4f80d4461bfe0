import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import { emptyCells, type StockCells } from '@causeway/schema/stock/row'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ForkedCells } from './forked-cells.ts'

const origin = 'us-east-1'

/** The commit of one sequence that leaves the only row so. */
function written(name: string, sequence: number, before: string, sold: number): [SealedCommit, Commit] {
  const hash = new TextEncoder().encode(`${name}${sequence}`)
  const cells: StockCells = { ...emptyCells, sold }
  const place = {
    origin,
    firstSequence: sequence,
    lastSequence: sequence,
    time: { wallMs: sequence, counter: 0 },
    clock: {},
  }
  const previousHash = new TextEncoder().encode(`${before}${sequence - 1}`)
  const stock = [{ sku: 'x', location: 'main', cells }]
  return [
    { ...place, hash, previousHash, bytes: hash },
    { ...place, events: [], documents: [], outcomes: [], stock },
  ]
}

const sales = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 })

describe('rows of an origin that has signed two logs', () => {
  it('C6 C9: whichever of them has its name, what was sold in either is sold once', () => {
    fc.assert(
      fc.property(sales, sales, sales, (same, left, right) => {
        const total = (...parts: (readonly number[])[]) => parts.flat().reduce((sum, units) => sum + units, 0)
        const held = [left, right].map((_, ours) => {
          const cells = new ForkedCells(new Set(['x']))
          const [main, beside] = ours === 0 ? [left, right] : [right, left]
          for (const [index] of same.entries())
            cells.take(...written('same', index + 1, 'same', total(same.slice(0, index + 1))))
          const after = (part: readonly number[], index: number) => total(same, part.slice(0, index + 1))
          for (const [index] of main.entries()) {
            const before = index === 0 ? 'same' : 'main'
            cells.take(...written('main', same.length + index + 1, before, after(main, index)))
          }
          for (const [index] of beside.entries()) {
            const before = index === 0 ? 'same' : 'beside'
            cells.takeBeside(...written('beside', same.length + index + 1, before, after(beside, index)))
          }
          return [...cells.rows()].map((row) => row.cells.sold)
        })
        for (const [ours, rows] of held.entries())
          expect(rows).toEqual([left, right][1 - ours]?.length === 0 ? [] : [total(same, left, right)])
      }),
    )
  })
})
