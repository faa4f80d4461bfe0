// The tree of digests: what differs is found, whatever the rows are, and what is the same is not looked into.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  differing,
  digestBytes,
  isBefore,
  type KeyRange,
  type RangeTree,
  RangeTreeBuilder,
  rangeLevels,
} from './range-tree.ts'

type Table = ReadonlyMap<string, number>

function treeOf(table: Table): RangeTree {
  const builder = new RangeTreeBuilder()
  for (const [key, value] of [...table].sort(([left], [right]) => (left < right ? -1 : 1))) {
    builder.add(key, createHash('sha256').update(`${key} ${value}`).digest().subarray(0, digestBytes))
  }
  return builder.build()
}

/** As a comparison between regions goes, down to the ranges whose rows are exchanged. */
function descend(mine: RangeTree, theirs: RangeTree): readonly KeyRange[] {
  let ranges: readonly KeyRange[] = [{ after: null, until: null }]
  for (let level = 0; level < rangeLevels; level += 1) {
    ranges = ranges.flatMap((range) => differing(mine.ranges(level, range), theirs.ranges(level, range), range))
  }
  return ranges
}

const isInside = (key: string, { after, until }: KeyRange) =>
  (after === null || isBefore(after, key)) && !isBefore(until, key)

const table = fc
  .uniqueArray(fc.integer({ min: 0, max: 100_000 }), { minLength: 0, maxLength: 600 })
  .map((ids): Table => new Map(ids.map((id) => [`product p${String(id).padStart(6, '0')}`, id])))
const change = fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.constantFrom('changed', 'gone', 'new'))

describe('digests of key ranges', () => {
  it('C9: every row that differs lies in a range that is found, whatever else is there', () => {
    fc.assert(
      fc.property(table, fc.array(change, { maxLength: 5 }), (rows, changes) => {
        const other = new Map(rows)
        const keys = [...rows.keys()]
        for (const [id, what] of changes) {
          const known = keys[id % Math.max(1, keys.length)]
          if (what === 'new') other.set(`product q${id}`, id)
          else if (known !== undefined && what === 'gone') other.delete(known)
          else if (known !== undefined) other.set(known, (rows.get(known) ?? 0) + 1)
        }
        const unequal = [...new Set([...rows.keys(), ...other.keys()])].filter(
          (key) => rows.get(key) !== other.get(key),
        )
        const found = descend(treeOf(rows), treeOf(other))
        for (const key of unequal) expect(found.some((range) => isInside(key, range))).toBe(true)
        if (unequal.length === 0) expect(found).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('C9: of ten thousand rows, one that is spoiled leads to a range of few, and one more row to no other range', () => {
    const rows = new Map(
      Array.from({ length: 10_000 }, (_, index) => [`stock s${String(index).padStart(5, '0')}`, index]),
    )
    const inFound = (other: Table) => {
      const found = descend(treeOf(rows), treeOf(other))
      return [...rows.keys()].filter((key) => found.some((range) => isInside(key, range))).length
    }
    expect(inFound(new Map(rows).set('stock s04711', 1))).toBeLessThan(600)
    expect(inFound(new Map(rows).set('stock s04711x', 1))).toBeLessThan(600)
    expect(treeOf(rows).root).toBe(treeOf(new Map(rows)).root)
  })
})
