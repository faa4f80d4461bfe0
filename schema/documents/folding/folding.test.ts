import fc from 'fast-check'
import { describe, it, vi } from 'vitest'
import { orders, steps, unsentEdits, World } from './world.testing.ts'

vi.setConfig({ testTimeout: 600_000 })

describe('folding a document', () => {
  it('C11: edits made before, beside and after a fold, in any order of arrival, leave what they would leave without it', () => {
    fc.assert(
      fc.property(steps, fc.nat(2), steps, steps, (before, folder, beside, after) => {
        const world = new World()
        world.run(before)
        const heads = world.replica(folder).read().heads
        world.run(beside)
        world.keep(world.replica(folder).fold(heads))
        world.run(after)
        world.check()
      }),
      { numRuns: orders },
    )
  })

  it('C11: so do edits around a second fold, made when every region knows the first', () => {
    fc.assert(
      fc.property(steps, steps, steps, fc.nat(2), steps, (before, between, later, folder, after) => {
        const world = new World()
        world.run(before)
        world.keep(world.replica(0).fold(world.replica(0).read().heads))
        world.run(between)
        world.settle()
        const heads = world.replica(folder).read().heads
        world.run(later)
        world.keep(world.replica(folder).fold(heads))
        world.run(after)
        world.check()
      }),
      { numRuns: orders },
    )
  })

  it('C11: a region that was away over two folds brings its unsent edits', () => {
    fc.assert(
      fc.property(steps, unsentEdits, (before, unsent) => {
        const world = new World()
        world.run(before)
        world.settle()
        const [home, , away] = [world.replica(0), world.replica(1), world.replica(2)]
        for (const edits of unsent) world.keep(away.edit(edits))
        for (let fold = 0; fold < 2; fold += 1) {
          world.keep(home.edit([{ map: 'fields', key: 'a', value: `fold ${fold}` }]))
          world.keep(home.fold(home.read().heads))
          home.stored = { ...home.stored, superseded: null }
        }
        world.check()
      }),
      { numRuns: orders },
    )
  })
})
