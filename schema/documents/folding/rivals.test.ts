import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { settledMarks } from './mark.ts'
import { editsOf, orders, type Step, step, steps, unsentEdits, World } from './world.testing.ts'

vi.setConfig({ testTimeout: 600_000 })

/** Of these regions each folds what it has, without a word from the others in between. */
const apart = fc
  .tuple(fc.shuffledSubarray([0, 1, 2], { minLength: 2 }), fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 4 }))
  .map(([folders, between]) => ({ folders, between: between.map(editsOf) }))

function foldApart(world: World, { folders, between }: { folders: number[]; between: Step[][] }): void {
  for (const [index, folder] of folders.entries()) {
    world.run(between[index] ?? [])
    const replica = world.replica(folder)
    world.keep(replica.fold(replica.read().heads))
  }
  world.run(between[folders.length] ?? [])
}

describe('folds that did not know of each other', () => {
  it('C11: folds that did not know of each other, and what was written on each, come to one document in any order', () => {
    fc.assert(
      fc.property(steps, apart, steps, (before, folds, after) => {
        const world = new World()
        world.run(before)
        foldApart(world, folds)
        world.run(after)
        world.check()
        expect(world.replica(0).read().marks).toHaveLength(1)
      }),
      { numRuns: orders },
    )
  })

  it('C11: a region that knew of none of them, or of one that lost, brings its unsent edits after a further fold', () => {
    fc.assert(
      fc.property(steps, unsentEdits, unsentEdits, fc.boolean(), (before, early, late, knowsOne) => {
        const world = new World()
        world.run(before)
        world.settle()
        const [home, other, away] = [world.replica(0), world.replica(1), world.replica(2)]
        for (const edits of early) world.keep(away.edit(edits))
        for (const [index, replica] of [home, other].entries()) {
          world.keep(replica.edit([{ map: 'fields', key: 'a', value: index }], 7))
          world.keep(replica.fold(replica.read().heads))
          world.keep(replica.edit([{ map: 'tags', key: 'b', value: index }], 8))
        }
        if (knowsOne) world.bring(away, other.name)
        for (const edits of late) world.keep(away.edit(edits))
        for (const [replica, from] of [
          [home, other],
          [other, home],
        ] as const) {
          world.bring(replica, from.name)
          replica.stored = { ...replica.stored, superseded: null, marks: settledMarks(replica.stored.marks) }
        }
        world.keep(home.edit([{ map: 'fields', key: 'b', value: 'later' }]))
        world.keep(home.fold(home.read().heads))
        home.stored = { ...home.stored, superseded: null }
        world.check()
      }),
      { numRuns: orders },
    )
  })
})
