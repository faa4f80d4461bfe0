import { emptyCells, mainLocation, type StockRow } from '@causeway/schema/stock/row'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeStock } from '../committer/node-cache.ts'
import { StandingRows } from './standing-rows.ts'

const holders = ['eu', 'us', 'ap'] as const
const write = fc.record({
  holder: fc.constantFrom(...holders),
  sku: fc.constantFrom('a', 'b'),
  sold: fc.nat(3),
  to: fc.constantFrom(...holders),
  units: fc.nat(2),
})
const rowOf = (sku: string) => ({ sku, location: mainLocation, cells: emptyCells })

describe('rows before the next commit of a batch', () => {
  it('S1 S2: are those that merging every commit into all rows would give', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 12 }), fc.nat(11), (writes, apart) => {
        const merged = new Map<string, readonly StockRow[]>([
          ['a', []],
          ['b', []],
        ])
        const cellsOf = (holder: string, sku: string) =>
          merged.get(sku)?.find((row) => row.holder === holder)?.cells ?? emptyCells
        const next = ({ holder, sku, sold, to, units }: (typeof writes)[number]) => {
          const { given, ...counts } = cellsOf(holder, sku)
          const more = to === holder || units === 0 ? given : { ...given, [to]: (given[to] ?? 0) + units }
          return { ...rowOf(sku), cells: { ...counts, sold: counts.sold + sold, given: more } }
        }
        const merge = (holder: string, row: ReturnType<typeof next>) =>
          merged.set(row.sku, mergeStock(merged.get(row.sku) ?? [], { ...row, holder }))
        // The first are held already when the batch begins.
        for (const one of writes.slice(0, apart)) merge(one.holder, next(one))
        const held = new Map(merged)
        const standing = new StandingRows(({ sku }, holder) => held.get(sku)?.find((row) => row.holder === holder))
        for (const one of writes.slice(apart)) {
          const row = next(one)
          standing.take([{ ...row, holder: one.holder }])
          merge(one.holder, row)
        }
        for (const sku of ['a', 'b'])
          for (const holder of holders) {
            const expected = merged.get(sku)?.find((row) => row.holder === holder)
            const found = standing.row(rowOf(sku), holder)
            expect(found && { cells: found.cells, givenIn: found.givenIn }).toEqual(
              expected && { cells: expected.cells, givenIn: expected.givenIn },
            )
          }
      }),
      { numRuns: 300 },
    )
  })
})
